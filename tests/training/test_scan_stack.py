import numpy as np
import pytest
import torch

from volest.training.scan_stack import ScanStack


@pytest.fixture
def paths(tmp_path, rng):
    made = [tmp_path / f"{n}.npy" for n in range(4)]
    for path in made:
        np.save(path, rng.random((5, 6, 7)).astype(np.float16))
    return [*made, None]


@pytest.mark.parametrize("memory_gib, held", [(1.0, True), (1e-6, False), (0.0, False)])
def test_scans_come_in_the_order_asked_for_from_memory_or_files(paths, memory_gib, held):
    stack = ScanStack(paths, memory_gib=memory_gib)
    assert (stack.held is not None) == held
    batch = stack[[3, 0, 0]]
    assert (batch.shape, batch.dtype) == ((3, 1, 5, 6, 7), torch.float32)
    for scan, position in zip(batch, [3, 0, 0], strict=True):
        np.testing.assert_array_equal(scan[0], np.load(paths[position]).astype(np.float32))


@pytest.mark.parametrize("memory_gib", [0.0, 1.0])
def test_no_file_is_a_raster_of_zeros(paths, memory_gib):
    assert ScanStack(paths, memory_gib=memory_gib)[[1, 4]][1].count_nonzero() == 0


@pytest.mark.parametrize("memory_gib", [0.0, 1.0])
def test_whoever_changes_a_batch_changes_nothing_else(paths, memory_gib):
    stack = ScanStack(paths, memory_gib=memory_gib)
    before = stack[[0]].clone()
    stack[[0]].zero_()
    assert torch.equal(stack[[0]], before)
