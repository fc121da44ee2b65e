"""What the probes come to, in a sentence or two."""

from collections.abc import Sequence

from volest.records.evaluation import Figure
from volest.records.probes import CategorySkill, Fingerprint, VolumeSkill

SURE_P = 0.05


def answer(volume: Sequence[VolumeSkill], found: Fingerprint | None, categories: Sequence[CategorySkill] = ()) -> str:
    """The verdict.

    Args:
        volume: the linear probe first, then what it stands beside.
        found: of the search for the patient; None where no patient has several scans.
        categories: that were probed.
    """
    return " ".join([_of_volume(volume), _of_patient(found), *map(_of_category, categories)])


def _of_volume(volume: Sequence[VolumeSkill]) -> str:
    probe, *others = volume
    beside = "".join(f", {other.name} {_number(other.r2.value)}" for other in others)
    if probe.r2.value is None:
        return "Whether the latent knows the volume cannot be told: the held-out references do not vary."
    verb = "knows the volume" if probe.r2.low is not None and probe.r2.low > 0 else "is not shown to know the volume"
    return f"The latent {verb}: held out, a linear probe has R2 {_told(probe.r2)}{beside}."


def _of_patient(found: Fingerprint | None) -> str:
    if found is None:
        return "Whether it is a fingerprint of the patient cannot be told: no held-out patient has several scans."
    share = (
        f"the nearest other held-out scan is of the same patient in {_told(found.found_percent, 0)}%, by chance in "
        f"{found.chance_percent:.0f}%"
    )
    if found.p > SURE_P:
        return f"It is not shown to be a fingerprint of the patient: {share} (p = {found.p:.2g})."
    beside = f", by the reference volume alone in {found.by_volume_percent:.0f}%"
    return f"It is a fingerprint of the patient: {share}{beside} (p = {found.p:.2g})."


def _of_category(skill: CategorySkill) -> str:
    verb = "knows" if skill.shown else "is not shown to know"
    return (
        f"It {verb} {skill.column}: {_told(skill.recall_percent, 0)}% of the scans of each value recognised on "
        f"average, by chance {skill.chance_percent:.0f}%."
    )


def _told(figure: Figure, digits: int = 2) -> str:
    if figure.low is None or figure.high is None:
        return _number(figure.value, digits)
    return f"{_number(figure.value, digits)} ({_number(figure.low, digits)} to {_number(figure.high, digits)})"


def _number(value: float | None, digits: int = 2) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"
