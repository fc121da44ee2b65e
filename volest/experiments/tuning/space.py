"""Which keys are searched, and where: a YAML file of `configs/tune`, checked against the configuration beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from volest.config import Config
from volest.config.load import override
from volest.errors import ConfigError
from volest.experiments.tuning.ranges import Range
from volest.records.search import SearchedKey, Value

FOLDER = Path(__file__).with_name("spaces")

SAME_FOR_ALL = ("seed", "run", "data", "split")
"""Another scan, fold or seed is no better configuration."""

WITHOUT_EFFECT = ("cluster", "diagnosis", "intervals", "proxy", "refusal")
"""Sections that only read the records of a training, or say what stands in for it or where it goes on."""

_ADAPTER = TypeAdapter(dict[str, Annotated[Range, Field(discriminator="kind")]])


@dataclass(frozen=True)
class SearchSpace:
    """The keys to search.

    Attributes:
        name: of the file, for messages.
        ranges: by section.key.
    """

    name: str
    ranges: Mapping[str, Range]

    def require_sound(self, config: Config) -> None:
        """Put both ends of each range and every choice through the schema, each in the configuration as it is.

        Raises:
            ConfigError: an unknown key or an impossible value, or a key that is the same for all trials.
        """
        for key, searched in self.ranges.items():
            section = key.partition(".")[0]
            if section in (*SAME_FOR_ALL, *WITHOUT_EFFECT):
                why = "is the same for all trials" if section in SAME_FOR_ALL else "changes nothing about a training"
                raise ConfigError(f"{self}: {key} {why}. Take it out.")
            _require_place(key, config, str(self))
            for value in searched.probes():
                override(config, {key: value}, str(self))

    def settings(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """The values of a trial as settings of the configuration."""
        return {key: self.ranges[key].setting(value) for key, value in values.items()}

    def values_of(self, config: Config) -> dict[str, Value]:
        """The configuration's own values, of those keys whose range holds them."""
        tree = config.model_dump(mode="json")
        found = {key: searched.value(_at(tree, key)) for key, searched in self.ranges.items()}
        return {key: value for key, value in found.items() if value is not None}

    @property
    def keys(self) -> tuple[SearchedKey, ...]:
        """For the record."""
        return tuple(searched.described(key) for key, searched in self.ranges.items())

    def __str__(self) -> str:
        return f"search space {self.name}"


def read_space(source: str) -> SearchSpace:
    """Read a search space.

    Args:
        source: a YAML file, or the name of one that comes with volest.

    Raises:
        ConfigError: there is none, or it is no search space.
    """
    path = Path(source)
    if not path.exists() and (shipped := FOLDER / f"{source}.yaml").exists():
        path = shipped
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(tree, dict) or not tree:
            raise ConfigError(
                f"search space {source}: expected a mapping of keys, such as "
                "`training.learning_rate: {kind: float, low: 0.0001, high: 0.01, log: true}`."
            )
        return SearchSpace(source, _ADAPTER.validate_python(tree))
    except (FileNotFoundError, IsADirectoryError):
        raise ConfigError(
            f"search space {source} does not exist. Name a YAML file, or one of those that come with volest: "
            f"{', '.join(shipped_spaces())}."
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"search space {source} cannot be read as YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise ConfigError(_told(error, source)) from None


def shipped_spaces() -> list[str]:
    """Names of the spaces that come with volest."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _at(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _require_place(key: str, config: Config, source: str) -> None:
    """A key within a list or a number has no place, which the schema cannot say."""
    tree: Any = config.model_dump(mode="json")
    *sections, name = key.split(".")
    for section in sections:
        tree = tree.get(section, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{source}: unknown key {key}: {section} is a value. Search it as a whole, by choices.")
    if isinstance(tree.get(name), dict) and tree[name]:
        raise ConfigError(f"{source}: {key} is a section. Name the keys in it, such as {key}.{next(iter(tree[name]))}.")


def _told(error: ValidationError, source: str) -> str:
    faults = []
    for fault in error.errors():
        key, *inner = [str(part) for part in fault["loc"]]
        place = ".".join(part for part in inner if part not in ("float", "int", "choice"))
        message = fault["msg"].removeprefix("Value error, ")
        faults.append(f"{key}: {f'{place}: ' if place else ''}{message}")
    return (
        f"search space {source}: {'; '.join(faults)}. Expected for each key "
        "{kind: float, low: A, high: B, log: true}, {kind: int, low: A, high: B} or {kind: choice, choices: [A, B]}."
    )
