import numpy as np
import pytest
import torch
from torch import nn

from volest.explanation.attribution import featureless, integrated_gradients, occlusion, window


@pytest.fixture
def pair(rng):
    """A standardised scan and what it is compared with."""
    return tuple(rng.normal(size=(16, 16, 16)).astype(np.float32) for _ in range(2))


def told(network, voxels):
    with torch.inference_mode():
        return float(network(torch.from_numpy(voxels)[None, None])[0])


@pytest.mark.parametrize("seed", [0, 1])
def test_integrated_gradients_add_up_to_the_difference_of_the_outputs(pair, smooth, seed):
    one, other = pair[0] + 1, pair[1]
    difference = told(smooth(seed), one) - told(smooth(seed), other)
    assert abs(difference) > 0.02
    assert integrated_gradients(smooth(seed), one, other).sum() == pytest.approx(difference, rel=1e-3)


class Sudden(nn.Module):
    """Finds a structure as soon as a part of its brightness is there, and nothing before."""

    def __init__(self, brightness, within):
        super().__init__()
        self.brightness, self.within = brightness, within

    def forward(self, raster):
        return 5 * torch.sigmoid((raster.mean(dim=(1, 2, 3, 4)) - self.brightness) / self.within)


@pytest.mark.parametrize("where", [0.13, 0.27, 0.5, 0.91])
def test_they_add_up_where_the_network_finds_a_structure_all_at_once(where):
    bright, empty = np.ones((8, 8, 8), np.float32), np.zeros((8, 8, 8), np.float32)
    sudden = Sudden(where, within=1e-3)  # 32 even points lie 30 times as far apart
    assert told(sudden, bright) - told(sudden, empty) == pytest.approx(5)
    assert integrated_gradients(sudden, bright, empty).sum() == pytest.approx(5, rel=0.02)


def asked(network, *pair):
    """How many scans the network is asked about, and the sum of the map."""
    scans = []
    network.register_forward_hook(lambda module, inputs, output: scans.append(len(inputs[0])))
    total = integrated_gradients(network, *pair).sum()
    return sum(scans), total


def test_a_jump_without_a_gradient_ends_as_well():
    one = np.ones((8, 8, 8), np.float32)
    scans, total = asked(Sudden(0.3, within=1e-12), one, 0 * one)
    assert total == pytest.approx(0, abs=1e-6)
    assert scans < 200


@pytest.mark.parametrize("difference", [0.0, 1e-9, 1e-4])
def test_where_a_network_tells_the_same_of_both_scans_nothing_is_halved(difference):
    one = np.ones((8, 8, 8), np.float32)
    scans, _ = asked(Sudden(0.5, within=1e-3), one * (0.1 + difference), one * 0.1)
    assert scans == 2 + 4 * (8 + 2)  # both ends, and in each piece eight points and its own ends


def test_of_a_linear_network_each_voxel_adds_its_weight_times_its_difference(pair, reader, box):
    part = box(4, 9, edge=16)
    expected = np.where(part, 4 * (pair[0] - pair[1]) / part.sum(), 0)
    np.testing.assert_allclose(integrated_gradients(reader(part), *pair), expected, atol=1e-5)


def test_hiding_a_window_that_counts_costs_what_it_counted(counter):
    scan, empty = np.zeros((2, 16, 16, 16), np.float32)
    scan[4:8, 4:8, 4:8] = 5.0
    lost_ml = occlusion(counter, scan, empty)
    assert window(scan.shape) == (4, 4, 4)
    assert lost_ml.max() == lost_ml[5, 5, 5]
    assert told(counter, scan) > lost_ml[5, 5, 5] > 0.25 * told(counter, scan)
    assert np.abs(lost_ml[12:, 12:, 12:]).max() == pytest.approx(0, abs=1e-6)


def test_an_empty_scan_is_even_within_the_fan_and_black_beside_it(rng):
    voxels = np.zeros((16, 16, 16), np.float32)
    voxels[2:14, 2:14, 2:14] = rng.uniform(0.3, 0.7, size=(12, 12, 12))
    voxels[7:9, 7:9, 7:9] = 0  # a cyst
    voxels[0, 0, 0] = 1  # a burnt-in mark
    empty = featureless(voxels)
    assert (empty[2:14, 2:14, 2:14] == empty[7, 7, 7]).all()
    assert len(np.unique(empty)) == 2
    assert empty[0, 0, 0] == empty[15, 15, 15] < empty[7, 7, 7]
