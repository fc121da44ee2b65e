"""VOL002, VOL003: rasters that no ultrasound probe makes, and units that explain them."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import FIELD_OF_VIEW, STATED_UNIT
from volest.audit.measures import ScanMeasures
from volest.datasets.soundness import SMALLEST_EDGE_MM, implausible_field
from volest.images.frame import MM_PER_UNIT
from volest.records.findings import Finding

LARGEST_LIKELY_MM = 400.0
"""The widest abdominal sweeps; beyond it, a unit that is not mm explains the size better than the probe does."""

_UNITS = ("mm", "cm", "m", "um")


def check_field_of_view(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each scan with an edge outside 5 mm to 1 m, or whose stated unit turns a likely edge into an unlikely one."""
    for scan in measures:
        if scan.facts is None or min(scan.facts.shape) < 2:
            continue
        extent_mm = tuple(n * step for n, step in zip(scan.facts.shape, scan.facts.spacing_mm, strict=True))
        size = " x ".join(f"{edge:.4g}" for edge in extent_mm)
        unit = scan.stated_unit.strip().lower()
        if (meant := _meant_unit(extent_mm, unit)) is not None:
            yield STATED_UNIT.finding(
                f"The header says {unit!r}, which makes a field of view of {size} mm; the same numbers in {meant} make "
                "a likely one.",
                [scan.scan],
                {"largest_edge_mm": max(extent_mm)},
                remedy=f"Write {meant!r} in the header if the spacing is in {meant}, else correct the spacing.",
            )
        elif (fault := implausible_field(scan.facts.shape, scan.facts.spacing_mm)) is not None:
            yield FIELD_OF_VIEW.finding(
                f"{fault.sentence[0].upper()}{fault.sentence[1:]}.",
                [scan.scan],
                {"smallest_edge_mm": min(extent_mm), "largest_edge_mm": max(extent_mm)},
            )


def _meant_unit(extent_mm: Sequence[float], unit: str) -> str | None:
    """The unit that the numbers must be in, where the one that is stated makes them unlikely."""
    if not unit or unit not in MM_PER_UNIT or _is_likely(extent_mm):
        return None
    stated = [edge / MM_PER_UNIT[unit] for edge in extent_mm]
    likely = [name for name in _UNITS if _is_likely([edge * MM_PER_UNIT[name] for edge in stated])]
    return likely[0] if likely else None


def _is_likely(extent_mm: Sequence[float]) -> bool:
    return min(extent_mm) >= SMALLEST_EDGE_MM and max(extent_mm) <= LARGEST_LIKELY_MM
