"""What a check is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

State = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes:
        state: `failed` where training could not run or could not be trusted, `warning` where it could do better.
        measured: the figure, with its unit.
        remedy: what to do, in words; nothing to do where it is empty.
    """

    state: State
    measured: str
    remedy: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check, with its name and the time it took."""

    title: str
    outcome: Outcome
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Check:
    """One thing to examine.

    Attributes:
        title: its name in the table.
        examine: measures and judges; whatever it raises becomes a failed verdict.
        limit_s: it has failed when it takes longer.
        needs: titles of the checks without which it has nothing to examine.
    """

    title: str
    examine: "Callable[[Subject], Outcome]"
    limit_s: float = 10.0
    needs: tuple[str, ...] = ()


def ok(measured: str, remedy: str = "") -> Outcome:
    """Nothing to do."""
    return Outcome("ok", measured, remedy)


def warning(measured: str, remedy: str) -> Outcome:
    """It works, but not as well as it could."""
    return Outcome("warning", measured, remedy)


def failed(measured: str, remedy: str) -> Outcome:
    """It does not work."""
    return Outcome("failed", measured, remedy)


def skipped(measured: str, remedy: str = "") -> Outcome:
    """There is nothing to examine."""
    return Outcome("skipped", measured, remedy)
