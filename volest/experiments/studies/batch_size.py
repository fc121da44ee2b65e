"""Which batch size, and is it the batch or the number of steps?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from volest.config import Config
from volest.evaluation.sample import Sample
from volest.experiments.preparation import PreparedRun
from volest.experiments.studies.definition import Arm, Preset, Samples, Study, shortened
from volest.experiments.studies.largest_batch import largest_batch_note
from volest.experiments.studies.outcome import paired
from volest.experiments.studies.steps import Learning, equally_many_steps
from volest.records.evaluation import Figure
from volest.records.study import ArmSummary

SIZES = (1, 2, 4, 8, 16, 32, 64, 100)
QUICK_SIZES = (1, 4, 16, 64)
QUICK_EPOCHS = {"training": 16, "pretrain": 10}
QUICK_FOLDS, QUICK_SEEDS = 2, 2

EPOCHS, STEPS, LINEAR, ROOT = "equal epochs", "equal steps", "equal steps, rate linear", "equal steps, rate by root"
MODES = (EPOCHS, STEPS, LINEAR, ROOT)

Section = Literal["training", "pretrain"]


def batch_size_study(whole: PreparedRun, preset: Preset, section: Section = "training") -> Study:
    """Sizes x (equal epochs, equal steps, equal steps with a scaled learning rate); the recipe's size is in all.

    Args:
        whole: the scans and the folds.
        preset: full or quick.
        section: whose batches are varied. Autoencoders are judged by their reconstructions and by a linear probe.
    """
    quick, config = preset == "quick", whole.config
    epochs = QUICK_EPOCHS[section] if quick else None
    learning = _shortened(config.training if section == "training" else config.pretrain, epochs)
    scans = min(len(whole.manifest.of(whole.folds.training(fold))) for fold in range(whole.folds.count))
    own = min(learning.batch_size, scans)
    sizes = sorted({min(size, scans) for size in (QUICK_SIZES if quick else SIZES)} | {own})
    tried = [(own, EPOCHS), *((size, mode) for mode in MODES for size in sizes if size != own)]
    shared = _shared(config, section)
    rng = np.random.default_rng(config.seed)
    return Study(
        name="batch-size" if section == "training" else "pretraining-batch-size",
        question="Which batch size, and is it the batch or the number of steps?",
        arms=[Arm(_name(*one), {**shared, **_settings(learning, *one, own, scans, section)}) for one in tried],
        against=_name(own, EPOCHS),
        seeds=QUICK_SEEDS if quick else 3,
        folds=QUICK_FOLDS if quick else None,
        conclude=lambda arms, samples: batch_answer(arms, samples, own, rng, section),
        notes=(
            f"Batches of {own} as in the recipe are the measure: with equal epochs larger batches take fewer steps; "
            "with equal steps they see each scan more often. Learning rates are scaled from the recipe's, in "
            "proportion to the batch (linear) or to its square root.",
            *_notes(whole, section),
        ),
        subject="network" if section == "training" else "autoencoder",
    )


def _shared(config: Config, section: Section) -> dict[str, Any]:
    """What all arms have: no statistics of a batch, as one scan has none."""
    norm = {"model.norm": "group"} if config.model.norm in ("batch", "ghost") else {}
    if section == "training":
        return {**norm, "training.noise_scale": True}
    return {**norm, "pretrain.enabled": True}


def _notes(whole: PreparedRun, section: Section) -> tuple[str, ...]:
    if section == "pretrain":
        return ()
    return (
        "The gradient noise scale is the batch beyond which a step hardly gets better (McCandlish et al. 2018).",
        largest_batch_note(whole),
    )


def _name(size: int, mode: str) -> str:
    return f"batch {size}, {mode}"


def _shortened(learning: Learning, at_most: int | None) -> Learning:
    changed = {key.split(".")[1]: value for key, value in shortened(learning.epochs, at_most).items()}
    return cast(Learning, learning.model_copy(update=changed))


def _settings(learning: Learning, size: int, mode: str, own: int, scans: int, section: Section) -> dict[str, Any]:
    batched = learning.model_copy(update={"batch_size": size})
    if mode != EPOCHS:
        batched = equally_many_steps(batched, scans, learning.model_copy(update={"batch_size": own}), scans)
    rate = {LINEAR: size / own, ROOT: (size / own) ** 0.5}.get(mode, 1.0)
    return {
        f"{section}.batch_size": size,
        f"{section}.epochs": batched.epochs,
        f"{section}.warmup_epochs": batched.warmup_epochs,
        f"{section}.learning_rate": learning.learning_rate * rate,
    }


@dataclass(frozen=True)
class _Tried:
    """A size in one mode."""

    size: int
    mode: str
    mae_ml: float
    sample: Sample


def batch_answer(
    arms: Sequence[ArmSummary], samples: Samples, own: int, rng: np.random.Generator, section: Section = "training"
) -> str:
    """The best size with equal epochs against the largest one, and what equal steps leave of the difference."""
    tried = [
        _Tried(int(name.split()[1]), mode, arm.mae_ml.value, samples[arm.name])
        for arm in arms
        if arm.name in samples and arm.mae_ml.value is not None
        for name, mode in [arm.name.split(", ", 1)]
    ]
    recipe = [t for t in tried if t.size == own]
    by_epochs = [t for t in tried if t.mode == EPOCHS]
    if len(by_epochs) < 2:
        return "Nobody can say which batch size: fewer than two were trained to their end."
    best, largest = min(by_epochs, key=lambda t: t.mae_ml), max(by_epochs, key=lambda t: t.size)
    if best is largest:
        largest = min(by_epochs, key=lambda t: t.size)
    apart = paired(largest.sample, best.sample, rng).mae_difference_ml
    judged = "batches" if section == "training" else "linear probes after batches"
    told = (
        f"{judged} of {best.size} err least with equally many epochs, {best.mae_ml:.1f} mL out of fold, "
        f"{_told(apart)} less than batches of {largest.size}"
    )
    if not _is_above(apart):
        return f"No batch size is shown to be better: {told}, which may be chance."
    in_steps = {t.size: t for t in [*recipe, *(t for t in tried if t.mode == STEPS)]}
    if best.size not in in_steps or largest.size not in in_steps:
        return f"{told[:1].upper()}{told[1:]}; whether it is the batch or the number of steps, nobody can say here."
    left = paired(in_steps[largest.size].sample, in_steps[best.size].sample, rng).mae_difference_ml
    verdict = _verdict(apart, left)
    return f"{told[:1].upper()}{told[1:]}; with equally many steps the difference is {_told(left)}: {verdict}."


def _verdict(apart: Figure, left: Figure) -> str:
    if _is_above(left):
        return "it is the batch itself, at least in part"
    if left.high is not None and left.high < 0:
        return "it is the number of steps, with equally many of which the larger batch is better"
    if left.value is not None and apart.value is not None and left.value < apart.value / 2:
        return "it is mostly the number of steps"
    return "batch or steps, these data cannot say"


def _is_above(figure: Figure) -> bool:
    return figure.low is not None and figure.low > 0


def _told(figure: Figure) -> str:
    value, low, high = (
        round(end, 1) + 0.0 if end is not None else None for end in (figure.value, figure.low, figure.high)
    )
    reach = f" (95% interval {low:.1f} to {high:.1f})" if low is not None else ""
    return f"{value:.1f} mL{reach}".replace("-", "\u2212")
