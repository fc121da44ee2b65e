"""How long an epoch will take, and who waits for whom in it."""

import math
from typing import TYPE_CHECKING

import torch

from volest.experiments.doctor.threads import usable_cores
from volest.experiments.doctor.verdict import Check, Outcome, ok, warning
from volest.experiments.doctor.wording import duration
from volest.wording import counted

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject


def check_epoch(subject: "Subject") -> Outcome:
    """From the measured times of a step, an evaluation and an augmented scan; the hours are those of `volest cv`."""
    scans, batch = subject.training_scans, subject.batch_size
    steps = math.ceil(scans / batch)
    computing_s = steps * subject.step_s
    loading_s = scans * subject.augmented_s
    training_s = together_s(computing_s, loading_s, subject)
    judged = math.ceil(len(subject.manifest) / batch)
    epoch_s = training_s + judged * subject.forward_s
    epochs, folds = subject.config.training.epochs, subject.folds.count
    shared = f" shared by {counted(subject.workers, 'worker')}" if subject.workers else ""
    found = (
        f"about {epoch_s:.1f} s: {steps} steps {computing_s:.1f} s, augmentation {loading_s:.1f} s{shared}; "
        f"{epochs} epochs x {folds} folds: {duration(epoch_s * epochs * folds)}"
    )
    if loading_s / max(subject.workers, 1) > computing_s:
        return warning(
            f"{found}; the loader is the brake",
            f"{_more_workers(subject)}lower the probability of what is dear: elastic, anisotropy, blur.",
        )
    return ok(found)


def together_s(computing_s: float, loading_s: float, subject: "Subject") -> float:
    """Steps and loading at once: as long as the slower, and no shorter than the cores need for both."""
    if subject.workers == 0:
        return computing_s + loading_s
    longest_s = max(computing_s, loading_s / subject.workers)
    if subject.device != "cpu":
        return longest_s
    threads = min(subject.config.training.threads or torch.get_num_threads(), usable_cores())
    return max(longest_s, (computing_s * threads + loading_s) / usable_cores())


def _more_workers(subject: "Subject") -> str:
    cores = int(usable_cores())
    return (
        f"Raise training.workers to {cores}, or " if subject.workers < cores else "Take a machine with more cores, or "
    )


EPOCH = Check("epoch", check_epoch, needs=("training step", "reading"), limit_s=30)
