"""Which batch size, and is it the batch or the number of steps?"""

from collections.abc import Sequence
from typing import Any, Literal, cast

from volest.config import Config
from volest.config.schema import TrainingConfig
from volest.experiments.preparation import PreparedRun
from volest.experiments.pretraining import admit
from volest.experiments.studies.batch_answer import (
    EPOCHS,
    LINEAR,
    LOSSES,
    MODES,
    NETWORKS,
    PROBES,
    ROOT,
    arm_name,
    batch_answer,
    judged_errors,
    judged_losses,
)
from volest.experiments.studies.definition import Arm, Preset, Study, shortened
from volest.experiments.studies.largest_batch import largest_batch_note
from volest.experiments.studies.steps import Learning, equally_many_steps
from volest.progress import Progress

SIZES = (1, 2, 4, 8, 16, 32, 64, 100)
QUICK_SIZES = (1, 4, 16, 64)
QUICK_EPOCHS = {"training": 10, "pretrain": 10}
QUICK_FOLDS, QUICK_SEEDS = 2, 2

Section = Literal["training", "pretrain"]


def batch_size_study(whole: PreparedRun, preset: Preset, progress: Progress, section: Section = "training") -> Study:
    """Sizes x (equal epochs, equal steps, equal steps with a scaled learning rate); the recipe's size is in all.

    Args:
        whole: the scans and the folds.
        preset: full or quick.
        progress: told of each scan that is looked at.
        section: whose batches are varied. Autoencoders are judged by their reconstructions and by a linear probe.
    """
    quick, config = preset == "quick", whole.config
    epochs = QUICK_EPOCHS[section] if quick else None
    learning = _shortened(_at_once(config.training) if section == "training" else config.pretrain, epochs)
    folds = min(QUICK_FOLDS, whole.folds.count) if quick else whole.folds.count
    counts = [_scans_to_learn_from(whole, fold, section, progress) for fold in range(folds)]
    scans = min(counts)
    own = min(learning.batch_size, scans)
    sizes = sorted({min(size, scans) for size in (QUICK_SIZES if quick else SIZES)} | {own})
    tried = [(own, EPOCHS), *((size, mode) for mode in MODES for size in sizes if size != own)]
    shared = _shared(config, section)
    return Study(
        name="batch-size" if section == "training" else "pretraining-batch-size",
        question="Which batch size, and is it the batch or the number of steps?",
        arms=[Arm(arm_name(*one), {**shared, **_settings(learning, *one, own, scans, section)}) for one in tried],
        against=arm_name(own, EPOCHS),
        seeds=QUICK_SEEDS if quick else 3,
        folds=folds,
        conclude=lambda arms: batch_answer(judged_errors(arms), own, NETWORKS if section == "training" else PROBES),
        conclude_losses=lambda losses: batch_answer(judged_losses(losses), own, LOSSES),
        notes=(
            f"Batches of {own} as in the recipe are the measure: with equal epochs larger batches take fewer steps; "
            "with equal steps they see each scan more often. Learning rates are scaled from the recipe's, in "
            "proportion to the batch (linear) or to its square root.",
            *_short_batches(sizes, counts),
            *_notes(whole, section),
        ),
        subject="network" if section == "training" else "autoencoder",
    )


def _scans_to_learn_from(whole: PreparedRun, fold: int, section: Section, progress: Progress) -> int:
    """An autoencoder also has the unlabelled scans."""
    if section == "training":
        return len(whole.manifest.of(whole.folds.training(fold)))
    return len(admit(whole, fold, progress).scans)


def _shared(config: Config, section: Section) -> dict[str, Any]:
    """What all arms have: no statistics of a batch, as one scan has none."""
    norm = {"model.norm": "group"} if config.model.norm in ("batch", "ghost") else {}
    if section == "training":
        return {**norm, "training.noise_scale": True, "training.accumulate": 1}
    return {**norm, "pretrain.enabled": True}


def _short_batches(sizes: Sequence[int], counts: Sequence[int]) -> tuple[str, ...]:
    """A note on the last batch of an epoch, where it is far smaller than the others."""
    rests = [(size, count, count % size) for size in sizes for count in sorted(set(counts))]
    told = [f"batches of {size} leave {rest} of {count} scans" for size, count, rest in rests if 1 < rest < size / 2]
    if not told:
        return ()
    return (f"The last batch of an epoch holds what is left, and is a step like any other: {'; '.join(told)}.",)


def _notes(whole: PreparedRun, section: Section) -> tuple[str, ...]:
    if section == "pretrain":
        return ()
    return (
        "The gradient noise scale is the batch beyond which a step hardly gets better (McCandlish et al. 2018).",
        largest_batch_note(whole),
    )


def _shortened(learning: Learning, at_most: int | None) -> Learning:
    changed = {key.split(".")[1]: value for key, value in shortened(learning.epochs, at_most).items()}
    return cast(Learning, learning.model_copy(update=changed))


def _at_once(training: TrainingConfig) -> TrainingConfig:
    """With the batch that a step of it sums up, for a step is a batch here."""
    return training.model_copy(update={"batch_size": training.batch_size * training.accumulate, "accumulate": 1})


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
