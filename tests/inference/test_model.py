import dataclasses

import numpy as np
import pytest
import torch

from volest.augmentation.pipeline import AugmentationPipeline
from volest.config.augmentation import AugmentationConfig
from volest.errors import RunError
from volest.inference.model import load_model
from volest.preprocessing.intensity import standardise
from volest.records.run import FoldDirectory


@pytest.fixture
def voxels(models, rng):
    return rng.uniform(0, 1, models[0].record.grid.shape).astype(np.float32)


def seen(model, views, **sections):
    """The model, averaging over `views` views moved by these augmentations alone."""
    silent = {
        name: {"probability": 0.0} for name in AugmentationConfig.model_fields if name not in ("enabled", "follow")
    }
    moved_by = AugmentationConfig.model_validate({**silent, **sections})
    return dataclasses.replace(model, record=model.record.model_copy(update={"views": views, "moved_by": moved_by}))


def test_one_view_is_the_scan_as_it_is(models, voxels):
    with torch.inference_mode():
        target = models[0].network(torch.from_numpy(standardise(voxels))[None, None]).item()
    assert seen(models[0], 1).volume_ml(voxels, 700.0) == pytest.approx(
        models[0].record.target.decode(target, 700.0), rel=1e-5
    )


def test_views_that_are_not_moved_change_nothing(models, voxels):
    one, five = (seen(models[0], views).volume_ml(voxels, 700.0) for views in (1, 5))
    assert five == pytest.approx(one, rel=1e-5)


def test_the_volume_factor_of_each_view_is_undone_before_averaging(models, voxels):
    zoom = {"probability": 1.0, "isotropic": 1.5}
    pipeline = AugmentationPipeline(seen(models[0], 4, zoom=zoom).record.moved_by)
    moved = [pipeline(voxels, np.random.default_rng(view)) for view in (1, 2, 3)]
    plain = seen(models[0], 1)
    each_ml = [plain.volume_ml(v, 700.0) / f for v, f in [(voxels, 1.0), *((m.voxels, m.volume_factor) for m in moved)]]
    assert np.ptp([m.volume_factor for m in moved]) > 0.1
    assert seen(models[0], 4, zoom=zoom).volume_ml(voxels, 700.0) == pytest.approx(
        np.exp(np.mean(np.log(each_ml))), rel=1e-5
    )


def test_a_loaded_network_drops_nothing_and_draws_nothing_from_torch(models, voxels):
    assert not models[0].network.training
    state = torch.random.get_rng_state()
    model = seen(models[0], 3, rotation={"probability": 1.0})
    assert model.volume_ml(voxels, 700.0) == model.volume_ml(voxels, 700.0)
    assert torch.equal(state, torch.random.get_rng_state())


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
