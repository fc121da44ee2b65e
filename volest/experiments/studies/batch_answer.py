"""Which batch size, by how much, and is it the batch or the number of steps: the answer in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from volest.experiments.studies.answer import capital, is_shown
from volest.records.evaluation import Figure
from volest.records.study import ArmSummary, ReconstructionSummary

EPOCHS, STEPS, LINEAR, ROOT = "equal epochs", "equal steps", "equal steps, rate linear", "equal steps, rate by root"
MODES = (EPOCHS, STEPS, LINEAR, ROOT)


@dataclass(frozen=True)
class JudgedArm:
    """One size in one mode.

    Attributes:
        figure: its error or loss out of fold; smaller is better.
        change: of it against the recipe's size, the same scans in pairs.
        p: of the change, corrected for the number of arms.
    """

    figure: float
    change: Figure
    p: float | None

    @property
    def difference(self) -> float:
        """From the recipe's size, whose own is 0."""
        return self.change.value or 0.0

    @property
    def is_shown(self) -> bool:
        """Whether it is shown to differ from the recipe's size."""
        return is_shown(self.change, self.p)


@dataclass(frozen=True)
class Wording:
    """How figures of one kind are told.

    Attributes:
        subject: what the sizes are sizes of.
        best: what the best of them does.
        better: what one does that is shown to be better and is not the best.
        less: what a better one does, by how much.
        figure: an error, or a loss.
        digits, unit: of a difference of two.
    """

    subject: str
    best: str
    better: str
    less: str
    figure: str
    digits: int
    unit: str


NETWORKS = Wording("batches", "err least", "err less", "err {} less", "{:.1f} mL out of fold", 1, " mL")
PROBES = replace(NETWORKS, subject="linear probes after batches")
LOSSES = Wording(
    subject="batches",
    best="reconstruct held-out scans best",
    better="reconstruct held-out scans better",
    less="have a loss {} lower",
    figure="loss {:.3f}",
    digits=3,
    unit="",
)


def arm_name(size: int, mode: str) -> str:
    """As arms are named, and found again here."""
    return f"batch {size}, {mode}"


def judged_errors(arms: Sequence[ArmSummary]) -> dict[str, JudgedArm]:
    """The arms with an error in mL, by name; those that share no scan with the recipe's say nothing."""
    return {
        arm.name: JudgedArm(arm.mae_ml.value, arm.change_ml, arm.p)
        for arm in arms
        if arm.mae_ml.value is not None and (not arm.against or arm.change_ml.value is not None)
    }


def judged_losses(summaries: Mapping[str, ReconstructionSummary]) -> dict[str, JudgedArm]:
    """The arms with a loss of held-out scans, by name."""
    return {
        name: JudgedArm(of_arm.held_out_loss.value, of_arm.change, of_arm.p)
        for name, of_arm in summaries.items()
        if of_arm.held_out_loss.value is not None
    }


def batch_answer(arms: Mapping[str, JudgedArm], own: int, wording: Wording) -> str:
    """The best size with equally many epochs, and what equally many steps leave of the difference.

    Only differences from the recipe's size are told, as they alone were tested.

    Args:
        arms: by name.
        own: the recipe's size.
        wording: of the figures.
    """
    by_epochs, by_steps = _of_mode(arms, EPOCHS), _of_mode(arms, STEPS)
    if own not in by_epochs or len(by_epochs) < 2:
        return f"Nobody can say which batch size: batches of {own} and of another size have to be trained to their end."
    least, best = _least(by_epochs), _least(_shown_better(by_epochs) or by_epochs)
    varied = best if best != own else _telling(by_epochs, own)
    apart, left = by_epochs[varied], by_steps.get(varied)
    told = (
        f"{wording.subject} of {best} {wording.best if best == least else wording.better} with equally many epochs, "
        f"{wording.figure.format(by_epochs[best].figure)}, {_size(apart, wording)} less than batches of "
        f"{varied if best == own else own}"
    )
    if best != least:
        told += (
            f" (those of {least} {wording.best}, {wording.figure.format(by_epochs[least].figure)}, perhaps by chance)"
        )
    if not apart.is_shown:
        of_steps = _shown_by_steps(by_steps, own, wording)
        told = f"{told}, which may be chance"
        return f"{capital(told)}; {of_steps}." if of_steps else f"No batch size is shown to be better: {told}."
    if left is None:
        return f"{capital(told)}; whether it is the batch or the number of steps, nobody can say here."
    return f"{capital(told)}; {_verdict(apart, left, varied, own, wording)}."


def _of_mode(arms: Mapping[str, JudgedArm], mode: str) -> dict[int, JudgedArm]:
    sizes = sorted({int(name.split(",")[0].split()[1]) for name in arms})
    return {size: arms[name] for size in sizes if (name := arm_name(size, mode)) in arms}


def _telling(by_epochs: Mapping[int, JudgedArm], own: int) -> int:
    """Of the sizes beside the recipe's the largest one that is shown to be worse; the largest one, if none is."""
    others = [size for size in by_epochs if size != own]
    return max([size for size in others if by_epochs[size].is_shown] or others)


def _verdict(apart: JudgedArm, left: JudgedArm, varied: int, own: int, wording: Wording) -> str:
    """What stays of the difference between two sizes when they take equally many steps."""
    stays = left.difference / apart.difference
    if left.is_shown and stays < 0:
        return f"it is the number of steps, with equally many of which {_better(varied, left, own, wording)}"
    told = f"with equally many steps the difference is {_told(left.change, apart.difference > 0, wording)}"
    if left.is_shown:
        return f"{told}: it is the batch itself, at least in part"
    return f"{told}: {'it is mostly the number of steps' if stays < 1 / 2 else 'batch or steps, these data cannot say'}"


def _shown_by_steps(by_steps: Mapping[int, JudgedArm], own: int, wording: Wording) -> str:
    """The best size with equally many steps, if it is shown to be better than the recipe's; else nothing."""
    if not (better := _shown_better(by_steps)):
        return ""
    best = _least(better)
    return f"with equally many steps {_better(best, better[best], own, wording)}"


def _shown_better(arms: Mapping[int, JudgedArm]) -> dict[int, JudgedArm]:
    """The sizes that are shown to be better than the recipe's."""
    return {size: arm for size, arm in arms.items() if arm.is_shown and arm.difference < 0}


def _least(arms: Mapping[int, JudgedArm]) -> int:
    """The size with the smallest change, which is on the same scans, unlike the errors."""
    return min(arms, key=lambda size: arms[size].difference)


def _better(size: int, arm: JudgedArm, own: int, wording: Wording) -> str:
    """Which of a size and the recipe's is the better one, and by how much."""
    better, worse = (size, own) if arm.difference < 0 else (own, size)
    return f"batches of {better} {wording.less.format(_size(arm, wording))} than batches of {worse}"


def _size(arm: JudgedArm, wording: Wording) -> str:
    """How far it lies from the recipe's size, in whichever direction."""
    return _told(arm.change, arm.difference >= 0, wording)


def _told(change: Figure, is_kept: bool, wording: Wording) -> str:
    """A change with its interval, or its opposite."""
    ends = [0.0 if end is None else end if is_kept else -end for end in (change.value, change.low, change.high)]
    value, low, high = (
        f"{round(end, wording.digits) + 0.0:.{wording.digits}f}" for end in (ends[0], *sorted(ends[1:]))
    )
    reach = f" (95% interval {low} to {high})" if change.low is not None else ""
    return f"{value}{wording.unit}{reach}".replace("-", "\u2212")
