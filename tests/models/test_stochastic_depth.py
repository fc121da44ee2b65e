import pytest
import torch

from volest.config.schema import ModelConfig
from volest.models.resnet import build_resnet
from volest.models.stochastic_depth import SkippedBranch

SHAPE = (16, 16, 16)


def test_a_branch_adds_nothing_for_its_share_of_the_scans_and_the_mean_stays():
    torch.manual_seed(0)
    layer, branch = torch.nn.Identity().train(), torch.ones(4000, 2, 1, 1, 1)
    kept = SkippedBranch(0.3)(layer, (), branch)
    assert (kept[:, 0] == 0).float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert (kept[:, 0] == kept[:, 1]).all()  # a scan loses the whole branch
    assert kept.mean().item() == pytest.approx(1, abs=0.05)


def test_evaluation_keeps_every_branch_and_weights_fit_either_network():
    plain = build_resnet(ModelConfig(), SHAPE, 0.0).eval()
    thinned = build_resnet(ModelConfig(stochastic_depth=0.5), SHAPE, 0.0)
    thinned.load_state_dict(plain.state_dict())
    raster = torch.randn(2, 1, *SHAPE)
    torch.testing.assert_close(thinned.eval()(raster), plain(raster))
    assert not torch.allclose(thinned.train()(raster), thinned(raster))


def test_later_blocks_are_left_out_more_often():
    network = build_resnet(ModelConfig(stochastic_depth=0.4), SHAPE, 0.0)
    hooks = [hook for module in network.modules() for hook in module._forward_hooks.values()]
    assert [hook.probability for hook in hooks] == pytest.approx([0.1, 0.2, 0.3, 0.4])
