"""A trained network from its two files: numbers and a description, nothing that runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from volest.augmentation.pipeline import Augmented
from volest.errors import RunError
from volest.inference.distance import TraitDistance
from volest.inference.model_file import require_own_weights, without_sources
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.preprocessing.intensity import Voxels, standardise
from volest.records.model import ModelRecord, read_model_record
from volest.records.reference import read_reference
from volest.records.run import FoldDirectory

LARGEST_BATCH = 4
"""Views that pass the network at once: more would only take memory."""


@dataclass(frozen=True)
class TrainedModel:
    """One fold's network, ready to be asked.

    Attributes:
        usual: distance of a scan from its training scans, by trait; empty where the run does not say how they look.
    """

    record: ModelRecord
    network: nn.Module
    usual: Mapping[str, TraitDistance] = field(default_factory=dict)

    def volume_ml(self, views: Sequence[Augmented], fov_ml: float) -> float:
        """Volume of a scan seen in `views`: the mean of what each view says."""
        return self.record.target.average(self.volumes_ml(views, fov_ml))

    def volumes_ml(self, views: Sequence[Augmented], fov_ml: float) -> list[float]:
        """Volume of a scan by each view, (i, j, k) in [0, 1], whose raster, as acquired, spans `fov_ml`.

        Each is divided by the volume factor of its view.
        """
        scaling = self.record.target
        targets = self._targets([view.voxels for view in views])
        return [scaling.decode(z, fov_ml) / view.volume_factor for z, view in zip(targets, views, strict=True)]

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
    config = without_sources(record.model)
    require_own_weights(directory, config, record.grid.shape, record.weights_sha256)
    network = build_network(config, record.grid.shape)
    try:
        network.load_state_dict(load_file(directory.weights))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise RunError(f"{directory.weights} is damaged or does not fit {directory.model_json.name}: {error}") from None
    known = read_reference(directory.reference) if directory.reference.exists() else {}
    usual = {name: TraitDistance(name, rows) for name, rows in known.items()}
    return TrainedModel(record, to_channels_last(network).eval(), usual)
