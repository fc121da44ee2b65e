import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig
from volest.models.ghost_batch_norm import GhostBatchNorm3d
from volest.models.resnet import build_resnet


def norms(channels=3, ghost_batch_size=2):
    """A ghost batch norm, and torch's own with the same weights."""
    torch.manual_seed(0)
    ghost, plain = GhostBatchNorm3d(channels, ghost_batch_size), nn.BatchNorm3d(channels)
    for norm in (ghost, plain):
        nn.init.constant_(norm.weight, 1.7)
        nn.init.constant_(norm.bias, -0.4)
    return ghost, plain


def scans(count, channels=3):
    return torch.randn(count, channels, 4, 5, 6, generator=torch.Generator().manual_seed(1)) * 2 + 1


def test_in_training_each_part_is_normalised_as_torch_would_alone():
    ghost, plain = norms()
    batch = scans(6)
    torch.testing.assert_close(ghost(batch), torch.cat([plain(part) for part in batch.split(2)]), rtol=0, atol=0)
    assert not torch.allclose(ghost(batch), plain(batch), atol=1e-2)


def test_running_statistics_are_those_of_torch_fed_part_by_part():
    ghost, plain = norms()
    for step in range(5):
        batch = scans(6) + step
        ghost(batch)
        for part in batch.split(2):
            plain(part)
    for name, buffer in plain.named_buffers():
        torch.testing.assert_close(dict(ghost.named_buffers())[name], buffer, rtol=0, atol=0)


def test_in_evaluation_it_is_torchs_batch_norm():
    ghost, plain = norms()
    ghost(scans(6))
    plain.load_state_dict(ghost.state_dict())
    batch = scans(5)
    torch.testing.assert_close(ghost.eval()(batch), plain.eval()(batch), rtol=0, atol=0)
    torch.testing.assert_close(ghost(batch)[:1], ghost(batch[:1]))


@pytest.mark.parametrize("count, parts", [(1, [1]), (3, [3]), (5, [3, 2]), (7, [3, 2, 2])])
def test_no_part_is_smaller_than_a_ghost_batch_unless_the_batch_is(count, parts):
    ghost, plain = norms()
    batch = scans(count)
    torch.testing.assert_close(ghost(batch), torch.cat([plain(part) for part in batch.split(parts)]))


def test_its_gradient_is_torchs():
    ghost, plain = norms()
    one, other = scans(4).requires_grad_(), scans(4).requires_grad_()
    ghost(one).square().sum().backward()
    sum(plain(part).square().sum() for part in other.split(2)).backward()
    torch.testing.assert_close(one.grad, other.grad)
    torch.testing.assert_close(ghost.weight.grad, plain.weight.grad)


def test_every_norm_of_the_default_network_can_be_one():
    network = build_resnet(ModelConfig(norm="ghost", ghost_batch_size=3), (16, 16, 16), 0.0)
    ghosts = [module for module in network.modules() if isinstance(module, nn.BatchNorm3d)]
    assert len(ghosts) == 12
    assert {type(module) for module in ghosts} == {GhostBatchNorm3d}
    assert {module.ghost_batch_size for module in ghosts} == {3}
