"""A study as data: a question, what is tried, and how often."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from volest.config.frozen import Frozen
from volest.errors import ConfigError
from volest.records.study import ArmSummary, ReconstructionSummary, StudyCurve

FOLDER = Path(__file__).with_name("definitions")
PREVIOUS = "previous"
RECIPE = "recipe"
"""In place of a value: that of the configuration the study was started with."""

Preset = Literal["full", "quick"]

Subject = Literal["network", "autoencoder"]
"""What a trial trains: a network that is judged by its volumes, or an autoencoder that a linear probe judges."""

Conclusion = Callable[[Sequence[ArmSummary]], str]
"""From the arms to the answer."""

Losses = Mapping[str, ReconstructionSummary]
"""Of each arm that has a finished autoencoder, by name."""

LossConclusion = Callable[[Losses], str]
"""From the reconstructions to what is said of them."""


@dataclass(frozen=True)
class Arm:
    """One thing to try: values of some keys of the configuration."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Study:
    """A question and its arms; trials are arms x seeds x folds, the same seeds and folds for all.

    Attributes:
        against: arm that all others are compared to, or `previous`: each to the one before it.
        seeds: how many, from the configuration's on.
        folds: how many of them are held out, from the first on; None for all.
        conclude: an answer of its own in place of the usual one.
        conclude_losses: likewise, of the reconstructions by autoencoders.
        notes: said below the table.
        subject: what each trial trains.
    """

    name: str
    question: str
    arms: Sequence[Arm]
    against: str
    seeds: int = 3
    folds: int | None = None
    conclude: Conclusion | None = None
    conclude_losses: LossConclusion | None = None
    notes: Sequence[str] = ()
    curves: Sequence[StudyCurve] = field(default=())
    subject: Subject = "network"


class _Shape(Frozen):
    """Of a preset."""

    seeds: int = Field(default=3, ge=1)
    folds: int | None = Field(default=None, ge=1)
    epochs: int | None = Field(default=None, ge=1, description="at the most")
    arms: tuple[str, ...] | None = None


class _Definition(Frozen):
    """A file of `configs/study`."""

    question: str
    against: str
    set: dict[str, Any] = Field(default_factory=dict)
    arms: dict[str, dict[str, Any]] = Field(default_factory=dict)
    full: _Shape = _Shape()
    quick: _Shape = _Shape(seeds=1, folds=3, epochs=40)
    notes: tuple[str, ...] = ()


def read_definition(name: str, preset: Preset, epochs: int) -> Study:
    """The study NAME of `configs/study`; its rungs are the files of a folder of that name, where there is one.

    Args:
        name: of the file.
        preset: full, or quick: fewer seeds, folds and epochs, and perhaps fewer arms.
        epochs: of the recipe, of which a preset may take fewer.

    Raises:
        ConfigError: a file that is no study.
    """
    path = FOLDER / f"{name}.yaml"
    definition = _read(path)
    arms = definition.arms or _rungs(FOLDER / name)
    shape = definition.quick if preset == "quick" else definition.full
    chosen = shape.arms or tuple(arms)
    if unknown := [arm for arm in (*chosen, definition.against) if arm not in arms and arm != PREVIOUS]:
        raise ConfigError(f"study {path}: no arm {unknown[0]!r}; it has {', '.join(arms)}.")
    shared = {**definition.set, **shortened(epochs, shape.epochs)}
    return Study(
        name=name,
        question=definition.question,
        arms=[Arm(arm, {**shared, **arms[arm]}) for arm in chosen],
        against=definition.against,
        seeds=shape.seeds,
        folds=shape.folds,
        notes=definition.notes,
    )


def shortened(epochs: int, at_most: int | None) -> dict[str, Any]:
    """Settings for fewer epochs, a tenth of them warm-up; nothing where there are few enough."""
    if at_most is None or epochs <= at_most:
        return {}
    return {"training.epochs": at_most, "training.warmup_epochs": at_most / 10}


def _read(path: Path) -> _Definition:
    try:
        return _Definition.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"study {path} cannot be read: {error}") from None


def _rungs(folder: Path) -> dict[str, dict[str, Any]]:
    """Each file says what it changes of the one before it, `recipe` undoing a change; its first comment is its name."""
    settings: dict[str, Any] = {}
    rungs = {}
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        settings = {**settings, **(yaml.safe_load(text) or {})}
        kept = {key: value for key, value in settings.items() if value != RECIPE}
        rungs[text.splitlines()[0].removeprefix("#").strip()] = kept
    return rungs
