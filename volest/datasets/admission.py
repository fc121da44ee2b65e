"""Who may train: scans are read once, and what would spoil the training stops it. `volest check` tells more."""

from pathlib import Path

import numpy as np

from volest.datasets.facts import ScanFacts, content_sha256, facts_of
from volest.datasets.soundness import (
    Fault,
    changed_file,
    constant,
    implausible_field,
    larger_than_field,
    not_finite,
    sheared,
    single_slice,
    squareness,
)
from volest.errors import ScanError
from volest.images.formats import read_image, scan_sha256
from volest.images.image import Image
from volest.progress import Progress, Silent, watch
from volest.records.manifest import Manifest, Scan
from volest.wording import counted

MOST_NAMED = 5
"""Faults that one message lists; the rest is counted."""


def admit_manifest(manifest: Manifest, progress: Progress | None = None) -> dict[str, ScanFacts]:
    """Read every scan once and stop at what would spoil the training.

    Args:
        manifest: the scans.
        progress: told of each scan.

    Returns:
        The facts of each scan, by scan_id.

    Raises:
        ScanError: a scan is missing or unreadable, `admit_image` refuses it, its reference is larger than its field of
            view, its file has changed since `volest index`, its mask is missing, or the same voxels stand under two
            patients. Up to `MOST_NAMED` are named.
    """
    facts: dict[str, ScanFacts] = {}
    faults: list[str] = []
    first_with: dict[str, Scan] = {}
    for scan in watch(manifest.scans, f"reading {counted(len(manifest), 'scan')}", progress or Silent()):
        try:
            facts[scan.scan_id], content = _admit_scan(scan)
            _require_one_patient(scan, first_with.setdefault(content, scan))
        except ScanError as error:
            faults.append(str(error))
    if faults:
        raise ScanError(_summary(faults, len(manifest)))
    return facts


def admitted_image(path: Path) -> Image:
    """Read a scan from which a volume can be learnt or told.

    Raises:
        ScanError: as `read_image` and `admit_image`.
    """
    image = read_image(path)
    admit_image(image, str(path))
    return image


def admit_image(image: Image, name: str) -> None:
    """Refuse an image from which no volume can be learnt or told.

    Args:
        image: the scan.
        name: scan_id or path, for the message.

    Raises:
        ScanError: a single slice, a field of view that no probe has, axes that are not at right angles, voxels that
            are NaN or infinite, or all of one value.
    """
    voxels = image.voxels
    odd = int(voxels.size - np.isfinite(voxels).sum()) if voxels.dtype.kind == "f" else 0
    for fault in (
        single_slice(image.shape),
        implausible_field(image.shape, image.spacing_mm),
        sheared(squareness(image)),
        not_finite(odd, voxels.size),
    ):
        _require_none(fault, name)
    _require_none(constant(float(voxels.min()), float(voxels.max())), name)


def _admit_scan(scan: Scan) -> tuple[ScanFacts, str]:
    """The facts of a scan, and a hash of its voxels that does not depend on how the file stores them."""
    name = f"{scan.scan_id!r} ({scan.path})"
    try:
        image = read_image(scan.path)
    except ScanError as error:  # the reader knows the file alone
        raise ScanError(f"scan_id {scan.scan_id!r}: {error}") from None
    admit_image(image, name)
    _require_none(larger_than_field(scan.volume_ml, image.field_of_view_ml, image.shape, image.spacing_mm), name)
    if scan.mask_path is not None and not scan.mask_path.exists():
        raise ScanError(f"scan {name}: mask {scan.mask_path} does not exist. Correct or empty its mask_path.")
    sha256 = scan_sha256(scan.path)
    _require_none(changed_file(scan.sha256, sha256), name)
    return facts_of(image, sha256), content_sha256(image)


def _require_none(fault: Fault | None, name: str) -> None:
    if fault is not None:
        raise ScanError(f"scan {name}: {fault}")


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
