"""Norms over a batch of which each process sees a part."""

from torch import nn

from volest.config import Config
from volest.errors import ConfigError
from volest.models.deep_ensemble import Network
from volest.models.ghost_batch_norm import GhostBatchNorm3d
from volest.training import processes


def share_norms(network: Network, config: Config, device: str) -> Network:
    """The network as several processes can train it together; alone, as it is.

    Batch norm takes its statistics from the parts of all processes (torch's SyncBatchNorm). Ghost batch norm keeps to
    parts of a batch anyway, which must not be larger than those of the processes.

    Raises:
        ConfigError: a batch too small for so many processes, or batch norm on a CPU, where torch cannot share it.
    """
    count = processes.count()
    if count == 1:
        return network
    smallest = config.training.batch_size // count
    if not smallest:
        raise ConfigError(
            f"training.batch_size {config.training.batch_size} is the number of scans in a step of all processes "
            f"together, and there are {count}. Raise it, or start fewer."
        )
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    ghosts = [norm.ghost_batch_size for norm in norms if isinstance(norm, GhostBatchNorm3d)]
    if ghosts and max(ghosts) > smallest:
        raise ConfigError(
            f"model.ghost_batch_size {max(ghosts)} is larger than the {smallest} scans of a step that one of {count} "
            "processes sees. Lower it, raise training.batch_size, or use model.norm: group."
        )
    if len(norms) == len(ghosts):
        return network
    if device == "cpu":
        raise ConfigError(
            f"{config.model.name} has batch norm, which torch shares between processes on GPUs alone. Use model.norm: "
            "group or ghost, or train in one process."
        )
    shared: Network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    return shared
