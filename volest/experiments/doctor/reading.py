"""How fast scans come from their disk, and onto the grid."""

from typing import TYPE_CHECKING

from volest.experiments.doctor.verdict import Check, Outcome, ok, warning

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

SLOW_MB_PER_S = 10.0


def check_reading(subject: "Subject") -> Outcome:
    """A sample from the smallest to the largest volume is read, audited and resampled.

    Raises:
        ScanError: a scan cannot be used.
    """
    scans = subject.read_scans
    megabytes, read_s = sum(s.megabytes for s in scans), sum(s.read_s for s in scans)
    a_scan_s, prepare_s = read_s / len(scans), sum(s.prepare_s for s in scans) / len(scans)
    once_s = (a_scan_s + prepare_s) * len(subject.manifest)
    found = (
        f"{len(scans)} scans: {megabytes / read_s:.0f} MB/s of voxels, {1000 * a_scan_s:.0f} ms a scan, "
        f"{1000 * prepare_s:.0f} ms to put it on the grid; about {once_s:.0f} s for all, once"
    )
    if megabytes / read_s < SLOW_MB_PER_S and a_scan_s > 1:
        return warning(found, "Copy the scans to a disk of this machine; later epochs read the cache alone.")
    return ok(found)


READING = Check("reading", check_reading, limit_s=40, needs=("scans",))
