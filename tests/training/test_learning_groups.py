import pytest
import torch

from volest.config.pretraining import FinetuneConfig
from volest.config.schema import ModelConfig, TrainingConfig
from volest.errors import ConfigError
from volest.models.head import VolumeRegressor
from volest.models.registry import build_network
from volest.training.learning_groups import encoder_stages, learning_groups
from volest.training.module import VolumeRegression

SHAPE = (16, 16, 16)


@pytest.fixture
def network():
    return build_network(ModelConfig(), SHAPE)


def test_all_weights_learn_alike_unless_told_otherwise(network):
    [group] = learning_groups(network, FinetuneConfig())
    assert [id(p) for p in group.parameters] == [id(p) for p in network.parameters()]


@pytest.mark.parametrize(
    "name, stages", [("resnet", 5), ("genesis", 4), ("timm:tinynet_e", 9), ("monai:DenseNet121", 8)]
)
def test_stages_hold_every_weight_of_the_encoder_once(name, stages):
    encoder = build_network(ModelConfig(name=name), (32, 32, 32)).encoder
    found = encoder_stages(encoder)
    assert len(found) == stages
    assert sorted(id(p) for stage in found for p in stage) == sorted(id(p) for p in encoder.parameters())


def test_a_frozen_encoder_does_not_move_while_the_head_does(network):
    before = {name: p.clone() for name, p in network.named_parameters()}
    config = TrainingConfig(finetune=FinetuneConfig(freeze=True), warmup_epochs=0)
    module = VolumeRegression(network, config, fold=0, steps_per_epoch=2)
    optimiser = module.configure_optimizers()["optimizer"]
    module.training_step((torch.randn(2, 1, *SHAPE), torch.tensor([3.0, 2.0])), 0).backward()
    optimiser.step()
    moved = {name for name, p in network.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"head.1.weight", "head.1.bias"}


def test_what_a_frozen_encoder_says_of_a_scan_stays_though_it_has_batch_norm():
    network = build_network(ModelConfig(norm="batch", stochastic_depth=0.5), SHAPE)
    config = TrainingConfig(finetune=FinetuneConfig(freeze=True))
    module = VolumeRegression(network, config, fold=0, steps_per_epoch=1).train()
    module.on_train_epoch_start()
    voxels = torch.randn(2, 1, *SHAPE)
    before = network.encoder(voxels)
    module.training_step((voxels, torch.zeros(2)), 0)
    assert torch.equal(network.encoder(voxels), before)
    assert network.head.training


def test_a_network_whose_head_is_in_its_encoder_cannot_be_frozen():
    network = VolumeRegressor(torch.nn.Sequential(torch.nn.Linear(3, 1)), torch.nn.Identity())
    with pytest.raises(ConfigError, match=r"training.finetune.freeze: the head of this network is part of its encoder"):
        learning_groups(network, FinetuneConfig(freeze=True))


def test_earlier_stages_learn_more_slowly_and_later(network):
    groups = learning_groups(network, FinetuneConfig(encoder_rate=0.5, stage_decay=0.1, unfreeze_epochs=2))
    assert [group.rate for group in groups] == pytest.approx([1, 0.5, 0.05, 0.005, 0.0005, 0.00005])
    assert [group.from_epoch for group in groups] == [0, 2, 4, 6, 8, 10]
    assert {id(p) for p in groups[1].parameters} == {id(p) for p in network.encoder.layer4.parameters()}


def test_a_stage_stands_still_until_its_epoch(network):
    config = TrainingConfig(finetune=FinetuneConfig(unfreeze_epochs=1), schedule="constant", warmup_epochs=0)
    module = VolumeRegression(network, config, fold=0, steps_per_epoch=2)
    prepared = module.configure_optimizers()
    optimiser, schedule = prepared["optimizer"], prepared["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(6):
        rates.append([optimiser.param_groups[n]["lr"] > 0 for n in (0, 2, 4)])
        optimiser.step()
        schedule.step()
    assert rates == [[True, n >= 2, n >= 4] for n in range(6)]


def test_members_of_an_ensemble_learn_by_the_same_stages():
    network = build_network(ModelConfig(members=2), SHAPE)
    groups = learning_groups(network, FinetuneConfig(encoder_rate=0.1))
    assert sum(len(group.parameters) for group in groups) == len(list(network.parameters()))
    assert len(groups) == 6
