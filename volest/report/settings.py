"""The configuration of a run, told by what differs from the default recipe."""

from typing import Any

from volest.config import Config, dump_config, load_config
from volest.config.load import DEFAULT_RECIPE, differing_keys

MACHINE = (
    *("run.", "data.manifest", "data.folds", "preprocessing.cache"),
    *("training.workers", "training.threads", "training.memory_gib"),
)
"""Keys that say where a run was made, and nothing about what it does."""


def changed_settings(config: Config) -> list[tuple[str, str, str]]:
    """Key, value and default of each key that was changed."""
    default = load_config(DEFAULT_RECIPE)
    names = [name for name in differing_keys(config, default) if not name.startswith(MACHINE)]
    return [(name, _shown(_at(config, name)), _shown(_at(default, name))) for name in names]


def whole_configuration(config: Config) -> str:
    """Every key, as YAML."""
    return dump_config(config)


def _at(config: Any, name: str) -> Any:
    for part in name.split("."):
        config = getattr(config, part)
    return config


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
