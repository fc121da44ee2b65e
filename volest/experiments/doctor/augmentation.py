"""What it takes to make one training example."""

import time
from typing import TYPE_CHECKING

from volest.augmentation.backend import build_augmentation
from volest.experiments.doctor.verdict import Check, Outcome, ok
from volest.experiments.rehearsal import limited_threads
from volest.training.dataset import TrainingScans

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

SECONDS = 3.0
FEWEST = 8
MOST = 200


def check_augmentation(subject: "Subject") -> Outcome:
    """Cache entry to tensor, by the very code of the training, in as many threads: a worker has one."""
    with limited_threads(1 if subject.workers else subject.config.training.threads):
        subject.augmented_s = seconds_a_scan(subject)
    found = (
        f"{1000 * subject.augmented_s:.1f} ms a scan in {'one worker' if subject.workers else 'the training process'}"
    )
    return ok(found if subject.config.augmentation.enabled else f"{found}, not augmented")


def seconds_a_scan(subject: "Subject") -> float:
    """Mean over draws of many epochs, so that rare and dear transforms have their share."""
    pipeline = build_augmentation(subject.config.augmentation) if subject.config.augmentation.enabled else None
    scans = TrainingScans(subject.examples, pipeline, subject.target_of(subject.examples), subject.config.seed)
    size = subject.batch_size
    scans[[(0, n % len(scans)) for n in range(size)]]  # the first call fills what later ones share
    started, count = time.perf_counter(), 0
    while count < FEWEST or (count < MOST and time.perf_counter() - started < SECONDS):
        scans[[(1 + n // len(scans), n % len(scans)) for n in range(count, count + size)]]
        count += size
    return (time.perf_counter() - started) / count


AUGMENTATION = Check("augmentation", check_augmentation, limit_s=30, needs=("reading",))
