"""What a network makes of a scan on its way, and where it looks: early stages see texture, late ones shape."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from volest.inference.border import share_at_border
from volest.models.deep_ensemble import DeepEnsemble
from volest.preprocessing.intensity import Voxels, standardise

MOST_STAGES = 4
"""The last ones of an encoder that are listened to."""

BORDER = "border"


def gaze(network: nn.Module, voxels: Voxels) -> dict[str, Float[np.ndarray, " number"]]:
    """Mean over space of each channel, stage by stage, and the share of the evidence at the border of the scan.

    A stage is a part of the encoder that gives a map; of networks trained side by side the first one is asked. The
    evidence is the activation of the earliest stage times the gradient of the estimate, summed over channels
    (Selvaraju et al., Grad-CAM, ICCV 2017, without its average over space): a structure that is cut off leaves it at
    the cut.

    Args:
        network: ready to predict, from (batch, 1, i, j, k).
        voxels: (i, j, k) on its grid, in [0, 1].
    """
    first = network.members[0] if isinstance(network, DeepEnsemble) else network
    batch = torch.from_numpy(standardise(voxels))[None, None].contiguous(memory_format=torch.channels_last_3d)
    with torch.enable_grad(), _listening(first.get_submodule("encoder")) as heard:
        estimate = first(batch).sum()
    stages = heard[-MOST_STAGES:]
    traits = {f"stage {n}": _numbers(stage[0].flatten(1).mean(1)) for n, stage in enumerate(stages, start=1)}
    return {**traits, BORDER: np.array([_evidence_at_border(estimate, stages, voxels)])}


@contextmanager
def _listening(encoder: nn.Module) -> Iterator[list[Tensor]]:
    heard: list[Tensor] = []

    def listen(_module: nn.Module, _arguments: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim > 3 and output[0, 0].numel() > 1:
            heard.append(output)

    hooks = [child.register_forward_hook(listen) for child in encoder.children()]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _evidence_at_border(estimate: Tensor, stages: list[Tensor], voxels: Voxels) -> float:
    volumetric = [stage for stage in stages if stage.ndim == 5]
    if not volumetric:
        return 0.0
    (gradient,) = torch.autograd.grad(estimate, volumetric[0], allow_unused=True)
    if gradient is None:
        return 0.0
    return share_at_border(_numbers((volumetric[0] * gradient)[0].sum(0).abs()), voxels)


def _numbers(tensor: Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().double().numpy())
