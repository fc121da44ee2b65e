"""Which weights move how fast, and from when on: an encoder that has learnt before should forget little."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from torch import nn

from volest.config.pretraining import FinetuneConfig
from volest.errors import ConfigError
from volest.models.deep_ensemble import Network, members_of

HOLDING_STAGES = ("blocks", "stages", "features")
"""Names under which networks of timm-3d and MONAI keep their stages, one behind the other."""


@dataclass(frozen=True)
class LearningGroup:
    """Weights that learn alike.

    Attributes:
        rate: share of the learning rate.
        from_epoch: before which they stand still.
    """

    parameters: Sequence[nn.Parameter]
    rate: float = 1.0
    from_epoch: float = 0.0


def learning_groups(network: nn.Module, config: FinetuneConfig) -> list[LearningGroup]:
    """The head first, then the stages of the encoder from the last to the first; one group where all learn alike.

    With `freeze` the encoder's weights ask for no gradient any more, and no group has them.

    Raises:
        ConfigError: `freeze`, and the head is part of the encoder.
    """
    if config == FinetuneConfig():
        return [LearningGroup(list(network.parameters()))]
    stages = [encoder_stages(member.encoder) for member in members_of(cast(Network, network))]
    of_encoder = {id(parameter) for member in stages for stage in member for parameter in stage}
    head = [parameter for parameter in network.parameters() if id(parameter) not in of_encoder]
    groups = [LearningGroup(head)]
    if config.freeze:
        if not head:
            raise ConfigError(
                "training.finetune.freeze: the head of this network is part of its encoder, so that nothing would be "
                "left to train. Set it to false, or take a network whose encoder stands apart, such as resnet."
            )
        for parameter in network.parameters():
            parameter.requires_grad_(id(parameter) not in of_encoder)
        return groups
    for depth, together in enumerate(zip(*(reversed(member) for member in stages), strict=True)):
        parameters = [parameter for stage in together for parameter in stage]
        rate = config.encoder_rate * config.stage_decay**depth
        groups.append(LearningGroup(parameters, rate, config.unfreeze_epochs * (depth + 1)))
    return groups


def encoder_stages(encoder: nn.Module) -> list[list[nn.Parameter]]:
    """Its weights from the entrance on; a norm belongs to the convolution before it."""
    stages: list[list[nn.Parameter]] = []
    for module in _in_order(encoder.named_children()):
        parameters = list(module.parameters())
        if stages and all(parameter.ndim == 1 for parameter in parameters):
            stages[-1] += parameters
        elif parameters:
            stages.append(parameters)
    return stages


def _in_order(children: Iterable[tuple[str, nn.Module]]) -> Iterable[nn.Module]:
    for name, child in children:
        if name in HOLDING_STAGES:
            yield from child.children()
        else:
            yield child
