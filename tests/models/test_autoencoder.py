import pytest
import torch

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models.autoencoder import build_autoencoder
from volest.models.registry import build_network

SHAPE = (16, 24, 32)
SMALL = (16, 16, 16)


def autoencoder(latent=32, shape=SHAPE, **model):
    return build_autoencoder(build_network(ModelConfig(**model), shape).encoder, latent, shape, "resnet")


@pytest.mark.parametrize("name", ["resnet", "timm:tinynet_e", "monai:DenseNet121"])
def test_what_comes_out_has_the_shape_of_what_went_in(name):
    shape = (32, 32, 40)
    network = build_network(ModelConfig(name=name), shape)
    built = build_autoencoder(network.encoder, 32, shape, name).eval()
    raster = torch.randn(2, 1, *shape)
    assert built(raster).shape == raster.shape
    assert built.encode(raster).shape == (2, 32)


def test_the_encoder_is_that_of_the_regressor():
    network = build_network(ModelConfig(), SHAPE)
    built = build_autoencoder(network.encoder, 32, SHAPE, "resnet")
    built(torch.randn(2, 1, *SHAPE)).square().mean().backward()
    assert all(p.grad is not None for p in network.encoder.parameters())
    assert built.encoder is network.encoder


def test_without_a_latent_the_whole_map_is_handed_on():
    built = autoencoder(latent=None)
    assert built.encode(torch.randn(1, 1, *SHAPE)).shape == (1, 128 * 1 * 2 * 2)


def test_a_latent_larger_than_the_map_is_refused():
    with pytest.raises(
        ModelError, match=r"pretrain.latent 33 is larger .* can carry: 32 numbers, 8 channels of 1 x 2 x 2"
    ):
        autoencoder(latent=33, widths=[8, 8, 8, 8])


def test_an_odd_raster_is_met_to_the_voxel():
    shape = (9, 17, 30)
    network = build_network(ModelConfig(), shape)
    built = build_autoencoder(network.encoder, 8, shape, "resnet")
    assert built(torch.randn(1, 1, *shape)).shape == (1, 1, *shape)


def test_the_decoder_has_no_batch_norm():
    built = autoencoder(norm="batch")
    assert not any(isinstance(module, torch.nn.BatchNorm3d) for module in built.decoder.modules())


def test_a_latent_of_one_voxel_still_changes_the_picture():
    built = autoencoder(latent=4, shape=SMALL, widths=[8, 8, 16, 16]).eval()
    one, other = built.decode(torch.tensor([[1.0, 0, 0, 0], [0, 3.0, 0, 0]]))
    assert not torch.allclose(one, other, atol=1e-3)
