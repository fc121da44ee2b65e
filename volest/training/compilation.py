"""The network as torch.compile makes it, where the machine can."""

from collections.abc import Callable

import torch
from torch import Tensor

from volest.models.deep_ensemble import Network
from volest.models.observation import Observation
from volest.training.machine import LightningPrecision

Observe = Callable[[Tensor], Observation]

MIXED: dict[LightningPrecision, torch.dtype] = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


def compiled(network: Network, example: Tensor, precision: LightningPrecision, tell: Callable[[str], None]) -> Observe:
    """`network.observe`, compiled; as it is, with a word on why, where that fails.

    torch.compile begins its work at the first call and needs a C++ compiler, or Triton on a GPU: so it is tried here,
    forward and backward, before the training. Statistics, gradients and random numbers stay as they were.

    Args:
        network: on its device.
        example: voxels (batch, 1, i, j, k) there.
        precision: of the training.
        tell: told why it could not be compiled.
    """
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    try:
        with torch.random.fork_rng():
            observe: Observe = torch.compile(network.observe)
            with torch.autocast(example.device.type, MIXED.get(precision), enabled=precision in MIXED):
                regressed = observe(example).regressed
            regressed.float().sum().backward()
    except Exception as error:  # a compiler fails in ways of its own
        reason = (str(error).strip().splitlines() or [""])[0]
        tell(
            f"training.compile: this machine cannot compile the network ({type(error).__name__}: {reason}). It trains "
            "as it is; install a C++ compiler, or set the key to false."
        )
        observe = network.observe
    finally:
        network.zero_grad()
        for name, buffer in network.named_buffers():
            buffer.copy_(buffers[name])
    return observe
