"""Scans as an autoencoder trains on them, and the autoencoder as Lightning drives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor
from torch.utils.data import Dataset

from volest.augmentation.backend import build_augmentation
from volest.augmentation.shadow import Shadow
from volest.augmentation.speckle import Speckle
from volest.augmentation.stream import scan_rng
from volest.config.augmentation import AugmentationConfig
from volest.config.pretraining import PretrainConfig
from volest.config.schema import TrainingConfig
from volest.models.autoencoder import Autoencoder
from volest.preprocessing.intensity import DARKEST_TISSUE
from volest.training.dataset import Key
from volest.training.optimised import Optimised
from volest.training.reconstruction_loss import RECONSTRUCTION_LOSSES
from volest.training.scan_stack import ScanStack

Batch = Float[Tensor, "batch 1 i j k"]
Fan = Bool[Tensor, "batch 1 i j k"]

DEGRADING = ("anisotropy", "blur", "noise", "speckle", "shadow")
"""Augmentations that an autoencoder must not learn to draw: what makes its input worse is set by its variant."""


@dataclass(frozen=True)
class UnlabelledExample:
    """A preprocessed scan to reconstruct.

    Attributes:
        patient_id: None where nobody told.
        voxels: cache entry, intensities in [0, 1] on the grid.
        field: cache entry of the scanned field, dark structures and shadows within it included.
        volume_ml: shown beside the latent of the scan where it is known; nothing learns from it.
    """

    scan_id: str
    patient_id: str | None
    voxels: Path
    field: Path
    volume_ml: float | None = None


class ReconstructionScans(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Batches by keys: what the encoder sees, what the decoder should give, and the fan, each (batch, 1, i, j, k).

    Both rasters are standardised as the seen one, so that what the decoder gives can be put back into [0, 1].

    Args:
        examples: the scans.
        augmentation: drawn for both rasters, without what degrades a scan; None leaves the scans as they are.
        config: what only the encoder has to bear.
        seed: of the draws.
        device: where batches are made.
        memory_gib: that cached scans may take there, and their fields once more.
    """

    def __init__(
        self,
        examples: Sequence[UnlabelledExample],
        augmentation: AugmentationConfig | None,
        config: PretrainConfig,
        seed: int,
        device: str = "cpu",
        memory_gib: float = 0.0,
    ) -> None:
        self.examples = examples
        self.stack = ScanStack([example.voxels for example in examples], device, memory_gib)
        self.fields = ScanStack([example.field for example in examples], device, memory_gib)
        self.augmentation = None if augmentation is None else build_augmentation(undegraded(augmentation))
        self.config = config
        self.speckle, self.shadow = Speckle(config.speckle), Shadow(config.shadow)
        self.seed = seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, keys: Sequence[Key]) -> tuple[Batch, Batch, Fan]:
        positions = [position for _, position in keys]
        scans = torch.cat([self.stack[positions], self.fields[positions]], dim=1)
        rngs = [scan_rng(self.seed, epoch, self.examples[position].scan_id) for epoch, position in keys]
        i, j, k = scans.shape[2:]
        if self.augmentation is not None:
            scans = self.augmentation.apply(scans, [self.augmentation.sample(rng, (i, j, k)) for rng in rngs])
        scans, fan = scans[:, :1].contiguous(), scans[:, 1:] > 0.5
        seen = scans.clone()
        if self.config.variant == "denoising":
            for scan, rng in zip(seen[:, 0], rngs, strict=True):
                scan.copy_(self._degraded(scan, rng))
            seen *= scans > 0
        mean, sd = fan_scale(seen)
        target, seen = (scans - mean) / sd, (seen - mean) / sd
        if self.config.variant == "masked":
            hidden = [self._hidden((i, j, k), rng) for rng in rngs]
            seen = seen.masked_fill(torch.stack(hidden)[:, None].to(seen.device) & fan, 0.0)
        return seen, target, fan

    def _degraded(self, scan: Tensor, rng: np.random.Generator) -> Tensor:
        i, j, k = scan.shape
        if (speckle := self.speckle.sample(rng, (i, j, k))) is not None:
            scan = self.speckle.apply(scan, speckle)
        if (shadow := self.shadow.sample(rng, (i, j, k))) is not None:
            scan = self.shadow.apply(scan, shadow)
        return scan.clamp(0, 1)

    def _hidden(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Bool[Tensor, "i j k"]:
        """Blocks of `block_voxels`, each hidden by a coin of its own, on a lattice that is shifted at random."""
        edge = self.config.block_voxels
        blocks = rng.random([n // edge + 2 for n in shape]) < self.config.hidden_share
        voxels = F.interpolate(torch.from_numpy(blocks)[None, None].float(), scale_factor=edge)[0, 0] > 0.5
        starts = rng.integers(edge, size=3).tolist()
        return voxels[tuple(slice(start, start + n) for start, n in zip(starts, shape, strict=True))]


def undegraded(config: AugmentationConfig) -> AugmentationConfig:
    """The same without what makes a scan worse."""
    return config.without(DEGRADING)


def fan_scale(scans: Batch) -> tuple[Float[Tensor, "batch 1 1 1 1"], Float[Tensor, "batch 1 1 1 1"]]:
    """Mean and standard deviation by which `standardise_` standardises each scan: 0 and 1 where there is no tissue."""
    tissue = (scans > DARKEST_TISSUE).float()
    axes = (1, 2, 3, 4)
    count = tissue.sum(axes, keepdim=True)
    mean = (scans * tissue).sum(axes, keepdim=True) / count.clamp(min=1)
    variance = (((scans - mean) * tissue) ** 2).sum(axes, keepdim=True) / count.clamp(min=1)
    return mean, torch.where(count > 0, variance.clamp(min=1e-6).sqrt(), 1.0)


class Reconstruction(Optimised):
    """Learns to reconstruct."""

    network: Autoencoder

    def __init__(
        self, network: Autoencoder, config: TrainingConfig, loss: str, steps_per_epoch: int, told: str
    ) -> None:
        super().__init__(network, config, steps_per_epoch, "pretrain", told)
        self.loss = RECONSTRUCTION_LOSSES[loss]

    def training_step(self, batch: Sequence[Tensor], batch_idx: int) -> Tensor:
        """Loss of one batch: seen and wanted voxels and the fan.

        Raises:
            TrainingError: the loss is not finite; the checkpoint of the last whole epoch stays as it is.
        """
        seen, target, fan = batch
        self.gradient_norm = None
        loss = self.loss(self.network(self.arranged(seen)), target, fan)
        if not torch.isfinite(loss):
            raise self.diverged(
                f"the loss became {loss.item()} in epoch {self.current_epoch + 1}, step {batch_idx + 1}"
            )
        return loss
