import numpy as np
import pytest

from volest.explanation.zones import BORDER, FAN_EDGE, INNER, MARKS, hot_region, share_of_mass, zones_of
from volest.images.image import Image


@pytest.fixture
def small_fan(affine, box):
    voxels = np.where(box(7, 17), 100, 0)
    voxels[1:4, 1:4, 1:4] = 255
    return Image(voxels.astype(np.uint8), affine)


def test_no_voxel_lies_in_two_zones(small_fan, scan):
    for image in (small_fan, scan):
        assert np.stack(list(zones_of(image).values())).sum(axis=0).max() == 1


def test_marks_the_rim_of_the_fan_and_its_inside_are_told_apart(small_fan):
    zones = zones_of(small_fan)
    assert zones[MARKS][2, 2, 2]
    assert zones[FAN_EDGE][7, 12, 12]
    assert zones[INNER][12, 12, 12]
    assert not any(zone[20, 20, 20] for name, zone in zones.items() if name != BORDER)


def test_shares_of_a_map_sum_to_what_lies_in_zones(scan):
    zones = zones_of(scan)
    shares = share_of_mass(Image(zones[BORDER].astype(np.float32), scan.affine), zones)
    assert shares[BORDER].mass == pytest.approx(1)
    assert sum(share.even for share in shares.values()) == pytest.approx(1)
    assert all(share.mass == 0 for share in share_of_mass(Image(np.zeros((24,) * 3), scan.affine), zones).values())


def test_the_hot_region_has_the_volume_asked_for_and_the_highest_values(scan, rng):
    density = Image(rng.normal(size=scan.shape), scan.affine)
    region = hot_region(density, volume_ml=4.0)
    assert region.sum() * density.voxel_volume_ml == pytest.approx(4.0, rel=0.01)
    assert density.voxels[region].min() >= density.voxels[~region].max()
