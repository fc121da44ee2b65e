import numpy as np
import pytest

from volest.datasets.mask_volume import mask_volume_ml
from volest.errors import ScanError
from volest.images.image import Image
from volest.images.nrrd import write_nrrd


@pytest.fixture
def mask(tmp_path):
    def write(dtype=np.uint8, **counts):
        """Voxels of 8 mm³; so many of each value."""
        voxels = np.zeros(1000, dtype)
        values = np.repeat([float(name[1:]) for name in counts], list(counts.values()))
        voxels[: len(values)] = values
        path = tmp_path / "mask.nrrd"
        write_nrrd(Image(voxels.reshape(10, 10, 10), np.diag([-2.0, 2.0, 2.0, 1.0])), path)
        return path

    return write


def test_a_mask_holds_its_voxels_times_their_volume(mask):
    assert mask_volume_ml(mask(v255=125)) == pytest.approx(1.0)
    assert mask_volume_ml(mask(np.float32, v1=125)) == pytest.approx(1.0)


def test_of_several_labels_those_asked_for_are_inside(mask):
    path = mask(v1=125, v2=250)
    assert mask_volume_ml(path, [1]) == pytest.approx(1.0)
    assert mask_volume_ml(path, [1, 2]) == pytest.approx(3.0)
    with pytest.raises(ScanError, match=r"several labels: 1 \(1 mL\), 2 \(2 mL\)\. .*--mask-label N"):
        mask_volume_ml(path)


def test_an_empty_mask_is_no_volume(mask):
    with pytest.raises(ScanError, match="no voxel inside"):
        mask_volume_ml(mask())
    with pytest.raises(ScanError, match="no voxel of 3; it holds 1"):
        mask_volume_ml(mask(v1=5), [3])


def test_a_mask_with_nan_is_refused(mask):
    with pytest.raises(ScanError, match="NaN"):
        mask_volume_ml(mask(np.float32, v1=2, vnan=1))
