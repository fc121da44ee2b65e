"""VOL040, VOL041, VOL044: the same voxels in several rows."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from volest.audit.codes import SAME_ACROSS, SAME_OTHER_LABEL, SAME_WITHIN
from volest.audit.measures import ScanMeasures
from volest.records.findings import Finding

SAME_REFERENCE = 1e-3
"""Relative difference of two references that were rounded differently."""


def same_voxels(measures: Sequence[ScanMeasures]) -> list[list[ScanMeasures]]:
    """Groups of two or more scans with one content, in the order of the table."""
    groups: dict[str, list[ScanMeasures]] = {}
    for scan in measures:
        if scan.fault is None and not _is_blank(scan):
            groups.setdefault(scan.content_sha256, []).append(scan)
    return [group for group in groups.values() if len(group) > 1]


def have_one_reference(scans: Sequence[ScanMeasures]) -> bool:
    """Whether the references agree but for their rounding."""
    volumes_ml = [scan.scan.volume_ml for scan in scans]
    return max(volumes_ml) <= min(volumes_ml) * (1 + SAME_REFERENCE)


def check_copies(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each group of scans with the same voxels: worse across patients, worse with two references."""
    for group in same_voxels(measures):
        scans = [scan.scan for scan in group]
        named = " and ".join(f"{scan.scan_id!r} of patient {scan.patient_id!r}" for scan in scans)
        if len({scan.patient_id for scan in scans}) > 1:
            yield SAME_ACROSS.finding(f"Scans {named} hold the same voxels.", scans)
        elif have_one_reference(group):
            yield SAME_WITHIN.finding(f"Scans {named} hold the same voxels.", scans)
        if not have_one_reference(group):
            volumes = ", ".join(f"{scan.volume_ml:g}" for scan in scans)
            yield SAME_OTHER_LABEL.finding(
                f"Scans {named} hold the same voxels, but have references of {volumes} mL.", scans
            )


def same_pairs(measures: Sequence[ScanMeasures]) -> set[frozenset[str]]:
    """Pairs of scan_ids with the same voxels."""
    return {
        frozenset((a.scan.scan_id, b.scan.scan_id))
        for group in same_voxels(measures)
        for a, b in combinations(group, 2)
    }


def _is_blank(scan: ScanMeasures) -> bool:
    """A constant raster is a copy of every other one, and has a finding of its own."""
    return scan.intensity is not None and scan.intensity.low == scan.intensity.high
