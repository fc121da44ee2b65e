import copy

import pytest
import torch

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models.feature_map import feature_shape
from volest.models.registry import build_network

SHAPE = (32, 32, 48)
MONAI_RESNET = {"block": "basic", "layers": [1, 1, 1, 1], "block_inplanes": [4, 8, 8, 16]}
CONVOLUTIONAL = [
    ("resnet", {}, (128, 2, 2, 3)),
    ("timm:tinynet_e", {}, (1280, 1, 1, 2)),
    ("timm:convnext_atto", {}, (320, 1, 1, 1)),
    ("monai:DenseNet121", {}, (1024, 1, 1, 1)),
    ("monai:ResNet", MONAI_RESNET, (16, 2, 2, 3)),
    ("monai:SEResNet50", {}, (2048, 1, 1, 2)),
    ("monai:EfficientNetBN", {"model_name": "efficientnet-b0"}, (1280, 1, 1, 1)),
]


@pytest.fixture(params=CONVOLUTIONAL, ids=lambda case: case[0])
def convolutional(request):
    name, options, expected = request.param
    return build_network(ModelConfig(name=name, options=options), SHAPE).eval(), name, expected


def test_the_head_reads_the_mean_of_the_feature_map(convolutional):
    network, name, expected = convolutional
    assert feature_shape(network.encoder, SHAPE, name) == expected
    raster = torch.randn(2, 1, *SHAPE)
    features = network.encoder(raster)
    assert features.shape == (2, *expected)
    torch.testing.assert_close(network(raster), network.head(features.mean(dim=(2, 3, 4)))[:, 0])


def test_a_copy_answers_for_itself():
    network = build_network(ModelConfig(name="monai:ResNet", options=MONAI_RESNET), SHAPE).eval()
    other = copy.deepcopy(network)
    torch.nn.init.zeros_(other.encoder.layer4[0].bn2.weight)
    raster = torch.randn(1, 1, *SHAPE)
    assert not torch.equal(network.encoder(raster), other.encoder(raster))
    assert network.encoder(raster).shape == other.encoder(raster).shape == (1, 16, 2, 2, 3)


def test_what_monai_pools_is_what_we_pool():
    from monai.networks.nets import DenseNet121

    torch.manual_seed(0)
    network = build_network(ModelConfig(name="monai:DenseNet121"), SHAPE).eval()
    theirs = DenseNet121(spatial_dims=3, in_channels=1, out_channels=1).eval()
    names = set(theirs.state_dict()) - {"class_layers.out.weight", "class_layers.out.bias"}
    theirs.load_state_dict(network.encoder.state_dict(), strict=False)
    assert names == set(network.encoder.state_dict())
    theirs.class_layers.out.load_state_dict(network.head[1].state_dict())
    raster = torch.randn(2, 1, *SHAPE)
    torch.testing.assert_close(network(raster), theirs(raster)[:, 0])


@pytest.mark.parametrize(
    "name, options",
    [
        ("rasternet", {}),
        ("monai:Regressor", {"channels": [8, 16], "strides": [2, 2]}),
        ("monai:ViT", {"patch_size": 8, "hidden_size": 24, "num_heads": 2, "mlp_dim": 32, "num_layers": 1}),
    ],
)
def test_an_encoder_without_places_is_named(name, options):
    network = build_network(ModelConfig(name=name, options=options), (32, 32, 32))
    with pytest.raises(ModelError, match=rf"model.name '{name}' has no spatial features.*such as resnet"):
        feature_shape(network.encoder, (32, 32, 32), name)


def test_an_ensemble_puts_the_features_of_its_members_side_by_side():
    network = build_network(ModelConfig(members=2), SHAPE).eval()
    raster = torch.randn(1, 1, *SHAPE)
    features = network.encoder(raster)
    assert features.shape == (1, 256, 2, 2, 3)
    torch.testing.assert_close(features[:, 128:], network.members[1].encoder(raster))
