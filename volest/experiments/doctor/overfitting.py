"""A few scans learnt by heart: what cannot do that will not learn from many."""

from typing import TYPE_CHECKING

from volest.errors import TrainingError
from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, skipped, warning
from volest.experiments.doctor.wording import edges
from volest.experiments.one_batch import Batch, batch_of, learn
from volest.experiments.rehearsal import limited_threads

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

STEPS = 100
FACTOR = 5.0
"""By which the loss has to fall."""

LEAST_FACTOR = 1.5
"""Below it nothing is learnt; between the two, too slowly."""

SECONDS = 15.0


def check_overfitting(subject: "Subject") -> Outcome:
    """No augmentation, no dropout, no warm-up; the grid is halved where the machine is too slow for it.

    Raises:
        ModelError: the network cannot be built.
    """
    batch = _batch(subject)
    if batch[1].std(correction=0) < 0.1:
        return skipped(f"the {len(batch[1])} scans read have the same volume")
    try:
        with limited_threads(subject.config.training.threads):
            course = learn(batch, subject.config, subject.device, subject.precision, STEPS, SECONDS)
    except TrainingError:
        return failed("the loss is no longer finite", _remedy(subject, lower=True))
    halved = " (grid halved for speed)" if course.shape != subject.grid.shape else ""
    found = (
        f"loss {course.losses[0]:.3g} to {sum(course.losses[-3:]) / 3:.2g} in {len(course.losses)} steps on "
        f"{len(batch[1])} scans of {edges(course.shape)}{halved}"
    )
    if course.factor >= FACTOR:
        return ok(found)
    found += f"; expected to fall by {FACTOR:g}"
    if len(course.losses) < STEPS and course.factor > 1:
        return warning(f"{found}, but time allowed no more steps", "Try a smaller network or grid, or a faster device.")
    judge = warning if course.factor > LEAST_FACTOR else failed
    return judge(found, _remedy(subject, lower=course.factor < 1))


def _batch(subject: "Subject") -> Batch:
    """A few of the scans that were read, small and large."""
    return batch_of(subject.examples, subject.config)


def _remedy(subject: "Subject", lower: bool) -> str:
    rate = f"training.learning_rate (now {subject.config.training.learning_rate:g})"
    if lower:
        return f"Lower {rate}, set training.gradient_clip, or use precision fp32."
    return f"Raise {rate}, or lower it where the loss leaps; look at the scans (`volest check`); try model.name resnet."


OVERFITTING = Check("overfitting", check_overfitting, limit_s=60, needs=("reading", "training step"))
