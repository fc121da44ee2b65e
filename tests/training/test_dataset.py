from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from volest.augmentation.drawn import Drawn
from volest.augmentation.pipeline import AugmentationPipeline
from volest.config.augmentation import AugmentationConfig
from volest.preprocessing.intensity import standardise
from volest.records.model import TargetScaling
from volest.training.dataset import LEAST_SEEN, EpochBatches, EvaluationScans, Example, TrainingScans

TARGET = TargetScaling(kind="ml", mean=0, sd=1)
ZOOM_ALONE = {name: {"probability": 0.0} for name in Drawn.__dataclass_fields__ if name != "zoom"}


@pytest.fixture
def examples(tmp_path, rng):
    made = []
    for n in range(7):
        path = tmp_path / f"{n}.npy"
        np.save(path, rng.uniform(0, 1, size=(16, 16, 16)).astype(np.float16))
        made.append(Example(f"scan{n}", f"patient{n}", path, volume_ml=10.0 + n, fov_ml=200.0))
    return made


def scans(examples, augmentation=None, seed=0, memory_gib=0.0):
    return TrainingScans(examples, augmentation, TARGET, seed, memory_gib=memory_gib)


def one(dataset, epoch, position):
    """The only item of a batch."""
    return [part[0] for part in dataset[[(epoch, position)]]]


def test_without_augmentation_the_scan_is_standardised_and_the_target_is_its_reference(examples):
    voxels, target = one(scans(examples), 0, 3)
    assert voxels.shape == (1, 16, 16, 16)
    assert voxels.dtype == torch.float32
    stored = np.load(examples[3].voxels).astype(np.float32)
    np.testing.assert_array_equal(voxels[0], standardise(stored))
    assert target.item() == pytest.approx(13.0)


def test_the_target_follows_the_zoom(examples):
    augmentation = AugmentationPipeline(AugmentationConfig.model_validate(ZOOM_ALONE))
    factors = [one(scans(examples, augmentation), epoch, 3)[1].item() / 13.0 for epoch in range(20)]
    assert np.std(factors) > 0.1
    assert np.mean(np.log(factors)) == pytest.approx(0, abs=0.2)


def test_the_target_stays_where_it_is_told_not_to_follow(examples):
    augmentation = AugmentationPipeline(AugmentationConfig.model_validate({**ZOOM_ALONE, "follow": False}))
    assert {one(scans(examples, augmentation), epoch, 3)[1].item() for epoch in range(5)} == {13.0}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_drawn_does_not_depend_on_the_number_of_workers(examples, workers):
    dataset = scans(examples, AugmentationPipeline(AugmentationConfig()))
    batches = []
    for n in (0, workers):
        order = EpochBatches(len(examples), batch_size=4, seed=5)
        order.set_epoch(2)
        batches.append(list(DataLoader(dataset, batch_size=None, sampler=order, num_workers=n)))
    for (voxels, target), (other_voxels, other_target) in zip(*batches, strict=True):
        assert torch.equal(voxels, other_voxels)
        assert torch.equal(target, other_target)


def test_copies_are_drawn_once_and_come_back_in_their_turn(examples):
    dataset = scans(examples, AugmentationPipeline(AugmentationConfig(copies=2)))
    first, second, again = (one(dataset, epoch, 0) for epoch in (0, 1, 2))
    assert not torch.equal(first[0], second[0])
    assert torch.equal(first[0], again[0])
    assert first[1] == again[1]


def test_every_epoch_and_seed_draws_anew(examples):
    augmentation = AugmentationPipeline(AugmentationConfig())
    drawn = [one(scans(examples, augmentation, seed), epoch, 0)[0] for seed in (0, 1) for epoch in (0, 1)]
    assert all(not torch.equal(a, b) for n, a in enumerate(drawn) for b in drawn[:n])


def test_an_epoch_visits_every_scan_once_in_an_order_of_its_own():
    sampler = EpochBatches(11, batch_size=4, seed=3)
    orders = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert [len(batch) for batch in batches] == [4, 4, 3]
        keys = [key for batch in batches for key in batch]
        assert {number for number, _ in keys} == {epoch}
        orders.append([position for _, position in keys])
        assert sorted(orders[-1]) == list(range(11))
    assert orders[0] == orders[2] != orders[1]


def test_evaluation_sees_the_scan_as_it_is(examples):
    dataset = scans(examples)
    np.testing.assert_array_equal(EvaluationScans(dataset.stack)[[2, 0]], dataset[[(9, 2), (9, 0)]][0])


@pytest.mark.parametrize("count, batch_size, sizes", [(9, 4, [4, 4]), (3, 8, [3]), (1, 4, [1]), (3, 1, [1, 1, 1])])
def test_a_rest_of_one_scan_is_left_out(count, batch_size, sizes):
    """It has no batch statistics."""
    order = EpochBatches(count, batch_size, seed=0)
    assert [len(batch) for batch in order] == sizes
    assert len(order) == len(sizes)


