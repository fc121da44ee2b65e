"""Memory of one training step, counted without computing it."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

COPIES = 5
"""Of the weights: themselves, gradients, two moments of AdamW, moving average."""


def step_bytes(network: nn.Module, batch_shape: Sequence[int], is_mixed: bool) -> int:
    """Weights with all that belongs to them, plus what the forward pass keeps for the backward pass.

    Activations are counted on the meta device, where a network of any size has room. Workspaces of convolutions are
    left out; half precision halves the activations, though not all of them are stored so.

    Raises:
        RuntimeError, NotImplementedError: the network cannot be run on the meta device.
    """
    ghost = copy.deepcopy(network).to("meta").train()
    kept = {}
    weights = {tensor.untyped_storage()._cdata for tensor in (*ghost.parameters(), *ghost.buffers())}
    alive: list[Tensor] = []  # a storage that is freed would lend its address to the next

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            kept[storage._cdata] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = ghost(torch.empty(tuple(batch_shape), device="meta"))
    del output
    activations = sum(kept.values()) // (2 if is_mixed else 1)
    largest = max(kept.values(), default=0)
    # While an activation's gradient is made, it, the next one and the activation are all there.
    return COPIES * sum(p.nbytes for p in network.parameters()) + activations + 2 * largest
