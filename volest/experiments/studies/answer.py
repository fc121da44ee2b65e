"""The answer of a study in words: honest where it cannot say."""

from collections.abc import Sequence

from volest.records.evaluation import Figure
from volest.records.study import ArmSummary
from volest.wording import counted

SIGNIFICANT = 0.05

SMALL_ML = 0.095
"""Differences below it are told with two decimals."""


def usual_answer(arms: Sequence[ArmSummary]) -> str:
    """Which arm errs least, and whether it is shown to do so."""
    known = [arm for arm in arms if arm.mae_ml.value is not None]
    base = next((arm for arm in known if not arm.against), None)
    others = [arm for arm in known if arm.against and arm.change_ml.value is not None]
    if base is None or not others:
        return "Nothing can be compared: too few arms were trained to their end."
    best = min(others, key=_change)  # on the same scans; an arm that failed in part has an error over others
    shown_better = [arm for arm in others if _is_shown(arm) and _change(arm) < 0]
    shown_worse = [arm for arm in others if _is_shown(arm) and _change(arm) > 0]
    if shown_better:
        first = min(shown_better, key=_change)
        does = "has the smallest error" if first is best else "is shown to be better"
        told = (
            f"{capital(first.name)} {does}, {_mae(first):.1f} mL out of fold, {_difference(first)} than "
            f"{base.name} ({_mae(base):.1f} mL)."
        )
        if first is not best:  # the largest change is also the one that chance has most to do with
            told += f" The smallest error, {best.name} with {_mae(best):.1f} mL, may be chance: {_difference(best)}."
    elif _change(best) < 0:
        told = (
            f"Nothing is shown to be better than {base.name} ({_mae(base):.1f} mL out of fold): the smallest error, "
            f"{best.name} with {_mae(best):.1f} mL, is {_difference(best)}, which may be chance."
        )
    else:
        told = f"{capital(base.name)} has the smallest error, {_mae(base):.1f} mL out of fold; nothing tried is below."
        told += "" if shown_worse else " Nothing is shown to be worse, either: the differences may be chance."
    if shown_worse:
        listed = "; ".join(f"{arm.name} by {_change(arm):.1f} mL" for arm in sorted(shown_worse, key=_change))
        told += f" Shown to be worse: {listed}."
    return told


def answer_of_steps(arms: Sequence[ArmSummary]) -> str:
    """Of a ladder: from where to where, and which rungs carry it."""
    arms = [arm for arm in arms if arm.mae_ml.value is not None]
    if len(arms) < 2:
        return "Nothing can be compared: too few rungs were trained to their end."
    first, last = arms[0], arms[-1]
    steps = [arm for arm in arms if arm.change_ml.value is not None]
    helped = [f"{arm.name} ({_change(arm):+.1f} mL)" for arm in steps if _is_shown(arm) and _change(arm) < 0]
    harmed = [f"{arm.name} ({_change(arm):+.1f} mL)" for arm in steps if _is_shown(arm) and _change(arm) > 0]
    shown = {0: "none is", 1: "1 is"}.get(len(helped), f"{len(helped)} are")
    told = (
        f"From {first.name} to {last.name.removeprefix('+ ')} the error out of fold goes from {_mae(first):.1f} to "
        f"{_mae(last):.1f} mL; of {counted(len(steps), 'step')} {shown} shown to help"
    )
    told += f": {', '.join(helped)}." if helped else "."
    if harmed:
        told += f" Shown to harm: {', '.join(harmed)}."
    return told.replace("-", "\u2212") if helped or harmed else told


def _mae(arm: ArmSummary) -> float:
    return arm.mae_ml.value if arm.mae_ml.value is not None else float("inf")


def _change(arm: ArmSummary) -> float:
    return arm.change_ml.value if arm.change_ml.value is not None else 0.0


def _is_shown(arm: ArmSummary) -> bool:
    return is_shown(arm.change_ml, arm.p)


def is_shown(change: Figure, p: float | None) -> bool:
    """Whether interval and test agree that there is a difference."""
    low, high = change.low, change.high
    return low is not None and high is not None and not low <= 0 <= high and (p is None or p < SIGNIFICANT)


def _difference(arm: ArmSummary) -> str:
    """`1.2 mL less (95% interval 0.4 to 2.0)`, of an arm that errs less."""
    low, high = arm.change_ml.low, arm.change_ml.high
    digits = 1 if _change(arm) <= -SMALL_ML else 2  # errors that differ when rounded do not differ by 0.0
    reach = f" (95% interval {-high:.{digits}f} to {-low:.{digits}f})" if low is not None and high is not None else ""
    return f"{-_change(arm):.{digits}f} mL less{reach}".replace("-", "\u2212")


def capital(name: str) -> str:
    """With a capital at its beginning, and the rest as it is."""
    return name[:1].upper() + name[1:]
