"""VOL070 to VOL074: what a network could learn in place of anatomy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from volest.audit.codes import (
    SHORTCUT_DATE,
    SHORTCUT_DEVICE,
    SHORTCUT_ORDER,
    SHORTCUT_SHAPE,
    SHORTCUT_SPACING,
    Code,
)
from volest.audit.measures import ScanMeasures
from volest.audit.patients import by_patient
from volest.evaluation.permutation import PERMUTATIONS, group_tie, rank_tie
from volest.records.findings import Finding

FAMILY_P = 0.01
"""Chance that any of the tests of one study speaks without cause; divided among them (Bonferroni)."""

FEWEST_PATIENTS = 8
"""Fewer patients cannot reach such a p-value, or reach it by one of them."""


_Property = Callable[[ScanMeasures], float | None]


@dataclass(frozen=True)
class _Tie:
    """One test that was made."""

    code: Code
    strength: float
    p: float
    words: str


def check_shortcuts(measures: Sequence[ScanMeasures], rng: np.random.Generator) -> Iterator[Finding]:
    """One finding for each property that goes with the volume over patients; each patient counts once."""
    patients = list(by_patient([scan for scan in measures if scan.facts is not None]).values())
    ties = [*_number_ties(patients, measures, rng), *_device_tie(patients, rng)]
    for tie in ties:
        if tie.p * len(ties) < FAMILY_P:
            yield tie.code.finding(
                f"{tie.words}; p = {tie.p:.4f} by permutation of patients, {len(ties)} such tests were made.",
                figures={"strength": tie.strength, "p": tie.p, "tests": len(ties)},
            )


def _number_ties(
    patients: list[list[ScanMeasures]], measures: Sequence[ScanMeasures], rng: np.random.Generator
) -> Iterator[_Tie]:
    place = {id(scan): float(number) for number, scan in enumerate(measures)}
    properties: tuple[tuple[Code, str, _Property], ...] = (
        (SHORTCUT_SPACING, "spacing", _spacing),
        (SHORTCUT_SHAPE, "number of voxels", _voxels),
        (SHORTCUT_SHAPE, "field of view", _field_of_view_ml),
        (SHORTCUT_ORDER, "row in the table", lambda scan: place[id(scan)]),
        (SHORTCUT_DATE, "date", _day),
    )
    for code, name, value_of in properties:
        rows = [row for scans in patients if (row := _means(scans, value_of)) is not None]
        if len(rows) < FEWEST_PATIENTS or np.ptp([value for value, _ in rows]) == 0:
            continue
        values, volumes = np.array(rows).T
        rho, p = rank_tie(values, volumes, PERMUTATIONS, rng)
        yield _Tie(code, rho, p, f"Over {len(rows)} patients volume and {name} correlate, Spearman's rho {rho:+.2f}")


def _device_tie(patients: list[list[ScanMeasures]], rng: np.random.Generator) -> Iterator[_Tie]:
    rows: list[tuple[str, float]] = []
    for scans in patients:
        devices = sorted({scan.scan.device for scan in scans if scan.scan.device is not None})
        if devices:  # who was seen with both is a group of its own
            rows.append((" and ".join(devices), float(np.mean([np.log(scan.scan.volume_ml) for scan in scans]))))
    if len(rows) < FEWEST_PATIENTS or len({device for device, _ in rows}) < 2:
        return
    share, p = group_tie(np.array([volume for _, volume in rows]), [device for device, _ in rows], PERMUTATIONS, rng)
    words = f"Over {len(rows)} patients the device explains {share:.0%} of the ranks of volume"
    yield _Tie(SHORTCUT_DEVICE, share, p, words)


def _means(scans: Sequence[ScanMeasures], value_of: _Property) -> tuple[float, float] | None:
    """A patient's mean of a property and of log mL, over the scans that have the property."""
    known = [(value, np.log(scan.scan.volume_ml)) for scan in scans if (value := value_of(scan)) is not None]
    return (float(np.mean([v for v, _ in known])), float(np.mean([ml for _, ml in known]))) if known else None


def _spacing(scan: ScanMeasures) -> float | None:
    return float(np.mean(np.log(scan.facts.spacing_mm))) if scan.facts else None


def _voxels(scan: ScanMeasures) -> float | None:
    return float(np.prod(scan.facts.shape)) if scan.facts else None


def _field_of_view_ml(scan: ScanMeasures) -> float | None:
    return scan.facts.field_of_view_ml if scan.facts else None


def _day(scan: ScanMeasures) -> float | None:
    return float(scan.scan.acquired_on.toordinal()) if scan.scan.acquired_on else None
