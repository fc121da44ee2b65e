"""The mask of a scan that is to be explained."""

from collections.abc import Mapping
from pathlib import Path

from jaxtyping import Bool
from numpy import ndarray

from volest.datasets.mask import lies_on
from volest.datasets.mask_volume import is_marked, label_volumes_ml
from volest.datasets.masks import MasksBeside
from volest.errors import ScanError
from volest.geometry import from_nearest_ras
from volest.images.formats import read_image, scan_stem
from volest.images.image import Image


class Structures:
    """Finds the mask of a scan: where the user says that masks lie, else the one that the run was given."""

    def __init__(self, masks: str | None, own: Mapping[str, Path]) -> None:
        """Take a mask file or a pattern such as `{scan}_mask.nrrd`, and the masks of the run by SHA-256 of their scans.

        Raises:
            ManifestError: a pattern that names no field.
            ScanError: it is no pattern, and there is no such file.
        """
        self.masks, self.own = masks, own
        is_file = masks is not None and Path(masks).is_file()
        if masks is not None and not is_file and not any(mark in masks for mark in "{*"):
            raise ScanError(f"--masks {masks}: there is no such file. A pattern has a field: '{{scan}}_mask.nrrd'.")
        self._beside = MasksBeside(masks, Path.cwd(), ()) if masks is not None and not is_file else None

    def path(self, scan: Path, sha256: str) -> Path | None:
        """The mask of a scan; None where none is known and none was asked for.

        Raises:
            ScanError: masks were asked for and this scan has none.
        """
        if self.masks is None:
            return self.own.get(sha256)
        if self._beside is None:
            return Path(self.masks)
        found = self._beside.of(scan.absolute(), {"scan_id": scan_stem(scan)})
        if found is None:
            raise ScanError(
                f"scan {scan} has no mask at --masks {self.masks!r}. The pattern is relative to the folder of the "
                "scan, or else to this one; leave the option out to explain without masks."
            )
        return found


def read_structure(path: Path, image: Image, scan: Path) -> Bool[ndarray, "i j k"]:
    """Where the structure lies, on the voxels of the scan in its own axes.

    Raises:
        ScanError: a mask that cannot be read, lies on another raster, is empty, or holds several labels.
    """
    mask = read_image(path).nearest_ras()
    if not lies_on(mask, image.nearest_ras()):
        raise ScanError(
            f"scan {scan}: its mask {path} lies on another raster (shape {mask.shape} against "
            f"{image.nearest_ras().shape}, or another place). Export it on the raster of the scan, or leave it out."
        )
    labels = label_volumes_ml(mask)
    if len(labels) != 1:
        what = f"{len(labels)} labels, and nothing tells which is the structure" if labels else "no voxel inside"
        raise ScanError(f"scan {scan}: its mask {path} holds {what}. Keep the structure alone, or leave it out.")
    return from_nearest_ras(is_marked(mask), image.affine)
