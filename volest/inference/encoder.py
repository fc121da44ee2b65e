"""What turns a scan into features: the encoder of a fold's network."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from volest.errors import ModelError
from volest.geometry import Grid
from volest.inference.autoencoder import TrainedAutoencoder, load_autoencoder
from volest.inference.model import LARGEST_BATCH, load_model
from volest.preprocessing.cache import load_entry
from volest.preprocessing.intensity import standardise
from volest.records.run import FoldDirectory

FEWEST_FEATURES = 2


@dataclass(frozen=True)
class FoldEncoder:
    """The encoder of one fold.

    Attributes:
        kind: what it was trained for, in words.
        grid: raster that it sees.
        clip_percentiles: of intensities inside the fan, mapped to [0, 1].
        encode: voxels (batch, 1, i, j, k) to features (batch, channel, i', j', k') or (batch, channel).
        autoencoder: that can draw the latents; None for a network.
    """

    kind: str
    grid: Grid
    clip_percentiles: tuple[float, float]
    encode: Callable[[Tensor], Tensor]
    autoencoder: TrainedAutoencoder | None = None

    def latents(self, entries: Iterable[Path]) -> Float[np.ndarray, "scan feature"]:
        """Features of preprocessed scans, averaged over space; a row per scan.

        Args:
            entries: files of the cache of this grid and clipping.

        Raises:
            ModelError: the encoder gives its estimate and no features.
        """
        rasters = [torch.from_numpy(standardise(load_entry(entry))) for entry in entries]
        with torch.inference_mode():
            rows = torch.cat([self._pooled(batch) for batch in torch.stack(rasters)[:, None].split(LARGEST_BATCH)])
        if rows.shape[1] < FEWEST_FEATURES:
            raise ModelError(
                f"the encoder gives {rows.shape[1]} number per scan, which is its estimate: it has no latent space. "
                "Take a network whose features are averaged before a head, such as resnet or timm:NAME."
            )
        return rows.double().numpy()

    def _pooled(self, batch: Tensor) -> Tensor:
        features = self.encode(batch.contiguous(memory_format=torch.channels_last_3d))
        if isinstance(features, tuple):  # MONAI's transformers return their hidden states too
            features = features[0]
        return features.flatten(2).mean(2) if features.ndim > 2 else features


def network_encoder(directory: FoldDirectory) -> FoldEncoder:
    """The encoder of a fold's network.

    Raises:
        RunError: a file is missing, damaged, or does not belong to the other.
    """
    model = load_model(directory)
    encoder = cast(Callable[[Tensor], Tensor], model.network.encoder)
    return FoldEncoder("the network of each fold", model.record.grid, model.record.clip_percentiles, encoder)


def pretrained_encoder(directory: FoldDirectory) -> FoldEncoder:
    """The encoder of a fold's autoencoder; its latent where the decoder was kept, else its features.

    Raises:
        RunError: a file is missing, damaged, or does not belong to the others.
    """
    trained = load_autoencoder(directory)
    record = trained.record
    return FoldEncoder("the autoencoder of each fold", record.grid, record.clip_percentiles, trained.encode, trained)
