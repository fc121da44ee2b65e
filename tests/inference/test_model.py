import numpy as np
import pytest
import torch

from volest.config.augmentation import AugmentationConfig
from volest.errors import RunError
from volest.inference.model import load_model
from volest.inference.views import views_of
from volest.preprocessing.intensity import standardise
from volest.records.run import FoldDirectory


@pytest.fixture
def voxels(models, rng):
    return rng.uniform(0, 1, models[0].record.grid.shape).astype(np.float32)


def seen(voxels, count, **sections):
    """The scan in `count` views, moved by these augmentations alone."""
    silent = {
        name: {"probability": 0.0}
        for name in AugmentationConfig.model_fields
        if name not in ("enabled", "follow", "backend", "copies")
    }
    return views_of(voxels, AugmentationConfig.model_validate({**silent, **sections}), count)


def test_one_view_is_the_scan_as_it_is(models, voxels):
    with torch.inference_mode():
        target = models[0].network(torch.from_numpy(standardise(voxels))[None, None]).item()
    assert models[0].volume_ml(seen(voxels, 1), 700.0) == pytest.approx(
        models[0].record.target.decode(target, 700.0), rel=1e-5
    )


def test_views_that_are_not_moved_change_nothing(models, voxels):
    one, five = (models[0].volume_ml(seen(voxels, count), 700.0) for count in (1, 5))
    assert five == pytest.approx(one, rel=1e-5)


def test_the_volume_factor_of_each_view_is_undone_before_averaging(models, voxels):
    views = seen(voxels, 4, zoom={"probability": 1.0, "isotropic": 1.5})
    factors = [view.volume_factor for view in views]
    each_ml = [models[0].volume_ml(seen(view.voxels, 1), 700.0) / view.volume_factor for view in views]
    assert np.ptp(factors) > 0.1
    assert models[0].volume_ml(views, 700.0) == pytest.approx(np.exp(np.mean(np.log(each_ml))), rel=1e-5)


def test_views_are_the_same_whatever_came_before(voxels):
    once, again = (seen(voxels, 3, rotation={"probability": 1.0}) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one.voxels, other.voxels)


def test_a_loaded_network_drops_nothing_and_draws_nothing_from_torch(models, voxels):
    assert not models[0].network.training
    state = torch.random.get_rng_state()
    views = seen(voxels, 3, rotation={"probability": 1.0})
    assert models[0].volume_ml(views, 700.0) == models[0].volume_ml(views, 700.0)
    assert torch.equal(state, torch.random.get_rng_state())


def test_a_model_needs_neither_the_weights_nor_the_hub_it_started_from(finished_run, tmp_path):
    """What a training began with is inside model.safetensors."""
    fold = FoldDirectory(tmp_path)
    text = finished_run.fold(0).model_json.read_text()
    fold.model_json.write_text(text.replace('"encoder_weights": null', '"encoder_weights": "/gone/encoder.pt"'))
    fold.weights.write_bytes(finished_run.fold(0).weights.read_bytes())
    assert load_model(fold).record.model.encoder_weights is not None


def test_missing_weights_are_named(finished_run, tmp_path):
    fold = FoldDirectory(tmp_path)
    fold.model_json.write_text(finished_run.fold(0).model_json.read_text())
    with pytest.raises(RunError, match=r"model\.safetensors does not exist: the fold has not been trained to its end"):
        load_model(fold)
