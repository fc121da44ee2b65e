"""All that the checks and the page know of each scan; each is read once, and its voxels are not kept."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from volest.audit.intensity import IntensityMeasures, measure_intensity
from volest.audit.mask import MaskMeasures, measure_mask
from volest.audit.plane import Plane, middle_planes
from volest.datasets.facts import ScanFacts, content_sha256, facts_of
from volest.datasets.soundness import squareness
from volest.datasets.thumbnail import thumbnail
from volest.errors import ScanError
from volest.images.formats import read_header, read_image, scan_sha256
from volest.images.image import Image
from volest.progress import Progress, Silent
from volest.records.manifest import Manifest, Scan
from volest.wording import counted

THUMBNAIL_SIZE = 24
"""Voxels along each axis of the thumbnail by which scans are compared."""

FEWEST_FOR_WORKERS = 24
"""Fewer scans are read before a second process has started."""


@dataclass(frozen=True)
class ScanMeasures:
    """One scan in figures and thumbnails.

    Attributes:
        scan: its row of the manifest.
        fault: why it cannot be read; None where it was, and only then the rest is there.
        facts: identity and size.
        content_sha256: of shape and voxels, however the file stores them.
        stated_unit: of length, as the file names it; empty where it names none.
        squareness: volume of a voxel over the product of its spacings; 1 where axes are at right angles.
        is_left_handed: whether the axes as stored are the mirror image of a right-handed frame.
        tilt_degrees: largest angle between an axis and the nearest of right, anterior, superior.
        planes: axial, coronal, sagittal, through the middle.
        thumbnail: the field of view averaged onto `THUMBNAIL_SIZE` voxels along each axis, in [0, 1].
        intensity: grey levels.
        mask: None where the manifest names none.
    """

    scan: Scan
    fault: str | None = None
    facts: ScanFacts | None = None
    content_sha256: str = ""
    stated_unit: str = ""
    squareness: float = 1.0
    is_left_handed: bool = False
    tilt_degrees: float = 0.0
    planes: tuple[Plane, ...] = ()
    thumbnail: Float[np.ndarray, "n n n"] | None = field(default=None, repr=False)
    intensity: IntensityMeasures | None = None
    mask: MaskMeasures | None = None


def measure_scans(
    manifest: Manifest, progress: Progress | None = None, workers: int | None = None
) -> list[ScanMeasures]:
    """Measure every scan, in the order of the manifest; a scan that cannot be read is a measure with a fault.

    Args:
        manifest: the scans.
        progress: told of each scan.
        workers: processes that read; None chooses from the machine and the number of scans.

    Raises:
        ScanError: a reading process was ended from outside, as systems do when memory is short.
    """
    if workers is None:
        workers = min(8, os.cpu_count() or 1) if len(manifest) >= FEWEST_FOR_WORKERS else 1
    found = []
    with (progress or Silent()).task(f"reading {counted(len(manifest), 'scan')}", len(manifest)) as step:
        for measures in _measured(manifest, workers):
            found.append(measures)
            step()
    return found


def measure_scan(scan: Scan) -> ScanMeasures:
    """Measure one scan."""
    try:
        image, sha256, header = read_image(scan.path), scan_sha256(scan.path), read_header(scan.path)
    except ScanError as error:
        return ScanMeasures(scan, fault=str(error))
    ras, intensity = image.nearest_ras(), measure_intensity(image.voxels)
    return ScanMeasures(
        scan=scan,
        facts=facts_of(image, sha256),
        content_sha256=content_sha256(image),
        stated_unit=header.stated_unit,
        squareness=squareness(image),
        is_left_handed=bool(np.linalg.det(image.affine[:3, :3]) < 0),
        tilt_degrees=_tilt_degrees(ras),
        planes=middle_planes(ras, intensity.background, (intensity.low, intensity.bright)),
        thumbnail=None if intensity.odd_voxels else thumbnail(image, THUMBNAIL_SIZE).astype(np.float32),
        intensity=intensity,
        mask=None if scan.mask_path is None else measure_mask(scan.mask_path, ras),
    )


def _measured(manifest: Manifest, workers: int) -> Iterator[ScanMeasures]:
    if workers < 2:
        yield from map(measure_scan, manifest.scans)
        return
    # Spawned, because a fork of a process with threads may hang.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(measure_scan, manifest.scans, chunksize=4)
        except BrokenProcessPool:
            raise ScanError(
                f"one of {workers} processes that read scans was ended from outside; memory was probably short. "
                "Read with fewer: `--workers 1`."
            ) from None


def _tilt_degrees(ras: Image) -> float:
    cosines = np.diag(ras.affine)[:3] / ras.spacing_mm
    return float(np.degrees(np.arccos(np.clip(cosines.min(), -1, 1))))
