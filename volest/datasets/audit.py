"""Checks that stop bad input before anything is fitted to it."""

import hashlib
import math

import numpy as np

from volest.datasets.facts import ScanFacts, facts_of
from volest.errors import ScanError
from volest.geometry import CUBIC_MM_PER_ML
from volest.images.formats import read_image, scan_sha256
from volest.images.image import Image
from volest.progress import Progress, Silent, watch
from volest.records.manifest import Manifest, Scan

LEAST_SQUARE = 0.99
"""Volume of a voxel over the product of its spacings: 1 where axes are at right angles, as those of a grid are."""

MOST_NAMED = 5
"""Faults that one message lists; the rest is counted."""


def audit_manifest(manifest: Manifest, progress: Progress | None = None) -> dict[str, ScanFacts]:
    """Read every scan once and stop at what would spoil the training.

    Args:
        manifest: the scans.
        progress: told of each scan.

    Returns:
        The facts of each scan, by scan_id.

    Raises:
        ScanError: a scan is missing or unreadable, `audit_image` refuses it, its reference is larger than its field of
            view, its file has changed since `volest index`, its mask is missing, or the same voxels stand under two
            patients. Up to `MOST_NAMED` are named.
    """
    facts: dict[str, ScanFacts] = {}
    faults: list[str] = []
    first_with: dict[str, Scan] = {}
    for scan in watch(manifest.scans, f"reading {len(manifest)} scans", progress or Silent()):
        try:
            facts[scan.scan_id], content = _audit_scan(scan)
            _require_one_patient(scan, first_with.setdefault(content, scan))
        except ScanError as error:
            faults.append(str(error))
    if faults:
        raise ScanError(_summary(faults, len(manifest)))
    return facts


def audit_image(image: Image, name: str) -> None:
    """Refuse an image from which no volume can be learnt or told.

    Args:
        image: the scan.
        name: scan_id or path, for the message.

    Raises:
        ScanError: a single slice, axes that are not at right angles, voxels that are NaN or infinite, or all of one
            value.
    """
    if min(image.shape) < 2:
        raise ScanError(
            f"scan {name}: shape {image.shape} has a single slice along one axis; expected a 3D raster. "
            "Stack the slices of a sweep into one file."
        )
    square = image.voxel_volume_ml * CUBIC_MM_PER_ML / math.prod(image.spacing_mm)
    if square < LEAST_SQUARE:
        raise ScanError(
            f"scan {name}: its axes are not at right angles (a voxel has {square:.0%} of the volume that its spacing "
            "says), so that a grid of boxes would change its millilitres. Resample it onto orthogonal axes."
        )
    if image.voxels.dtype.kind == "f":
        odd = int(image.voxels.size - np.isfinite(image.voxels).sum())
        if odd:
            raise ScanError(
                f"scan {name}: {odd} of {image.voxels.size} voxels are NaN or infinite. "
                "Export it again, with a number (0 outside the fan) in every voxel."
            )
    if image.voxels.min() == image.voxels.max():
        raise ScanError(
            f"scan {name}: every voxel is {image.voxels.flat[0]}; the image is empty. Export it again or remove it."
        )


def _audit_scan(scan: Scan) -> tuple[ScanFacts, str]:
    """The facts of a scan, and a hash of its voxels that does not depend on how the file stores them."""
    name = f"{scan.scan_id!r} ({scan.path})"
    try:
        image = read_image(scan.path)
    except ScanError as error:  # the reader knows the file alone
        raise ScanError(f"scan_id {scan.scan_id!r}: {error}") from None
    audit_image(image, name)
    if scan.volume_ml >= image.field_of_view_ml:
        spacing = " x ".join(f"{step:.4g}" for step in image.spacing_mm)
        raise ScanError(
            f"scan {name}: volume_ml {scan.volume_ml:g} is larger than the field of view, "
            f"{image.field_of_view_ml:.4g} mL (shape {image.shape}, spacing {spacing} mm). "
            "Correct the unit of the label, or the spacing in the file."
        )
    if scan.mask_path is not None and not scan.mask_path.exists():
        raise ScanError(f"scan {name}: mask {scan.mask_path} does not exist. Correct or empty its mask_path.")
    sha256 = scan_sha256(scan.path)
    if scan.sha256 is not None and scan.sha256.lower() != sha256:
        raise ScanError(
            f"scan {name}: the file has changed since the manifest was made (SHA-256 {sha256[:12]}..., expected "
            f"{scan.sha256[:12]}...). Run `volest index` again if that was intended."
        )
    content = hashlib.sha256(np.ascontiguousarray(image.voxels.T).data).hexdigest()
    return facts_of(image, sha256), f"{image.shape} {content}"


def _require_one_patient(scan: Scan, first: Scan) -> None:
    if scan.patient_id != first.patient_id:
        raise ScanError(
            f"scans {first.scan_id!r} of patient {first.patient_id!r} and {scan.scan_id!r} of patient "
            f"{scan.patient_id!r} hold the same voxels, so that folds could train on what they are judged by. "
            "Give both the same patient_id, or remove one."
        )


def _summary(faults: list[str], scans: int) -> str:
    if len(faults) == 1:
        return faults[0]
    more = f"\n- and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
    listed = "\n".join(f"- {fault}" for fault in faults[:MOST_NAMED])
    return f"{len(faults)} of {scans} scans cannot be used:\n{listed}{more}"
