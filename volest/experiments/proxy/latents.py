"""Where an encoder that learnt elsewhere puts the scans."""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from volest.experiments.embedding import cached
from volest.experiments.fold import fold_grid
from volest.experiments.preparation import PreparedRun
from volest.inference.encoder import FoldEncoder
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.preprocessing.cache import ScanCache, default_cache
from volest.progress import Progress, watch
from volest.records.manifest import Scan


def encoder_latents(run: PreparedRun, scans: Sequence[Scan], progress: Progress) -> Float[np.ndarray, "scan feature"]:
    """Features of the encoder with the weights of `model.encoder_weights`, standardised over the scans.

    Raises:
        ModelError: the weights do not fit, or the encoder has no latent space.
    """
    settings, grid = run.config.preprocessing, fold_grid(run, 0)
    with torch.random.fork_rng(devices=[]):  # the head is drawn, and not used
        network = build_network(run.config.model.model_copy(update={"members": 1}), grid.shape)
    encode = cast(Callable[[Tensor], Tensor], to_channels_last(network).eval().encoder)
    cache = ScanCache(settings.cache or default_cache(), grid, settings.clip_percentiles)
    encoder = FoldEncoder("the encoder of the recipe", grid, settings.clip_percentiles, encode)
    vectors = encoder.latents([cached(scan, cache) for scan in watch(scans, "proxy: preparing scans", progress)])
    sd = vectors.std(axis=0)
    return (vectors - vectors.mean(axis=0)) / np.where(sd > 0, sd, 1.0)
