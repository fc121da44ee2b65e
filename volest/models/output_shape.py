"""What a network makes of a raster, found without computing it."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from volest.errors import ModelError
from volest.geometry import Shape

SCANS = 1
"""As in a prediction and in batches of one, where group norm may be left with a single value in a group."""


def output_shape(network: nn.Module, shape: Shape, name: str) -> tuple[int, ...]:
    """Shape of the output for one scan, the batch axis left off.

    Raises:
        ModelError: the network cannot take a raster of this shape.
    """
    training = network.training
    network.eval()
    try:
        output = _run(network, shape)
        output = output[0] if isinstance(output, tuple) else output
        if min(output.shape) < 1:  # where older versions of torch compute nothing, they refuse nothing
            raise ValueError("no voxel of it is left")
    except Exception as error:  # libraries raise anything from AssertionError to TypeError here
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"model.name {name!r} cannot take a raster of {' x '.join(map(str, shape))} voxels ({reason[0]}). Give it "
            "a larger preprocessing.shape or larger model.widths, name the size in model.options where it has one "
            "(such as img_size), or take another network."
        ) from error
    finally:
        network.train(training)
    return tuple(output.shape[1:])


def _run(network: nn.Module, shape: Shape) -> Any:
    # On the meta device nothing is computed or stored, so that a network of any size is asked at once.
    stand_ins = {tensor_name: tensor.to("meta") for tensor_name, tensor in _tensors(network)}
    try:
        with torch.no_grad():
            return functional_call(network, stand_ins, (torch.empty(SCANS, 1, *shape, device="meta"),))
    except Exception:  # not every network can be run there; the second try decides
        with torch.no_grad():
            return network(torch.zeros(SCANS, 1, *shape))


def _tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return chain(network.named_parameters(), network.named_buffers())
