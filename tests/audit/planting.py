"""Faults as users have them, each planted into a copy of the clean study; the study's own files stay as they are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.manifest import Manifest, Scan


@dataclass(frozen=True)
class Bed:
    """Where faults are planted: the clean table, and a folder for spoilt files."""

    manifest: Manifest
    folder: Path

    def row(self, number: int, **fields: Any) -> Manifest:
        """The table with one row changed."""
        return self.rows({number: fields})

    def rows(self, changes: dict[int, dict[str, Any]]) -> Manifest:
        return Manifest(
            tuple(replace(scan, **changes.get(number, {})) for number, scan in enumerate(self.manifest.scans))
        )

    def all_rows(self, fields_of: Callable[[int, Scan], dict[str, Any]]) -> Manifest:
        return self.rows({number: fields_of(number, scan) for number, scan in enumerate(self.manifest.scans)})

    def added(self, number: int, **fields: Any) -> Manifest:
        """The table with one more row, made from another."""
        copy = replace(self.manifest.scans[number], scan_id="added", **fields)
        return Manifest((*self.manifest.scans, copy))

    def image(self, number: int) -> Image:
        return read_image(self.manifest.scans[number].path)

    def written(self, image: Image, name: str = "spoilt") -> Path:
        path = self.folder / f"{name}.nrrd"
        write_nrrd(image, path)
        return path

    def voxels(self, number: int, change: Callable[[np.ndarray], np.ndarray]) -> Manifest:
        """The table with other grey levels in one scan."""
        image = self.image(number)
        return self.row(number, path=self.written(Image(change(image.voxels), image.affine)))

    def affine(self, number: int, change: np.ndarray, mask: bool = False) -> Manifest:
        """The table with one scan on other axes, its mask likewise or left out."""
        image, scan = self.image(number), self.manifest.scans[number]
        moved = image.affine @ change
        mask_path = None
        if mask and scan.mask_path is not None:
            mask_path = self.written(Image(read_image(scan.mask_path).voxels, moved), "mask")
        return self.row(number, path=self.written(Image(image.voxels, moved)), mask_path=mask_path)

    def mask(self, number: int, change: Callable[[np.ndarray], np.ndarray]) -> Manifest:
        """The table with one mask changed, its reference following."""
        scan = self.manifest.scans[number]
        assert scan.mask_path is not None
        mask = read_image(scan.mask_path)
        marked = change(mask.voxels)
        volume_ml = max(float((marked > 0).sum()) * mask.voxel_volume_ml, 1.0)
        return self.row(number, mask_path=self.written(Image(marked, mask.affine), "mask"), volume_ml=volume_ml)


def scaled(*factors: float) -> np.ndarray:
    return np.diag([*factors, 1.0])


def sheared() -> np.ndarray:
    change = np.eye(4)
    change[0, 1] = 0.5
    return change


def turned(degrees: float) -> np.ndarray:
    change, angle = np.eye(4), np.radians(degrees)
    change[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return change


def moved(voxels: np.ndarray, zoom: float, flips: tuple[int, ...] = (), shift: float = 0.0) -> np.ndarray:
    """A copy as offline augmentation makes it: mirrored, zoomed about the middle, shifted along i."""
    centre = (np.array(voxels.shape) - 1) / 2
    offset = centre - (centre + np.array([shift, 0, 0])) / zoom
    return ndimage.affine_transform(np.flip(voxels, flips), np.eye(3) / zoom, offset=offset, order=1)


def _garbage(bed: Bed) -> Manifest:
    path = bed.folder / "spoilt.nrrd"
    path.write_bytes(b"no raster at all")
    return bed.row(1, path=path)


def _truncated(bed: Bed) -> Manifest:
    content = bed.manifest.scans[1].path.read_bytes()
    path = bed.folder / "spoilt.nrrd"
    path.write_bytes(content[: len(content) // 2])
    return bed.row(1, path=path)


def _without_spacing(bed: Bed) -> Manifest:
    path = bed.folder / "spoilt.nrrd"
    path.write_bytes(b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 8 8 8\nencoding: raw\n\n" + bytes(512))
    return bed.row(1, path=path)


def _says_cm(bed: Bed) -> Manifest:
    """The header says cm over numbers in mm."""
    content = bed.written(bed.image(1)).read_bytes()
    path = bed.folder / "cm.nrrd"
    path.write_bytes(content.replace(b"\nencoding", b'\nspace units: "cm" "cm" "cm"\nencoding', 1))
    return bed.row(1, path=path, mask_path=None)


def _broken_mask(bed: Bed) -> Manifest:
    path = bed.folder / "mask.nrrd"
    path.write_bytes(b"no raster at all")
    return bed.row(1, mask_path=path)


def _larger_mask_grid(bed: Bed) -> Manifest:
    mask = read_image(bed.manifest.scans[1].mask_path)
    return bed.row(1, mask_path=bed.written(Image(np.pad(mask.voxels, 2), mask.affine), "mask"))


def _shifted_mask_grid(bed: Bed) -> Manifest:
    mask = read_image(bed.manifest.scans[1].mask_path)
    affine = mask.affine.copy()
    affine[0, 3] += 10
    return bed.row(1, mask_path=bed.written(Image(mask.voxels, affine), "mask"))


def _cut(marked: np.ndarray) -> np.ndarray:
    spread = np.argwhere(marked)
    rolled = np.roll(marked, -int(spread[:, 0].min()) - 2, axis=0)
    rolled[-4:] = 0
    return rolled


def _two_labels(marked: np.ndarray) -> np.ndarray:
    two = marked.copy()
    two[:, :, marked.shape[2] // 2 :] *= 2
    return two


def _other_patient(bed: Bed) -> str:
    return bed.manifest.scans[-1].patient_id


def _copy(zoom: float, flips: tuple[int, ...] = (), shift: float = 0.0, own: bool = False) -> Callable[[Bed], Manifest]:
    def plant(bed: Bed) -> Manifest:
        image, scan = bed.image(2), bed.manifest.scans[2]
        path = bed.written(Image(moved(image.voxels, zoom, flips, shift), image.affine))
        patient = scan.patient_id if own else _other_patient(bed)
        return bed.added(2, path=path, patient_id=patient, mask_path=None)

    return plant


def _cropped_copy(bed: Bed) -> Manifest:
    image = bed.image(2)
    path = bed.written(Image(image.voxels[2:-3, 3:-2, 2:-2], image.affine))
    return bed.added(2, path=path, patient_id=_other_patient(bed), mask_path=None)


def _same_bytes_elsewhere(bed: Bed) -> Manifest:
    """The same voxels in a file of other bytes, which a hash of the file would miss."""
    path = bed.folder / "copy.nrrd"
    write_nrrd(bed.image(2), path, compress=False)
    return bed.added(2, path=path, patient_id=_other_patient(bed))


def _by_volume(bed: Bed) -> dict[str, int]:
    """Rank of each patient by mean volume."""
    volumes: dict[str, list[float]] = {}
    for scan in bed.manifest:
        volumes.setdefault(scan.patient_id, []).append(scan.volume_ml)
    return {patient: rank for rank, patient in enumerate(sorted(volumes, key=lambda name: np.mean(volumes[name])))}


def _spacing_tells(bed: Bed) -> Manifest:
    rank = _by_volume(bed)

    def fields(number: int, scan: Scan) -> dict[str, Any]:
        image = read_image(scan.path)
        affine = image.affine @ scaled(*[1 + rank[scan.patient_id] / 100] * 3)
        return {"path": bed.written(Image(image.voxels, affine), f"wide{number}"), "mask_path": None}

    return bed.all_rows(fields)


def _shape_tells(bed: Bed) -> Manifest:
    rank = _by_volume(bed)

    def fields(number: int, scan: Scan) -> dict[str, Any]:
        image = read_image(scan.path)
        padded = np.pad(image.voxels, ((0, rank[scan.patient_id] // 2), (0, 0), (0, 0)))
        return {"path": bed.written(Image(padded, image.affine), f"padded{number}"), "mask_path": None}

    return bed.all_rows(fields)


def _device_tells(bed: Bed) -> Manifest:
    rank = _by_volume(bed)
    return bed.all_rows(lambda number, scan: {"device": "A" if rank[scan.patient_id] < len(rank) / 2 else "B"})


def _order_tells(bed: Bed) -> Manifest:
    rank = _by_volume(bed)
    return Manifest(tuple(sorted(bed.manifest.scans, key=lambda scan: rank[scan.patient_id])))


def _date_tells(bed: Bed) -> Manifest:
    rank, first = _by_volume(bed), min(scan.acquired_on for scan in bed.manifest if scan.acquired_on)
    return bed.all_rows(lambda number, scan: {"acquired_on": first + timedelta(days=30 * rank[scan.patient_id])})


def _devices_differ(bed: Bed) -> Manifest:
    def fields(number: int, scan: Scan) -> dict[str, Any]:
        if int(scan.patient_id[1:]) % 2:
            return {"device": "A"}
        image = read_image(scan.path)
        dimmed = (255 * (image.voxels / 255.0) ** 2.5).astype(np.uint8)
        return {"device": "B", "path": bed.written(Image(dimmed, image.affine), f"dim{number}")}

    return bed.all_rows(fields)


def _few_patients(count: int) -> Callable[[Bed], Manifest]:
    def plant(bed: Bed) -> Manifest:
        kept = set(bed.manifest.patients[:count])
        return Manifest(tuple(scan for scan in bed.manifest if scan.patient_id in kept))

    return plant


def _one_dominates(bed: Bed) -> Manifest:
    first = bed.manifest.scans[0].patient_id
    return bed.all_rows(lambda number, scan: {"patient_id": first} if number < 20 else {})


def _third_visit(factor: float) -> Callable[[Bed], Manifest]:
    """One reference of a patient with at least three."""

    def plant(bed: Bed) -> Manifest:
        scans = bed.manifest.scans
        owner = next(p for p in bed.manifest.patients if sum(scan.patient_id == p for scan in scans) >= 3)
        number = next(n for n, scan in enumerate(scans) if scan.patient_id == owner)
        return bed.row(number, volume_ml=scans[number].volume_ml * factor, mask_path=None)

    return plant


def _label(factor: float, mask: bool = True) -> Callable[[Bed], Manifest]:
    def plant(bed: Bed) -> Manifest:
        scan = bed.manifest.scans[1]
        fields = {} if mask else {"mask_path": None}
        return bed.row(1, volume_ml=scan.volume_ml * factor, **fields)

    return plant


PLANTS: dict[str, tuple[str, Callable[[Bed], Manifest]]] = {
    "a file that is none": ("VOL001", _garbage),
    "a truncated file": ("VOL001", _truncated),
    "a header without spacing": ("VOL001", _without_spacing),
    "a path to nothing": ("VOL001", lambda bed: bed.row(1, path=bed.folder / "gone.nrrd")),
    "a spacing in metres": ("VOL002", lambda bed: bed.affine(1, scaled(1e3, 1e3, 1e3))),
    "a spacing in micrometres": ("VOL002", lambda bed: bed.affine(1, scaled(1e-3, 1e-3, 1e-3))),
    "a unit of cm over millimetres": ("VOL003", _says_cm),
    "a slice thickness typed in": ("VOL004", lambda bed: bed.affine(1, scaled(1, 1, 4))),
    "axes mirrored": ("VOL005", lambda bed: bed.affine(1, scaled(-1, 1, 1))),
    "axes turned": ("VOL006", lambda bed: bed.affine(1, turned(25))),
    "axes sheared": ("VOL007", lambda bed: bed.affine(1, sheared())),
    "a single slice, or fewer than four": ("VOL008", lambda bed: bed.voxels(1, lambda voxels: voxels[:, :, 15:16])),
    "a file changed since": ("VOL009", lambda bed: bed.row(1, sha256="0" * 64)),
    "a label in mm3": ("VOL020", _label(1000, mask=False)),
    "a label in litres": ("VOL021", _label(1 / 1000, mask=False)),
    "a label in mm3 beside its mask": ("VOL022", _label(1000)),
    "a label in litres beside its mask": ("VOL022", _label(1 / 1000)),
    "a spacing halved": ("VOL022", lambda bed: bed.affine(1, scaled(0.5, 0.5, 0.5), mask=True)),
    "a spacing doubled": ("VOL022", lambda bed: bed.affine(1, scaled(2, 2, 2), mask=True)),
    "a spacing quartered": ("VOL022", lambda bed: bed.affine(1, scaled(0.25, 0.25, 0.25), mask=True)),
    "a spacing in cm": ("VOL022", lambda bed: bed.affine(1, scaled(0.1, 0.1, 0.1), mask=True)),
    "a label of another scan": ("VOL022", _label(1.4)),
    "a label without its point": ("VOL023", _label(10, mask=False)),
    "a label of another patient": ("VOL024", _third_visit(3.6)),
    "one label for all": ("VOL025", lambda bed: bed.all_rows(lambda number, scan: {"volume_ml": 30.0})),
    "a mask that is nowhere": ("VOL030", lambda bed: bed.row(1, mask_path=bed.folder / "gone.nrrd")),
    "a mask that is none": ("VOL031", _broken_mask),
    "a mask on a larger raster": ("VOL032", _larger_mask_grid),
    "a mask shifted": ("VOL032", _shifted_mask_grid),
    "a mask of nothing": ("VOL033", lambda bed: bed.mask(1, np.zeros_like)),
    "a structure cut off": ("VOL034", lambda bed: bed.mask(1, _cut)),
    "a mask of two structures": ("VOL035", lambda bed: bed.mask(1, _two_labels)),
    "a scan under two patients": ("VOL040", lambda bed: bed.added(2, patient_id=_other_patient(bed))),
    "a scan saved anew under another patient": ("VOL040", _same_bytes_elsewhere),
    "a row twice": ("VOL041", lambda bed: bed.added(2)),
    "a mirrored and zoomed copy under another patient": ("VOL042", _copy(1.1, (0,))),
    "a copy mirrored twice and shrunk under another patient": ("VOL042", _copy(0.9, (0, 1))),
    "an enlarged and shifted copy under another patient": ("VOL042", _copy(1.25, (), 2.0)),
    "a cropped copy under another patient": ("VOL042", _cropped_copy),
    "a copy augmented offline": ("VOL043", _copy(1.08, (2,), 1.0, own=True)),
    "a scan with two references": ("VOL044", lambda bed: bed.added(2, volume_ml=99.0)),
    "a visit with twice the spacing": ("VOL050", lambda bed: bed.affine(1, scaled(2, 2, 2))),
    "an image of one value": ("VOL060", lambda bed: bed.voxels(1, np.zeros_like)),
    "a voxel that is no number": (
        "VOL061",
        lambda bed: bed.voxels(1, lambda voxels: np.where(voxels == 77, np.nan, voxels).astype(np.float32)),
    ),
    "dark levels cut off": (
        "VOL062",
        lambda bed: bed.voxels(1, lambda voxels: np.where(voxels < np.percentile(voxels[voxels > 0], 80), 0, voxels)),
    ),
    "bright levels saturated": (
        "VOL063",
        lambda bed: bed.voxels(1, lambda voxels: np.clip(voxels * 3.0, 0, 255).astype(np.uint8)),
    ),
    "black and white exchanged": ("VOL064", lambda bed: bed.voxels(1, lambda voxels: 255 - voxels)),
    "an image nearly empty": (
        "VOL065",
        lambda bed: bed.voxels(1, lambda voxels: np.where(np.arange(32) == 15, voxels, 0).astype(np.uint8)),
    ),
    "a mask in place of the scan": ("VOL066", lambda bed: bed.row(1, path=bed.manifest.scans[1].mask_path)),
    "one device darker": ("VOL067", _devices_differ),
    "a spacing that tells the volume": ("VOL070", _spacing_tells),
    "a raster that tells the volume": ("VOL071", _shape_tells),
    "a device that tells the volume": ("VOL072", _device_tells),
    "a table sorted by volume": ("VOL073", _order_tells),
    "dates that tell the volume": ("VOL074", _date_tells),
    "four patients for five folds": ("VOL081", _few_patients(4)),
    "twelve patients": ("VOL082", _few_patients(12)),
    "one patient with half of the scans": ("VOL083", _one_dominates),
}
"""What was done to the study, and the code that must tell it."""
