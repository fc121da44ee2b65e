"""Where the values of one key are sought: a range of numbers, or one of several values."""

import json
import math
from typing import Any, Literal

from pydantic import Field, model_validator

from volest.config.frozen import Frozen
from volest.records.search import SearchedKey, Value

WITHIN = 0.381966
"""A place within a range that is no whole number where its ends are whole."""


class FloatRange(Frozen):
    """Numbers from `low` to `high`, evenly in their logarithm with `log`."""

    kind: Literal["float"]
    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _ascending(self) -> "FloatRange":
        _require_range(self.low, self.high, self.log)
        return self

    def probes(self) -> list[Any]:
        """Both ends, and a number between them."""
        return [self.low, self.high, self.low + WITHIN * (self.high - self.low)]

    def setting(self, value: Value) -> Any:
        """The number itself."""
        return value

    def value(self, setting: Any) -> Value | None:
        """The number, if the range holds it."""
        return float(setting) if _is_number(setting) and self.low <= setting <= self.high else None

    def described(self, name: str) -> SearchedKey:
        """For the record."""
        return SearchedKey(name, self.kind, self.low, self.high, self.log)


class IntRange(Frozen):
    """Whole numbers from `low` to `high`."""

    kind: Literal["int"]
    low: int
    high: int
    log: bool = False

    @model_validator(mode="after")
    def _ascending(self) -> "IntRange":
        _require_range(self.low, self.high, self.log)
        return self

    def probes(self) -> list[Any]:
        """Both ends."""
        return [self.low, self.high]

    def setting(self, value: Value) -> Any:
        """The number itself."""
        return value

    def value(self, setting: Any) -> Value | None:
        """The number, if the range holds it."""
        return int(setting) if _is_number(setting) and self.low <= setting <= self.high else None

    def described(self, name: str) -> SearchedKey:
        """For the record."""
        return SearchedKey(name, self.kind, self.low, self.high, self.log)


class Choice(Frozen):
    """One of several values, of any kind that YAML knows."""

    kind: Literal["choice"]
    choices: tuple[Any, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _different(self) -> "Choice":
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"the same value twice among {', '.join(self.labels)}")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """The values as texts, for storages and tables know no lists."""
        return tuple(choice if isinstance(choice, str) else json.dumps(choice, default=str) for choice in self.choices)

    def probes(self) -> list[Any]:
        """Every value."""
        return list(self.choices)

    def setting(self, value: Value) -> Any:
        """What the text stands for."""
        return self.choices[self.labels.index(str(value))]

    def value(self, setting: Any) -> Value | None:
        """The text, if the setting is among the choices."""
        return next((label for label, choice in zip(self.labels, self.choices, strict=True) if choice == setting), None)

    def described(self, name: str) -> SearchedKey:
        """For the record."""
        return SearchedKey(name, self.kind, choices=self.labels)


Range = FloatRange | IntRange | Choice


def _require_range(low: float, high: float, log: bool) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"expected low below high, got {low:g} and {high:g}")
    if log and low <= 0:
        raise ValueError(f"a logarithmic range must begin above 0, got {low:g}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
