import numpy as np
import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig
from volest.inference.gaze import BORDER, gaze
from volest.models.registry import build_network


class Looker(nn.Module):
    """Looks at the voxels of a box alone."""

    def __init__(self, box):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv3d(1, 1, 1), nn.Identity())
        self.box = box

    def forward(self, batch):
        return self.encoder(batch)[self.box].sum((1, 2, 3, 4))


@pytest.fixture
def voxels(rng):
    return rng.uniform(0.1, 1, (16, 16, 16)).astype(np.float32)


@pytest.mark.parametrize(("place", "share"), [(slice(6, 10), 0.0), (slice(0, 1), 1.0)])
def test_the_share_at_the_border_is_where_the_network_looks(voxels, place, share):
    looker = Looker((slice(None), slice(None), place, slice(6, 10), slice(6, 10)))
    assert gaze(looker, voxels)[BORDER][0] == pytest.approx(share)


def test_the_border_is_that_of_the_scan_not_of_the_grid(voxels):
    voxels[:5] = 0
    looker = Looker((slice(None), slice(None), slice(5, 6), slice(6, 10), slice(6, 10)))
    assert gaze(looker, voxels)[BORDER][0] == pytest.approx(1)


@pytest.mark.parametrize("options", [{}, {"members": 2}, {"name": "rasternet"}, {"name": "timm:resnet10t"}])
def test_networks_of_every_family_are_listened_to(rng, options):
    network = build_network(ModelConfig(widths=(4, 4, 8, 8), **options), (32, 32, 32)).eval()
    traits = gaze(network, rng.uniform(0, 1, (32, 32, 32)).astype(np.float32))
    assert traits["stage 1"].ndim == 1
    assert all(np.isfinite(trait).all() for trait in traits.values())
    assert 0 <= traits[BORDER][0] <= 1


def test_listening_leaves_nothing_behind(models, voxels):
    network = models[0].network
    raster = np.zeros(models[0].record.grid.shape, np.float32) + 0.5
    before = torch.random.get_rng_state()
    first, again = gaze(network, raster), gaze(network, raster)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not any(module._forward_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(before, torch.random.get_rng_state())
