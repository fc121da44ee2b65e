"""A trained network from its two files: numbers and a description, nothing that runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from volest.augmentation.pipeline import Augmented
from volest.errors import RunError
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.preprocessing.intensity import Voxels, standardise
from volest.records.model import ModelRecord, read_model_record
from volest.records.run import FoldDirectory

LARGEST_BATCH = 4
"""Views that pass the network at once: more would only take memory."""


@dataclass(frozen=True)
class TrainedModel:
    """One fold's network, ready to be asked."""

    record: ModelRecord
    network: nn.Module

    def volume_ml(self, views: Sequence[Augmented], fov_ml: float) -> float:
        """Volume of a scan seen in `views`, each (i, j, k) in [0, 1], whose raster, as acquired, spans `fov_ml`.

        The views' estimates, each divided by the volume factor of its view, are averaged.
        """
        scaling = self.record.target
        targets = self._targets([view.voxels for view in views])
        volumes_ml = [scaling.decode(z, fov_ml) / view.volume_factor for z, view in zip(targets, views, strict=True)]
        return scaling.average(volumes_ml)

    def _targets(self, views: Sequence[Voxels]) -> list[float]:
        batch = np.stack([standardise(voxels) for voxels in views])[:, None]
        with torch.inference_mode():
            tensor = torch.from_numpy(batch).contiguous(memory_format=torch.channels_last_3d)
            predicted: list[float] = torch.cat([self.network(part) for part in tensor.split(LARGEST_BATCH)]).tolist()
        return predicted


def load_model(directory: FoldDirectory) -> TrainedModel:
    """Read a fold's network.

    Raises:
        RunError: a file is missing, damaged, or does not belong to the other.
    """
    record = read_model_record(directory.model_json)
    network = build_network(record.model.model_copy(update={"encoder_weights": None, "pretrained": False}), record.grid.shape)
    try:
        network.load_state_dict(load_file(directory.weights))
    except FileNotFoundError:
        raise RunError(f"{directory.weights} does not exist: the fold has not been trained to its end.") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        raise RunError(f"{directory.weights} is damaged or does not fit {directory.model_json.name}: {error}") from None
    return TrainedModel(record, to_channels_last(network).eval())
