import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models.head import RegressionHead
from volest.models.registry import build_network, match_encoder_weights
from volest.models.weights import load_encoder_weights, parameter_count

SHAPE = (32, 32, 32)


def tiny_encoder(channels=1, width=4):
    return nn.Sequential(nn.Conv3d(channels, width, 3, bias=False), nn.BatchNorm3d(width))


def test_parameters_are_counted_by_hand():
    assert parameter_count(tiny_encoder()) == 4 * 27 + 2 * 4


def test_frozen_parameters_are_not_counted():
    encoder = tiny_encoder()
    encoder[0].weight.requires_grad_(False)
    assert parameter_count(encoder) == 2 * 4


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_what_was_saved_is_what_is_loaded(tmp_path, suffix):
    source, target = tiny_encoder(), tiny_encoder()
    path = tmp_path / f"encoder{suffix}"
    save_file(source.state_dict(), path) if suffix == ".safetensors" else torch.save(source.state_dict(), path)
    report = load_encoder_weights(target, path)
    assert set(report.matched) == set(source.state_dict())
    assert report.adapted == report.unused == ()
    assert all(torch.equal(source.state_dict()[name], value) for name, value in target.state_dict().items())


def test_a_nested_and_prefixed_checkpoint_is_understood(tmp_path):
    source, target = tiny_encoder(), tiny_encoder()
    named = {f"module.encoder.{name}": value for name, value in source.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": named}, tmp_path / "checkpoint.pth")
    load_encoder_weights(target, tmp_path / "checkpoint.pth")
    assert torch.equal(source[0].weight, target[0].weight)


def test_three_channels_are_summed_so_that_a_grey_raster_sees_the_same_filter(tmp_path):
    source, target = tiny_encoder(channels=3), tiny_encoder()
    torch.save(source.state_dict(), tmp_path / "rgb.pt")
    report = load_encoder_weights(target, tmp_path / "rgb.pt")
    assert report.adapted == ("0.weight",)
    grey = torch.randn(1, 1, 5, 5, 5)
    assert torch.allclose(target[0](grey), source[0](grey.expand(1, 3, 5, 5, 5)), atol=1e-5)


def test_an_inflated_kernel_answers_a_raster_constant_along_k_as_the_2d_one_does(tmp_path):
    flat = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4))
    torch.save(flat.state_dict(), tmp_path / "flat.pt")
    target = tiny_encoder()
    load_encoder_weights(target, tmp_path / "flat.pt")
    slice_ = torch.randn(1, 1, 6, 6)
    raster = slice_.unsqueeze(-1).expand(1, 1, 6, 6, 3)
    assert torch.allclose(target[0](raster)[..., 0], flat[0](slice_), atol=1e-5)


def test_tensors_without_a_place_are_reported(tmp_path):
    named = tiny_encoder().state_dict() | {"fc.weight": torch.zeros(10, 4)}
    torch.save(named, tmp_path / "classifier.pt")
    assert load_encoder_weights(tiny_encoder(), tmp_path / "classifier.pt").unused == ("fc.weight",)


def test_the_head_inside_a_network_keeps_its_start(tmp_path):
    network = nn.Sequential(*tiny_encoder(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), RegressionHead(4, 0.0, 7.0))
    torch.save(tiny_encoder().state_dict() | {"4.1.bias": torch.zeros(1)}, tmp_path / "encoder.pt")
    load_encoder_weights(network, tmp_path / "encoder.pt")
    assert network[4][1].bias.item() == 7.0


def test_a_tensor_of_another_shape_is_named_and_nothing_is_loaded(tmp_path):
    torch.save(tiny_encoder(width=6).state_dict(), tmp_path / "wide.pt")
    target = tiny_encoder()
    before = target[0].weight.clone()
    with pytest.raises(ModelError, match=r"of another shape: 0.weight \(6, 1, 3, 3, 3\) instead of \(4, 1, 3, 3, 3\)"):
        load_encoder_weights(target, tmp_path / "wide.pt")
    assert torch.equal(before, target[0].weight)