def test_scans_held_in_memory_are_those_of_their_files(masked):
    augmentation, keys = AugmentationPipeline(AugmentationConfig()), [(3, 1), (3, 6), (3, 2)]
    mapped, held = (scans(masked, augmentation, memory_gib=gib) for gib in (0.0, 1.0))
    assert (mapped.stack.held, held.stack.held.dtype) == (None, torch.float16)
    for one_part, other in zip(mapped[keys], held[keys], strict=True):
        assert torch.equal(one_part.nan_to_num(9), other.nan_to_num(9))


@pytest.mark.parametrize("size", [1, 2, 7])
def test_what_is_drawn_does_not_depend_on_the_size_of_the_batch(masked, size):
    dataset = scans(masked, AugmentationPipeline(AugmentationConfig()))
    keys = [(2, position) for position in range(7)]
    whole = dataset[keys]
    for start in range(0, 7, size):
        for part, expected in zip(dataset[keys[start : start + size]], whole, strict=True):
            assert torch.equal(part.nan_to_num(9), expected[start : start + size].nan_to_num(9))


@pytest.fixture
def masked(examples, tmp_path):
    """The examples, every second one with a ball as its mask."""
    index = np.indices((16, 16, 16)) - 7.5
    np.save(tmp_path / "ball.npy", (np.square(index).sum(axis=0) < 25).astype(np.float16))
    return [replace(example, occupancy=tmp_path / "ball.npy" if n % 2 else None) for n, example in enumerate(examples)]


def test_a_mask_comes_third_and_is_nan_where_there_is_none(masked):
    with_mask, without = one(scans(masked), 0, 1), one(scans(masked), 0, 2)
    np.testing.assert_array_equal(with_mask[2][0], np.load(masked[1].occupancy).astype(np.float32))
    assert without[2].shape == with_mask[2].shape
    assert torch.isnan(without[2]).all()


def test_a_mask_moves_with_its_scan_and_changes_nothing_of_it(masked, examples):
    augmentation = AugmentationPipeline(AugmentationConfig())
    for epoch in range(10):
        voxels, _, occupancy = one(scans(masked, augmentation), epoch, 1)
        alone, _ = one(scans(examples, augmentation), epoch, 1)
        assert torch.equal(voxels, alone)
        assert occupancy.min() >= 0
        assert occupancy.max() <= 1 + 1e-6


def test_a_mask_and_the_map_tell_of_the_same_factor_while_the_structure_stays_inside(masked, examples):
    augmentation = AugmentationPipeline(AugmentationConfig.model_validate(ZOOM_ALONE))
    for epoch in range(10):
        by_mask, by_map = (one(scans(of, augmentation), epoch, 1)[1].item() for of in (masked, examples))
        assert by_mask == pytest.approx(by_map, rel=0.06)  # a ball ten voxels wide is a coarse one


SHIFT_ALONE = {name: {"probability": 0.0} for name in Drawn.__dataclass_fields__ if name != "translation"}


def test_the_target_is_what_the_moved_scan_still_holds_of_a_masked_structure(masked, examples):
    shift = AugmentationConfig.model_validate({**SHIFT_ALONE, "translation": {"fraction": 0.49}})
    augmentation = AugmentationPipeline(shift)
    whole, shares = float(np.load(masked[1].occupancy).sum()), []
    for epoch in range(20):
        _, target, occupancy = one(scans(masked, augmentation), epoch, 1)
        shares.append(float(occupancy.sum()) / whole)
        assert target.item() / masked[1].volume_ml == pytest.approx(max(shares[-1], LEAST_SEEN), rel=1e-5)
        assert one(scans(examples, augmentation), epoch, 1)[1].item() == pytest.approx(masked[1].volume_ml)
    assert min(shares) < 0.6  # the shifts were large enough to cut it


def test_what_a_narrower_fan_hides_of_a_masked_structure_is_no_part_of_its_target(masked):
    crop = {name: {"probability": 0.0} for name in Drawn.__dataclass_fields__}
    crop["fan_crop"] = {"probability": 1.0, "fraction": [0.3, 0.4]}
    augmentation = AugmentationPipeline(AugmentationConfig.model_validate(crop))
    whole = float(np.load(masked[1].occupancy).sum())
    for epoch in range(5):
        voxels, target, occupancy = one(scans(masked, augmentation), epoch, 1)
        assert 0.2 < float(occupancy.sum()) / whole < 0.9
        assert target.item() / masked[1].volume_ml == pytest.approx(float(occupancy.sum()) / whole, rel=1e-5)
        assert (voxels[occupancy > 0] > voxels.min()).all()  # drawn where something is to be seen


def test_a_masked_target_stays_where_it_is_told_not_to_follow(masked):
    augmentation = AugmentationPipeline(AugmentationConfig.model_validate({**ZOOM_ALONE, "follow": False}))
    assert {one(scans(masked, augmentation), epoch, 3)[1].item() for epoch in range(5)} == {13.0}
