"""A pretrained autoencoder from its files: the encoder that a fold may start from, and what draws its latents."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from volest.errors import RunError
from volest.inference.model_file import LARGEST_BYTES, without_sources
from volest.models.autoencoder import Autoencoder, build_autoencoder
from volest.models.deep_ensemble import DeepEnsemble
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.records.encoder import EncoderRecord, read_encoder_record
from volest.records.file_size import require_size
from volest.records.run import FoldDirectory


@dataclass(frozen=True)
class TrainedAutoencoder:
    """The autoencoder of one fold.

    Attributes:
        decodes: whether its latents can be drawn; runs of earlier versions have kept the encoder alone.
    """

    record: EncoderRecord
    network: Autoencoder
    decodes: bool

    def encode(self, raster: Float[torch.Tensor, "batch 1 i j k"]) -> torch.Tensor:
        """The latent (batch, latent), or the feature map where the decoder takes all of it."""
        if self.decodes and self.network.latent is not None:
            return self.network.encode(raster)
        features: torch.Tensor = self.network.encoder(raster)
        return features

    def draw(self, vectors: Float[np.ndarray, "station latent"]) -> Float[np.ndarray, "station i j k"] | None:
        """Rasters in standardised intensities; None where these vectors are not all that the decoder needs."""
        if not self.decodes or self.network.latent is None:
            return None
        with torch.inference_mode():
            drawn: np.ndarray = self.network.decode(torch.from_numpy(vectors).float())[:, 0].numpy()
        return drawn


def load_autoencoder(directory: FoldDirectory) -> TrainedAutoencoder:
    """Read a fold's pretrained encoder, and the decoder where there is one.

    Raises:
        RunError: a file is missing, damaged, or does not belong to the others.
    """
    record = read_encoder_record(directory.encoder_json)
    regressor = build_network(without_sources(record.model).model_copy(update={"members": 1}), record.grid.shape)
    assert not isinstance(regressor, DeepEnsemble)
    latent = record.pretrain.latent
    network = build_autoencoder(regressor.encoder, latent, record.grid.shape, record.model.name)
    _load(network.encoder, directory.encoder_weights, strict=True)
    decodes = directory.decoder_weights.exists()
    if decodes:
        _load(network, directory.decoder_weights, strict=False)
    to_channels_last(network)
    return TrainedAutoencoder(record, network.eval(), decodes)


def _load(module: nn.Module, path: Path, strict: bool) -> None:
    try:
        require_size(path, LARGEST_BYTES)
        unknown = module.load_state_dict(load_file(path), strict=strict).unexpected_keys
    except (SafetensorError, RuntimeError, OSError) as error:
        raise RunError(f"{path} is damaged or does not fit encoder.json: {error}") from None
    if unknown:
        raise RunError(f"{path} does not fit encoder.json: it holds {unknown[0]!r}, which the network has not.")
