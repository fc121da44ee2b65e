"""The scans of a run in three planes, where their files can still be read; small, because a page holds hundreds."""

from collections.abc import Iterable

from volest.audit.intensity import measure_intensity
from volest.audit.plane import middle_planes
from volest.errors import ScanError
from volest.images.formats import read_image
from volest.progress import Progress, Silent
from volest.records.manifest import Scan
from volest.report.thumbnail import Thumbnail, draw_planes
from volest.wording import counted

MOST_BYTES = 4_000_000
"""Of all pictures of a page together; the scans that come first get theirs."""


def scan_pictures(scans: Iterable[Scan], progress: Progress | None = None) -> dict[str, tuple[Thumbnail, ...]]:
    """Axial, coronal and sagittal plane by scan_id; a scan that cannot be read has none.

    Args:
        scans: the most interesting first.
        progress: told of each scan.
    """
    found: dict[str, tuple[Thumbnail, ...]] = {}
    left, scans = MOST_BYTES, [scan for scan in scans if scan.path.exists()]
    with (progress or Silent()).task(f"drawing {counted(len(scans), 'scan')}", len(scans)) as step:
        for scan in scans:
            step()
            drawn = _draw(scan)
            left -= sum(len(thumbnail.source) for thumbnail in drawn)
            if left < 0:
                break
            if drawn:
                found[scan.scan_id] = drawn
    return found


def _draw(scan: Scan) -> tuple[Thumbnail, ...]:
    try:
        image = read_image(scan.path).nearest_ras()
    except (ScanError, OSError):
        return ()
    intensity = measure_intensity(image.voxels)
    planes = middle_planes(image, intensity.background, (intensity.low, intensity.bright))
    return draw_planes(planes)[0]
