from dataclasses import replace

import numpy as np
import pytest

from volest.datasets.mask import read_mask
from volest.errors import ScanError
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.records.manifest import read_manifest


@pytest.fixture
def scan(masked_study):
    return read_manifest(masked_study).scans[0]


def test_a_mask_is_read_as_it_lies_on_its_scan(scan):
    mask, image = read_mask(scan), read_nrrd(scan.path).nearest_ras()
    assert mask.shape == image.shape
    assert (mask.voxels > 0).sum() * mask.voxel_volume_ml == pytest.approx(scan.volume_ml, rel=0.06)


def test_a_mask_written_with_other_axes_lies_where_it_lay(scan, tmp_path):
    mask = read_nrrd(scan.mask_path)
    turned = np.array([[-1, 0, 0, mask.shape[0] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)
    write_nrrd(Image(mask.voxels[::-1].copy(), mask.affine @ turned), tmp_path / "mask.nrrd")
    again = read_mask(replace(scan, mask_path=tmp_path / "mask.nrrd"))
    np.testing.assert_array_equal(again.voxels, read_mask(scan).voxels)


@pytest.mark.parametrize("fault", ["cropped", "moved", "of another spacing"])
def test_a_mask_on_another_raster_is_refused(scan, tmp_path, fault):
    mask = read_nrrd(scan.mask_path)
    affine = mask.affine.copy()
    affine[0, 3] += 5.0 if fault == "moved" else 0.0
    affine[:3, :3] *= 1.1 if fault == "of another spacing" else 1.0
    voxels = mask.voxels[1:] if fault == "cropped" else mask.voxels
    write_nrrd(Image(voxels, affine), tmp_path / "mask.nrrd")
    with pytest.raises(ScanError, match="lies on another raster"):
        read_mask(replace(scan, mask_path=tmp_path / "mask.nrrd"))


def labelled(scan, folder):
    """The scan with a mask of two labels, about half of the structure each, and the volume of the first in mL."""
    mask = read_nrrd(scan.mask_path)
    voxels = mask.voxels.copy()
    voxels[:, :, mask.shape[2] // 2 :] *= 2
    write_nrrd(Image(voxels, mask.affine), folder / "mask.nrrd")
    return replace(scan, mask_path=folder / "mask.nrrd"), float((voxels == 1).sum() * mask.voxel_volume_ml)


def test_labels_that_are_the_reference_together_are_one_structure(scan, tmp_path):
    two, _ = labelled(scan, tmp_path)
    assert set(np.unique(read_mask(two).voxels)) == {0, 1, 2}


def test_of_several_labels_none_is_guessed(scan, tmp_path):
    two, first_ml = labelled(scan, tmp_path)
    with pytest.raises(ScanError, match=r"holds 2 labels .* Keep the label of the structure alone"):
        read_mask(replace(two, volume_ml=first_ml))
