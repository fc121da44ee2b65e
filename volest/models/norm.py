"""The norm of a network, as the configuration wants it."""

from monai.networks.layers.utils import get_norm_layer
from torch import nn

from volest.config.schema import ModelConfig
from volest.models.ghost_batch_norm import GhostBatchNorm3d

LARGEST_GROUP_COUNT = 8


def exchange_batch_norms(encoder: nn.Module, config: ModelConfig, groups: int) -> None:
    """Put the norm of the configuration in place of every batch norm; `groups` divides all channels."""
    if config.norm == "batch":
        return
    batch_norms = [(name, module) for name, module in encoder.named_modules() if isinstance(module, nn.BatchNorm3d)]
    options = {"num_groups": groups} if config.norm == "group" else {}
    for name, batch_norm in batch_norms:
        channels = batch_norm.num_features
        if config.norm == "ghost":
            encoder.set_submodule(name, GhostBatchNorm3d(channels, config.ghost_batch_size))
        else:
            norm = get_norm_layer((config.norm, {"affine": True, **options}), 3, channels=channels)
            encoder.set_submodule(name, norm)
