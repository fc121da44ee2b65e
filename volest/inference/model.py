"""A trained network from its two files: numbers and a description, nothing that runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from volest.errors import RunError
from volest.geometry import AXES
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.preprocessing.intensity import Voxels, standardise
from volest.records.model import ModelRecord, read_model_record
from volest.records.run import FoldDirectory


@dataclass(frozen=True)
class TrainedModel:
    """One fold's network, ready to be asked."""

    record: ModelRecord
    network: nn.Module

    def target(self, voxels: Voxels) -> float:
        """The standardised target of a preprocessed scan (i, j, k) in [0, 1], averaged over its mirror images."""
        standardised = standardise(voxels)
        batch = np.stack([np.flip(standardised, axes) for axes in _mirrors(self.record.flip_axes)])
        with torch.inference_mode():
            tensor = torch.from_numpy(np.ascontiguousarray(batch)[:, None])
            tensor = tensor.contiguous(memory_format=torch.channels_last_3d)
            return float(self.network(tensor).double().mean())

    def volume_ml(self, voxels: Voxels, fov_ml: float) -> float:
        """Volume of a preprocessed scan whose raster, as acquired, spans `fov_ml`."""
        return self.record.target.decode(self.target(voxels), fov_ml)


def load_model(directory: FoldDirectory) -> TrainedModel:
    """Read a fold's network.

    Raises:
        RunError: a file is missing, damaged, or does not belong to the other.
    """
    record = read_model_record(directory.model_json)
    network = build_network(record.model.model_copy(update={"weights": None, "pretrained": False}), record.grid.shape)
    try:
        network.load_state_dict(load_file(directory.weights))
    except FileNotFoundError:
        raise RunError(f"{directory.weights} does not exist: the fold has not been trained to its end.") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        raise RunError(f"{directory.weights} is damaged or does not fit {directory.model_json.name}: {error}") from None
    return TrainedModel(record, to_channels_last(network).eval())


def _mirrors(axes: Sequence[str]) -> list[tuple[int, ...]]:
    """Every combination of the axes, as array axes; the first is none."""
    combinations: list[tuple[int, ...]] = [()]
    for name in axes:
        combinations += [(*chosen, AXES.index(name)) for chosen in combinations]
    return combinations
