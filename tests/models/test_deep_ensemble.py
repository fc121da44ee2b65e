import pytest
import torch

from volest.config.schema import ModelConfig
from volest.models.deep_ensemble import DeepEnsemble
from volest.models.registry import build_network


@pytest.fixture
def ensemble():
    torch.manual_seed(0)
    return build_network(ModelConfig(members=3), (16, 16, 16)).eval()


def test_it_predicts_the_mean_of_its_members(ensemble):
    raster = torch.randn(4, 1, 16, 16, 16)
    each = ensemble.observe(raster).regressed
    assert each.shape == (4, 3)
    torch.testing.assert_close(ensemble(raster), each.mean(dim=1))
    torch.testing.assert_close(each[:, 1], ensemble.members[1](raster))


def test_members_start_from_weights_of_their_own(ensemble):
    each = ensemble.observe(torch.randn(4, 1, 16, 16, 16)).regressed
    assert (each.std(dim=1) > 1e-4).all()


def test_one_member_is_no_ensemble():
    network = build_network(ModelConfig(), (16, 16, 16)).eval()
    raster = torch.randn(2, 1, 16, 16, 16)
    assert not isinstance(network, DeepEnsemble)
    torch.testing.assert_close(network.observe(raster).regressed, network(raster)[:, None])


def test_every_member_starts_from_the_weights_that_are_named(tmp_path):
    from safetensors.torch import save_file

    source = build_network(ModelConfig(), (16, 16, 16))
    save_file(source.encoder.state_dict(), tmp_path / "encoder.safetensors")
    built = build_network(ModelConfig(members=2, encoder_weights=tmp_path / "encoder.safetensors"), (16, 16, 16))
    for member in built.members:
        torch.testing.assert_close(member.encoder.state_dict(), source.encoder.state_dict())
