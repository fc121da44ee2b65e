import pytest
import torch

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models.registry import build_network, match_encoder_weights

SHAPE = (8, 8, 8)


def published(tmp_path):
    """A file in the layout of Models Genesis: the U-Net under `module.`, upward half and batch statistics too."""
    channels = {"down_tr64": (1, 32, 64), "down_tr128": (64, 64, 128), "down_tr256": (128, 128, 256)}
    channels |= {"down_tr512": (256, 256, 512)}
    tensors = {}
    for step, (before, between, after) in channels.items():
        for n, (i, o) in enumerate([(before, between), (between, after)]):
            at = f"module.{step}.ops.{n}"
            tensors |= {f"{at}.conv1.weight": torch.randn(o, i, 3, 3, 3) / 100, f"{at}.conv1.bias": torch.zeros(o)}
            norm = {"weight": torch.ones(o), "bias": torch.zeros(o), "running_mean": torch.zeros(o)}
            norm |= {"running_var": torch.ones(o), "num_batches_tracked": torch.tensor(5)}
            tensors |= {f"{at}.bn1.{name}": value for name, value in norm.items()}
    tensors["module.up_tr64.up_conv.weight"] = torch.zeros(1)
    path = tmp_path / "genesis.pt"
    torch.save({"epoch": 3, "state_dict": tensors}, path)
    return path, tensors


@pytest.mark.parametrize("norm", ["batch", "group"])
def test_published_weights_find_their_places(tmp_path, norm):
    path, tensors = published(tmp_path)
    config = ModelConfig(name="genesis", norm=norm, encoder_weights=path)
    network = build_network(config, SHAPE)
    assert torch.equal(network.encoder.down_tr512.ops[1].conv1.weight, tensors["module.down_tr512.ops.1.conv1.weight"])
    matched = match_encoder_weights(config, SHAPE)
    assert len(matched.matched) == {"batch": 8 * 7, "group": 8 * 4}[norm]
    assert "up_tr64.up_conv.weight" in matched.unused
    assert "tensors loaded, all that the encoder has; " in matched.sentence


def test_its_features_keep_their_places():
    network = build_network(ModelConfig(name="genesis"), SHAPE).eval()
    assert network.encoder(torch.randn(1, 1, *SHAPE)).shape == (1, 512, 1, 1, 1)


def test_a_raster_too_small_for_three_halvings_is_refused():
    with pytest.raises(ModelError, match=r"'genesis' cannot take a raster of 4 x 4 x 4 voxels"):
        build_network(ModelConfig(name="genesis"), (4, 4, 4))
