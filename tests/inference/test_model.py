import dataclasses
import itertools

import numpy as np
import pytest
import torch

from volest.errors import RunError
from volest.inference.model import load_model
from volest.records.run import FoldDirectory


@pytest.fixture
def voxels(models, rng):
    return rng.uniform(0, 1, models[0].record.grid.shape).astype(np.float32)


def mirrored(model, axes):
    return dataclasses.replace(model, record=model.record.model_copy(update={"flip_axes": axes}))


@pytest.mark.parametrize("axes", [("i",), ("i", "k"), ("i", "j", "k")])
def test_a_mirror_image_has_the_same_volume_when_averaged_over_its_axes(models, voxels, axes):
    model = mirrored(models[0], axes)
    number = {"i": 0, "j": 1, "k": 2}
    expected = model.target(voxels)
    for count in range(1, len(axes) + 1):
        for flipped in itertools.combinations([number[a] for a in axes], count):
            assert model.target(np.flip(voxels, flipped).copy()) == pytest.approx(expected, abs=1e-5)


def test_the_average_is_that_of_the_mirror_images(models, voxels):
    plain = mirrored(models[0], ())
    images = [np.flip(voxels, axes).copy() for axes in ((), 0, 2, (0, 2))]
    separately = np.mean([plain.target(image) for image in images])
    assert mirrored(models[0], ("i", "k")).target(voxels) == pytest.approx(separately, abs=1e-5)


def test_a_loaded_network_drops_nothing_and_draws_nothing(models, voxels):
    assert not models[0].network.training
    state = torch.random.get_rng_state()
    assert models[0].target(voxels) == models[0].target(voxels)
    assert torch.equal(state, torch.random.get_rng_state())


def test_millilitres_are_the_decoded_target(models, voxels):
    target = models[0].record.target
    assert models[0].volume_ml(voxels, 700.0) == pytest.approx(target.decode(models[0].target(voxels), 700.0))


def test_a_model_needs_neither_the_weights_nor_the_hub_it_started_from(finished_run, tmp_path):
    """What a training began with is inside model.safetensors."""
    fold = FoldDirectory(tmp_path)
    text = finished_run.fold(0).model_json.read_text()
    fold.model_json.write_text(text.replace('"weights": null', '"weights": "/gone/encoder.pt"'))
    fold.weights.write_bytes(finished_run.fold(0).weights.read_bytes())
    assert load_model(fold).record.model.weights is not None


def test_missing_weights_are_named(finished_run, tmp_path):
    fold = FoldDirectory(tmp_path)
    fold.model_json.write_text(finished_run.fold(0).model_json.read_text())
    with pytest.raises(RunError, match=r"model\.safetensors does not exist: the fold has not been trained to its end"):
        load_model(fold)
