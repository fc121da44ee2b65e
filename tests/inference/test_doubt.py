import numpy as np
import pytest
import torch

from volest.config.schema import ModelConfig
from volest.inference.doubt import doubts, mean_doubts
from volest.models.registry import build_network
from volest.preprocessing.intensity import standardise
from volest.records.model import TargetScaling

SHAPE = (16, 16, 16)


@pytest.fixture
def voxels(rng):
    return rng.random(SHAPE, dtype=np.float32)


def asked(models, voxels, kind="log_ml", sd=0.4, **settings):
    """What a network of random weights tells of its doubt."""
    torch.manual_seed(0)
    config = ModelConfig(widths=(4, 4, 8, 8), **settings)
    network = build_network(config, SHAPE).eval()
    target = TargetScaling(kind=kind, mean=3.0, sd=sd)
    record = models[0].record.model_copy(update={"model": config, "target": target})
    return network, doubts(seen_by(network, voxels), record)


def seen_by(network, voxels):
    with torch.inference_mode():
        return network.observe(torch.from_numpy(standardise(voxels))[None, None])


def test_a_plain_network_tells_no_doubt(models, voxels):
    assert asked(models, voxels)[1] == {}


def test_a_gaussian_head_tells_its_standard_deviation(models, voxels):
    network, _ = asked(models, voxels, head="gaussian")
    with torch.no_grad():
        network.head[1].weight[1:].zero_()
        network.head[1].bias[1] = 2 * np.log(0.5)
    record = models[0].record.model_copy(
        update={"model": ModelConfig(head="gaussian"), "target": TargetScaling(kind="log_ml", mean=3.0, sd=0.4)}
    )
    assert doubts(seen_by(network, voxels), record) == {"head": pytest.approx(0.5 * 0.4)}


def test_the_quantiles_of_a_normal_error_tell_its_standard_deviation(models, voxels):
    network, _ = asked(models, voxels, head="quantile")
    with torch.no_grad():
        network.head[1].weight[1:].zero_()
        network.head[1].bias[1:] = torch.tensor(1.6449 * 0.5).expm1().log()  # the inverse of softplus
    record = models[0].record.model_copy(
        update={"model": ModelConfig(head="quantile"), "target": TargetScaling(kind="log_ml", mean=3.0, sd=0.4)}
    )
    assert doubts(seen_by(network, voxels), record) == {"head": pytest.approx(0.5 * 0.4, rel=1e-3)}


def test_members_and_drawings_tell_how_far_they_are_apart(models, voxels):
    _, told = asked(models, voxels, members=3, mask_head=True)
    assert set(told) == {"members", "drawing"}
    assert min(told.values()) > 0


def test_doubt_about_millilitres_is_a_share_of_them_too(models, voxels):
    _, in_ml = asked(models, voxels, kind="ml", sd=0.4, members=2)
    _, in_logarithms = asked(models, voxels, members=2)
    volume_ml = in_logarithms["members"] / in_ml["members"]  # the same SD of the target, over 1 and over the volume
    assert volume_ml == pytest.approx(3.0, rel=0.1)


def test_folds_are_averaged_as_factors():
    told = mean_doubts([{"views": 0.1, "stage 1": 7.0, "head": 0.2}, {"views": 0.4, "stage 1": 7.0, "head": 0.2}])
    assert told == {"views": pytest.approx(0.2), "head": pytest.approx(0.2)}
