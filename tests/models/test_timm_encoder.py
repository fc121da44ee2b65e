import pytest

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models import timm_encoder
from volest.models.timm_encoder import build_timm

SHAPE = (32, 32, 32)


def test_an_unknown_encoder_is_answered_with_names_near_it():
    with pytest.raises(ModelError, match=r"'timm:resnet99': timm-3d has no encoder 'resnet99' \(near it: .*resnet50"):
        build_timm(ModelConfig(name="timm:resnet99"), SHAPE, 0.0)


def test_a_name_near_nothing_is_answered_with_the_number_of_names():
    with pytest.raises(ModelError, match=r"no encoder 'zzzzzz' \(it has \d+: timm_3d.list_models"):
        build_timm(ModelConfig(name="timm:zzzzzz"), SHAPE, 0.0)


def test_a_raster_too_small_for_the_encoder_is_refused():
    with pytest.raises(ModelError, match=r"'timm:convnext_atto' cannot take a raster of 8 x 8 x 8 voxels"):
        build_timm(ModelConfig(name="timm:convnext_atto"), (8, 8, 8), 0.0)


def test_an_unknown_option_is_refused():
    config = ModelConfig(name="timm:tinynet_e", options={"depht": 3})
    with pytest.raises(ModelError, match=r"cannot be built: .*depht.*Correct model.options"):
        build_timm(config, SHAPE, 0.0)


def test_a_hub_that_does_not_answer_is_told_in_words(monkeypatch):
    class Zoo:
        @staticmethod
        def list_models():
            return ["resnet18"]

        @staticmethod
        def create_model(name, **options):
            assert options["pretrained"]
            raise OSError("no route to host")

    monkeypatch.setattr(timm_encoder, "_timm_3d", lambda: Zoo)
    with pytest.raises(ModelError, match=r"no route to host. Where there is no network .* model.encoder_weights"):
        build_timm(ModelConfig(name="timm:resnet18", pretrained=True), SHAPE, 0.0)


def test_the_encoder_reads_one_channel():
    network = build_timm(ModelConfig(name="timm:tinynet_e"), SHAPE, 0.0)
    assert network.encoder.conv_stem.in_channels == 1
