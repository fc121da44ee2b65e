"""VOL042, VOL043: scans that are one scan moved, mirrored, zoomed or cropped."""

from collections.abc import Iterator, Sequence

from volest.audit.checks.copies import same_pairs
from volest.audit.codes import NEAR_ACROSS, NEAR_WITHIN
from volest.audit.measures import ScanMeasures
from volest.audit.similarity import Likeness, likenesses
from volest.geometry import AXES
from volest.records.findings import Finding

LEAST_CORRELATION = 0.80
"""Of textures, above which two scans are taken for one. Of 89 blurred transrectal scans, two of different patients
reach 0.76; copies of them that were mirrored, zoomed by 0.8 to 1.25 and shifted fall to 0.93. Of phantoms full of
speckle, copies fall to 0.80 where they were shrunk, and to 0.93 where they were enlarged."""


def check_near_copies(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each pair that looks like one scan; pairs with the same voxels have a finding already."""
    read = [
        scan
        for scan in measures
        if scan.thumbnail is not None and scan.intensity is not None and scan.intensity.low < scan.intensity.high
    ]
    known = same_pairs(read)
    for likeness in likenesses([scan.thumbnail for scan in read if scan.thumbnail is not None]):
        pair = [read[likeness.first].scan, read[likeness.second].scan]
        if likeness.correlation < LEAST_CORRELATION or frozenset(scan.scan_id for scan in pair) in known:
            continue
        first, second = pair
        is_one = first.patient_id == second.patient_id
        whose = f"of patient {first.patient_id!r}" if is_one else f"of {first.patient_id!r} and {second.patient_id!r}"
        yield (NEAR_WITHIN if is_one else NEAR_ACROSS).finding(
            f"Scans {first.scan_id!r} and {second.scan_id!r} {whose} look like one scan{_moved(likeness)}: their "
            f"textures correlate at {likeness.correlation:.2f}.",
            pair,
            {"correlation": likeness.correlation, "zoom": likeness.zoom},
        )


def _moved(likeness: Likeness) -> str:
    mirrored = f", mirrored along {' and '.join(AXES[axis] for axis in likeness.mirrored)}" if likeness.mirrored else ""
    zoomed = f", zoomed by {likeness.zoom:.2f}" if abs(likeness.zoom - 1) > 0.02 else ""
    return mirrored + zoomed
