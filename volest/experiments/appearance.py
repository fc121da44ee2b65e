"""What the scans of a run look like, recorded so that a diagnosis needs the records alone."""

import math
from collections.abc import Sequence

from volest.audit.checks.near_copies import LEAST_CORRELATION
from volest.audit.measures import THUMBNAIL_SIZE
from volest.audit.quality import measure_quality
from volest.audit.similarity import likenesses
from volest.audit.texture import Voxels
from volest.datasets.thumbnail import thumbnail
from volest.experiments.preparation import PreparedRun
from volest.images.formats import read_image
from volest.progress import Progress, watch
from volest.records.headers import HeaderRow, write_headers
from volest.records.image_quality import write_image_quality
from volest.records.manifest import Scan
from volest.records.near_copies import NearCopy, write_near_copies


def record_appearance(run: PreparedRun, progress: Progress) -> None:
    """Write how each scan was sampled, how good it is, and which scans look like one; once, as scans do not change."""
    write_headers((_header(scan, run) for scan in run.manifest), run.directory.headers)
    if run.directory.image_quality.exists() and run.directory.near_copies.exists():
        return
    qualities, thumbnails = [], []
    for scan in watch(run.manifest.scans, "records: looking at scans", progress):
        image = read_image(scan.path)
        qualities.append(measure_quality(scan.scan_id, image))
        thumbnails.append(thumbnail(image, THUMBNAIL_SIZE).astype("float32"))
    write_image_quality(qualities, run.directory.image_quality)
    with progress.task("records: comparing scans", 1) as step:
        write_near_copies(_near_copies(run.manifest.scans, thumbnails), run.directory.near_copies)
        step()


def _near_copies(scans: Sequence[Scan], thumbnails: Sequence[Voxels]) -> list[NearCopy]:
    found = [alike for alike in likenesses(thumbnails) if alike.correlation >= LEAST_CORRELATION]
    return [NearCopy(scans[a.first].scan_id, scans[a.second].scan_id, a.correlation, a.zoom) for a in found]


def _header(scan: Scan, run: PreparedRun) -> HeaderRow:
    facts = run.facts[scan.scan_id]
    return HeaderRow(scan.scan_id, math.prod(facts.spacing_mm) ** (1 / 3), facts.field_of_view_ml)
