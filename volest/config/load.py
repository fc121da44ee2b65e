"""From YAML and `--set section.key=value` to a validated configuration, and back."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from volest.config.schema import Config
from volest.errors import ConfigError

CONFIG_FILE = Path("volest.yaml")
MADE_BY = ("seed", "run", "data", "split", "preprocessing", "augmentation", "model", "training")
"""Sections without which nobody knows how a run was made. Others only read it, or are younger than old runs."""

DEFAULT_RECIPE = Path(__file__).with_name("default.yaml")


def load_config(path: Path | None = None, overrides: Iterable[str] = ()) -> Config:
    """Read a configuration; paths in a file are relative to that file, all others to the current folder.

    Args:
        path: a YAML file; None takes `volest.yaml` of the current folder, or the default recipe where there is none.
        overrides: `section.key=value`, the value in YAML.

    Raises:
        ConfigError: the file is missing or is no mapping, or a key or value is not allowed; every fault is named.
    """
    if path is None:
        path = CONFIG_FILE if CONFIG_FILE.exists() else DEFAULT_RECIPE
    return _configured(_read_yaml(path), path, overrides)


def _configured(tree: dict[str, Any], path: Path, overrides: Iterable[str] = ()) -> Config:
    """What the file `path`, read as `tree`, and the overrides make together."""
    if path != DEFAULT_RECIPE:
        _resolve_paths(tree, Config, path.absolute().parent)
    given = {_set(tree, override): override for override in overrides}
    _resolve_paths(tree, Config, Path.cwd())
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("; ".join(_describe(fault, path, given) for fault in error.errors()) + ".") from None


def load_recorded_config(path: Path) -> Config:
    """The resolved configuration that a run has recorded, as `load_config` reads it.

    Raises:
        ConfigError: the file is missing or damaged; no default stands for how the run was made.
    """
    tree = _read_yaml(path)
    absent = [name for name in MADE_BY if name not in tree]
    if absent:
        what = f"it lacks {', '.join(absent)}" if tree else "it is empty"
        raise ConfigError(f"{path} is damaged: {what}. Copy the run anew.")
    return _configured(tree, path)


def override(config: Config, settings: Mapping[str, Any], source: str) -> Config:
    """The configuration with other values of some keys, checked as a whole.

    Args:
        config: as it was.
        settings: by `section.key`.
        source: of the settings, for messages.

    Raises:
        ConfigError: a key or value that is not allowed, or keys that contradict each other.
    """
    tree = config.model_dump(mode="json")
    for key, value in settings.items():
        *sections, name = key.split(".")
        place = tree
        for section in sections:
            place = place[section] if isinstance(place.get(section), dict) else place.setdefault(section, {})
        place[name] = value
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("; ".join(_describe(fault, Path(source), {}) for fault in error.errors()) + ".") from None


def dump_config(config: Config) -> str:
    """The resolved configuration as YAML; `load_config` reads it back unchanged."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def dump_overrides(overrides: Iterable[str], places: Iterable[str] = ()) -> str:
    """A configuration file that tells what is changed in the default recipe and nothing else.

    Args:
        overrides: `section.key=value`; paths are relative to the current folder.
        places: the same; paths are relative to the file.

    Raises:
        ConfigError: one of them is no `section.key=value`.
    """
    tree: dict[str, Any] = {}
    for override in overrides:
        _set(tree, override)
    _resolve_paths(tree, Config, Path.cwd())
    for place in places:
        _set(tree, place)
    return yaml.safe_dump(tree, sort_keys=False)


def differing_keys(one: BaseModel, other: BaseModel, prefix: str = "") -> list[str]:
    """Dotted names of the keys in which two configurations differ."""
    names: list[str] = []
    for field in type(one).model_fields:
        a, b = getattr(one, field), getattr(other, field)
        if isinstance(a, BaseModel) and isinstance(b, BaseModel):
            names += differing_keys(a, b, f"{prefix}{field}.")
        elif a != b:
            names.append(f"{prefix}{field}")
    return names


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"configuration {path} does not exist. Write one, or leave `-c` out for the default recipe."
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"configuration {path} cannot be read as YAML: {_fault_of_yaml(error)}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"configuration {path}: expected `section: {{key: value}}`, got a {type(tree).__name__}.")
    return tree


def _fault_of_yaml(error: Exception) -> str:
    """What is wrong, on one line."""
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark):
        return f"{error.problem} in line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _resolve_paths(tree: Mapping[str, Any], schema: type[BaseModel], folder: Path) -> None:
    for name, field in schema.model_fields.items():
        annotation, value = field.annotation, tree.get(name)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(value, dict):
            _resolve_paths(value, annotation, folder)
        elif annotation in (Path, Path | None) and isinstance(value, str):
            tree[name] = str(folder / value)  # type: ignore[index]


def _set(tree: dict[str, Any], override: str) -> str:
    """Put the value of an override in its place; return its key."""
    key, equals, text = override.partition("=")
    *sections, name = key.strip().split(".")
    if not equals or not name:
        raise ConfigError(f"override {override!r}: expected `section.key=value`, as in `--set training.epochs=50`.")
    for section in sections:
        if not isinstance(tree.get(section), dict):
            tree[section] = {}
        tree = tree[section]
    try:
        tree[name] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"override {override!r}: the value is not YAML: {_fault_of_yaml(error)}") from None
    return key.strip()


def _describe(fault: ErrorDetails, path: Path, given: Mapping[str, str]) -> str:
    """A fault where the user made it: in an override, or else in the file."""
    names = [part for part in fault["loc"] if isinstance(part, str)]  # a number counts within a list
    key = ".".join(names)
    override = next((text for name, text in given.items() if f"{key}.".startswith(f"{name}.")), None)
    source = f"`--set {override}`" if override else f"configuration {path}"
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(names)
        near = difflib.get_close_matches(names[-1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"{source}: unknown key {key} ({hint})"
    message = fault["msg"].removeprefix("Value error, ").replace("a valid tuple", "a list")
    if fault["type"] == "missing":  # every key has a default: what is missing is the end of a list
        message = "too few values"
    value = fault.get("input")
    if isinstance(value, dict):  # several keys contradict each other, and the message names them
        return f"{source}: {message}"
    is_told = fault["type"] == "value_error" and repr(value) in message  # by a message of ours
    got = "" if is_told else f", got {value!r}"
    return f"{source}: {key}: {message}{got}; the default is {_default(names)}"


def _default(names: Sequence[str]) -> str:
    value: Any = Config().model_dump(mode="json")
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return json.dumps(value)


def _keys_beside(names: Sequence[str]) -> list[str]:
    schema: Any = Config
    for name in names[:-1]:
        schema = schema.model_fields[name].annotation
    return list(schema.model_fields)
