"""VOL004 to VOL008: axes and voxels of odd form."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import ANISOTROPIC, LEFT_HANDED, OBLIQUE, SHEARED, SINGLE_SLICE
from volest.audit.measures import ScanMeasures
from volest.datasets.soundness import sheared, single_slice
from volest.geometry import AXES
from volest.records.findings import Finding

LONGEST_VOXEL = 3.0
"""Longest edge of a voxel over its shortest: beyond it, a slice thickness was probably typed in."""

STEEPEST_DEGREES = 10.0
"""Tilt of the axes against right, anterior, superior that is worth a note."""


def check_axes(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each scan with a single slice, long voxels, sheared or oblique axes, or a hand that others do not have."""
    read = [scan for scan in measures if scan.facts is not None]
    for scan in read:
        yield from _form(scan)
    left = [scan for scan in read if scan.is_left_handed]
    if len(left) < len(read):  # where all are, a mirrored frame is how this scanner writes
        for scan in left:
            sentence = f"Its axes are left-handed, those of {len(read) - len(left)} other scans are right-handed."
            yield LEFT_HANDED.finding(sentence, [scan.scan])


def _form(scan: ScanMeasures) -> Iterator[Finding]:
    assert scan.facts is not None
    spacing_mm = scan.facts.spacing_mm
    if fault := single_slice(scan.facts.shape):
        yield SINGLE_SLICE.finding(f"It has {fault.sentence}.", [scan.scan])
    if fault := sheared(scan.squareness):
        yield SHEARED.finding(f"{fault.sentence.replace('its', 'Its', 1)}.", [scan.scan])
    ratio = max(spacing_mm) / min(spacing_mm)
    if ratio > LONGEST_VOXEL:
        axis = AXES[spacing_mm.index(max(spacing_mm))]
        spacing = " x ".join(f"{step:.4g}" for step in spacing_mm)
        sentence = f"Its voxels of {spacing} mm are {ratio:.3g} times as long along {axis} as they are wide."
        yield ANISOTROPIC.finding(sentence, [scan.scan], {"longest_over_shortest": ratio})
    if scan.tilt_degrees > STEEPEST_DEGREES:
        sentence = f"Its axes lie {scan.tilt_degrees:.0f} degrees off right, anterior, superior."
        yield OBLIQUE.finding(sentence, [scan.scan], {"tilt_degrees": scan.tilt_degrees})
