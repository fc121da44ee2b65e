import pytest
import torch

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.models.monai_network import CAN_REGRESS, build_monai

SHAPE = (32, 32, 32)


def test_an_unknown_network_is_answered_with_names_near_it():
    with pytest.raises(ModelError, match=r"MONAI has no network 'Densenet111' \(near it: Densenet121"):
        build_monai(ModelConfig(name="monai:Densenet111"), SHAPE, 0.0)


def test_a_network_that_segments_is_refused():
    with pytest.raises(ModelError, match=r"'monai:HighResNet' gives an output of shape \(1, 32, 32, 32\) per scan"):
        build_monai(ModelConfig(name="monai:HighResNet"), SHAPE, 0.0)


def test_what_a_network_needs_beside_is_asked_for_by_name():
    with pytest.raises(ModelError, match=r"'channels' and 'strides'. volest passes .*in_shape.* model.options"):
        build_monai(ModelConfig(name="monai:Regressor"), SHAPE, 0.0)


def test_an_activation_after_the_last_layer_does_not_bound_the_volume():
    options = {"channels": [4, 8], "strides": [2, 2]}
    network = build_monai(ModelConfig(name="monai:Discriminator", options=options), SHAPE, 200.0)
    assert network(torch.randn(2, 1, *SHAPE)).tolist() == pytest.approx([200.0] * 2, abs=1.0)


def test_dropout_of_the_configuration_stands_before_the_last_layer():
    network = build_monai(ModelConfig(name="monai:DenseNet121", dropout=0.5), SHAPE, 0.0)
    assert network.head[0].p == 0.5


def test_the_names_that_messages_offer_exist():
    import monai.networks.nets as zoo

    assert [name for name in CAN_REGRESS if not hasattr(zoo, name)] == []
