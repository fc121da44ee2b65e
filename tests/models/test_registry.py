import pytest
import torch
from safetensors.torch import save_file

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models.registry import BUILDERS, build_network

SMALL_VIT = {"patch_size": 8, "hidden_size": 24, "num_heads": 2, "mlp_dim": 32, "num_layers": 1}
NETWORKS = [
    ("resnet", {}),
    ("rasternet", {}),
    ("timm:tinynet_e", {}),
    ("timm:convnext_atto", {}),
    ("monai:DenseNet121", {}),
    ("monai:Regressor", {"channels": [8, 16], "strides": [2, 2]}),
    ("monai:ViT", SMALL_VIT),
]


@pytest.mark.parametrize("name, options", NETWORKS)
def test_every_family_gives_one_number_per_scan(name, options):
    network = build_network(ModelConfig(name=name, options=options), (32, 32, 32)).eval()
    for scans in (1, 3):
        assert network(torch.randn(scans, 1, 32, 32, 32)).shape == (scans,)


@pytest.mark.parametrize("name, options", NETWORKS)
def test_the_first_predictions_lie_at_the_training_mean(name, options):
    # Far from zero, so that a head which starts at zero fails.
    network = build_network(ModelConfig(name=name, options=options), (32, 32, 32), target_mean=200.0)
    predicted = network(torch.randn(4, 1, 32, 32, 32))
    assert predicted.tolist() == pytest.approx([200.0] * 4, abs=1.0)


@pytest.mark.parametrize("name, options", NETWORKS[:-1])  # MONAI's ViT holds a norm that it does not use
def test_a_gradient_reaches_every_weight(name, options):
    network = build_network(ModelConfig(name=name, options=options), (32, 32, 32))
    network(torch.randn(4, 1, 32, 32, 32)).square().sum().backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("name", ["resnet", "rasternet", "timm:tinynet_e", "monai:DenseNet121"])
def test_an_anisotropic_raster_is_taken(name):
    network = build_network(ModelConfig(name=name), (32, 48, 40)).eval()
    assert network(torch.randn(2, 1, 32, 48, 40)).shape == (2,)


def test_every_family_of_the_configuration_has_a_builder():
    for family in BUILDERS:
        name = family if family in {"resnet", "rasternet", "genesis"} else f"{family}:x"
        assert ModelConfig(name=name).name == name


def test_same_seed_builds_the_same_network():
    one, other = (_seeded_resnet() for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def _seeded_resnet():
    torch.manual_seed(3)
    return build_network(ModelConfig(), (16, 16, 16))


def test_published_weights_are_refused_where_the_family_has_none():
    with pytest.raises(ModelError, match=r"model.pretrained is for timm:NAME, and model.name is 'resnet'"):
        build_network(ModelConfig(pretrained=True), (16, 16, 16))


def test_encoder_weights_of_a_file_are_loaded(tmp_path):
    source = build_network(ModelConfig(), (16, 16, 16))
    path = tmp_path / "encoder.safetensors"
    save_file(source.encoder.state_dict(), path)
    network = build_network(ModelConfig(encoder_weights=path), (16, 16, 16))
    assert torch.equal(network.encoder.conv1.weight, source.encoder.conv1.weight)
    assert not torch.equal(network.head[1].weight, source.head[1].weight)


def test_weights_of_a_file_come_before_those_of_the_hub(tmp_path):
    config = ModelConfig(name="timm:tinynet_e", encoder_weights=tmp_path / "gone.safetensors", pretrained=True)
    with pytest.raises(ModelError, match=r"gone.safetensors does not exist"):
        build_network(config, (32, 32, 32))
