"""The base of every section."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    low, high = value
    if not 0 <= low <= high:
        raise ValueError(f"expected 0 <= low <= high, got [{low}, {high}]")
    return value


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]
"""A uniform range [low, high] of non-negative numbers."""


class Frozen(BaseModel):
    """A section of the configuration: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
