import numpy as np
import pytest
import torch
from scipy import ndimage

from volest.augmentation.axiswise import along, interpolation, smoothed


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_matrix_acts_on_every_line_of_its_axis(axis, tensor, rng):
    matrix = rng.normal(size=(tensor.shape[axis],) * 2).astype(np.float32)
    expected = np.moveaxis(np.tensordot(matrix, tensor.numpy(), (1, axis)), 0, axis)
    assert along(tensor, matrix, axis).numpy() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("mode", ["reflect", "wrap"])
def test_smoothing_is_that_of_scipy(mode, tensor):
    expected = ndimage.gaussian_filter(tensor.numpy(), 0.8, mode=mode, truncate=2.0)
    assert smoothed(tensor, 0.8, mode, truncate=2.0).numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("onto", [2, 7, 13, 40])
def test_a_ramp_interpolated_is_a_ramp_from_end_to_end(onto):
    assert interpolation(13, onto) @ np.arange(13) == pytest.approx(np.linspace(0, 12, onto))


def test_a_map_leaves_its_input_as_it_is(tensor):
    before = tensor.clone()
    smoothed(tensor, 1.0, "reflect", truncate=4.0)
    assert torch.equal(tensor, before)
