import numpy as np
import pytest

from volest.audit.mask import measure_mask
from volest.images.image import Image
from volest.images.nrrd import write_nrrd


@pytest.fixture
def measured(tmp_path):
    def measure(voxels):
        mask = Image(voxels, np.diag([10.0, 10.0, 10.0, 1.0]))
        write_nrrd(mask, tmp_path / "mask.nrrd")
        return measure_mask(tmp_path / "mask.nrrd", mask)

    return measure


def test_each_label_has_its_volume_and_the_mask_that_of_all(measured):
    voxels = np.zeros((4, 4, 4), np.uint8)
    voxels[1:3, 1:3, 1], voxels[1, 1, 2] = 1, 7
    mask = measured(voxels)
    assert mask.labels_ml == pytest.approx({1: 4, 7: 1})
    assert mask.volume_ml == pytest.approx(5)
    assert (mask.border, mask.border_share, mask.is_empty) == ((), 0, False)


def test_a_voxel_in_a_corner_is_one_voxel_of_the_border(measured):
    voxels = np.zeros((4, 4, 4), np.uint8)
    voxels[0, 0, 0] = voxels[2, 2, 2] = 1
    mask = measured(voxels)
    assert mask.border == ("left", "posterior", "inferior")
    assert mask.border_share == 0.5


def test_an_empty_mask_says_so(measured):
    mask = measured(np.zeros((4, 4, 4), np.uint8))
    assert (mask.is_empty, mask.volume_ml, mask.border) == (True, 0, ())