def test_a_missing_tensor_is_named(tmp_path):
    torch.save({"0.weight": tiny_encoder()[0].weight.detach()}, tmp_path / "half.pt")
    with pytest.raises(ModelError, match=r"half.pt does not fit the encoder: missing: 1.weight, 1.bias"):
        load_encoder_weights(tiny_encoder(), tmp_path / "half.pt")


def test_a_missing_file_is_named(tmp_path):
    for name in ("gone.safetensors", "gone.pt"):
        with pytest.raises(ModelError, match=rf"{name} does not exist"):
            load_encoder_weights(tiny_encoder(), tmp_path / name)


class Payload:
    def __reduce__(self):
        return (exec, ("raise AssertionError('code in the file was run')",))


def test_code_in_a_file_is_never_run(tmp_path):
    path = tmp_path / "hostile.pt"
    torch.save({"0.weight": Payload()}, path)
    with pytest.raises(ModelError, match=r"hostile.pt is not a file of tensors alone"):
        load_encoder_weights(tiny_encoder(), path)
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(Payload()))
    with pytest.raises(ModelError, match=r"raw.pt is not a file of tensors alone"):
        load_encoder_weights(tiny_encoder(), tmp_path / "raw.pt")


@pytest.mark.parametrize("name", ["junk.safetensors", "junk.pt"])
def test_a_file_of_something_else_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"not tensors at all")
    with pytest.raises(ModelError, match=rf"{name} is not a file of tensors alone"):
        load_encoder_weights(tiny_encoder(), tmp_path / name)


def test_a_file_without_named_tensors_is_refused(tmp_path):
    torch.save([1, 2, 3], tmp_path / "list.pt")
    with pytest.raises(ModelError, match=r"list.pt holds no named tensors"):
        load_encoder_weights(tiny_encoder(), tmp_path / "list.pt")


def test_a_medicalnet_file_finds_its_places_in_monais_resnet(tmp_path):
    """Tensors under `module.`, as MedicalNet saved them from several GPUs, with a head for segmentation."""
    options = {"block": "basic", "layers": [1, 1, 1, 1], "block_inplanes": [4, 8, 8, 16], "bias_downsample": False}
    config = ModelConfig(name="monai:ResNet", options=options)
    source = build_network(config, SHAPE)
    named = {f"module.{name}": tensor for name, tensor in source.encoder.state_dict().items()}
    torch.save({"state_dict": {**named, "module.conv_seg.0.weight": torch.zeros(4)}}, tmp_path / "resnet_10.pth")
    loading = config.model_copy(update={"encoder_weights": tmp_path / "resnet_10.pth"})
    target = build_network(loading, SHAPE)
    assert torch.equal(target.encoder.layer4[0].conv2.weight, source.encoder.layer4[0].conv2.weight)
    matched = match_encoder_weights(loading, SHAPE)
    assert (set(matched.matched), matched.unused) == (set(source.encoder.state_dict()), ("conv_seg.0.weight",))


def test_weights_of_a_2d_network_in_colour_become_a_3d_one_in_grey(tmp_path):
    """timm's own layout, ImageNet's three channels, as timm-3d has them on its hub."""
    import timm

    flat = timm.create_model("tinynet_e", pretrained=False, in_chans=3)
    save_file(flat.state_dict(), tmp_path / "tinynet_e.safetensors")
    config = ModelConfig(name="timm:tinynet_e", encoder_weights=tmp_path / "tinynet_e.safetensors")
    network = build_network(config, SHAPE)
    stem = flat.conv_stem.weight.sum(dim=1, keepdim=True).unsqueeze(-1) / 3
    torch.testing.assert_close(network.encoder.conv_stem.weight, stem.expand(-1, -1, -1, -1, 3))
    matched = match_encoder_weights(config, SHAPE)
    assert set(matched.unused) == {"classifier.weight", "classifier.bias"}
    assert "conv_stem.weight" in matched.adapted
    assert "of them adapted (conv_stem.weight, " in matched.sentence


def test_weights_for_other_channels_are_named(tmp_path):
    torch.save(tiny_encoder(channels=2).state_dict(), tmp_path / "two.pt")
    with pytest.raises(ModelError, match=r"of another shape: 0.weight \(4, 2, 3, 3, 3\) instead of \(4, 1, 3, 3, 3\)"):
        load_encoder_weights(tiny_encoder(), tmp_path / "two.pt")
