"""What TensorBoard shows of a pretraining: curves, scans beside their reconstructions, and where each scan lies."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from volest.config import Config, dump_config
from volest.models.autoencoder import Autoencoder
from volest.records.history import Row
from volest.training.reconstruction import ReconstructionScans
from volest.training.tensorboard import TIMES, tag

SHOWN_SCANS = 3
GREY_SD = 2.5
"""Standardised intensities to either side that black and white stand for."""


class PretrainingBoard:
    """Curves every epoch; triptychs `TIMES` times; the embedding of all scans at the end."""

    def __init__(self, folder: Path, config: Config, scans: ReconstructionScans, first_epoch: int) -> None:
        self.writer = SummaryWriter(str(folder), purge_step=first_epoch)
        self.scans = scans
        self.epochs = config.pretrain.epochs
        self.every = max(1, self.epochs // TIMES)
        if first_epoch == 0:
            self.writer.add_text("configuration", f"```yaml\n{dump_config(config)}```")

    def __enter__(self) -> "PretrainingBoard":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.writer.close()

    def epoch(self, row: Row, network: Autoencoder) -> None:
        """Write one epoch."""
        epoch = int(row["epoch"])
        for name, value in row.items():
            if name != "epoch":
                self.writer.add_scalar(tag(name), value, epoch)
        if epoch % self.every == 0 or epoch == self.epochs - 1:
            shown = self.scans[[(0, n) for n in range(min(SHOWN_SCANS, len(self.scans)))]]
            image = triptychs(shown[0], reconstruct(network, shown[0]), shown[1])
            self.writer.add_image("input, reconstruction, difference", image, epoch, dataformats="HW")

    def embedding(self, latents: np.ndarray) -> None:
        """Write the latent of every scan, named by scan, patient and volume."""
        names = [
            [example.scan_id, example.patient_id or "", "" if example.volume_ml is None else f"{example.volume_ml:.1f}"]
            for example in self.scans.examples
        ]
        header = ["scan", "patient", "volume (mL)"]
        self.writer.add_embedding(latents, names, metadata_header=header, global_step=self.epochs, tag="latent")


@torch.no_grad()
def reconstruct(network: Autoencoder, voxels: Tensor) -> Tensor:
    """As an evaluation would, whatever the network is doing; on the CPU."""
    training = network.training
    network.eval()
    try:
        return network(voxels.to(next(network.parameters()).device)).float().cpu()
    finally:
        network.train(training)


def triptychs(seen: Tensor, reconstruction: Tensor, target: Tensor) -> np.ndarray:
    """Mid-slices (height, width) in [0, 1]: a row a scan; input, output and difference, each in planes jk, ik, ij."""
    rows = [
        np.hstack(
            [_planes(grey(part[n, 0].cpu().numpy())) for part in (seen, reconstruction, reconstruction - target.cpu())]
        )
        for n in range(len(seen))
    ]
    return np.vstack(rows)


def grey(standardised: np.ndarray) -> np.ndarray:
    """Standardised intensities as grey levels in [0, 1]."""
    return np.clip((standardised / GREY_SD + 1) / 2, 0, 1)


def _planes(voxels: np.ndarray) -> np.ndarray:
    i, j, k = (n // 2 for n in voxels.shape)
    planes: Sequence[np.ndarray] = (voxels[i].T, voxels[:, j].T, voxels[:, :, k].T)
    height = max(plane.shape[0] for plane in planes)
    return np.hstack([np.pad(plane, ((0, height + 2 - plane.shape[0]), (0, 2))) for plane in planes])
