"""What TensorBoard shows of a fold; all folds of a run share one logdir, a run per fold."""

import math
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from volest.config import Config, dump_config
from volest.records.history import Row
from volest.training.curves import PartPredictions
from volest.training.dataset import TrainingScans
from volest.training.figures import agreement_figure, bland_altman_figure

TIMES = 10
"""How often in a training its curves are judged, and a pretraining draws pictures."""

LAYOUT = {
    "Generalisation": {
        "MAE (mL), training and held out": ["Multiline", ["mae_ml/train", "mae_ml/val"]],
        "MAPE (%), training and held out": ["Multiline", ["mape_percent/train", "mape_percent/val"]],
        "R2, training and held out": ["Multiline", ["r2/train", "r2/val"]],
    }
}
SHOWN_SCANS = 4


class TensorBoardWriter:
    """Curves every epoch; pictures of the augmented scans and of the agreement `training.pictures` times."""

    def __init__(self, folder: Path, config: Config, scans: TrainingScans, first_epoch: int) -> None:
        self.writer = SummaryWriter(str(folder), purge_step=first_epoch)
        self.scans = scans
        self.epochs = config.training.epochs
        self.pictures = config.training.pictures
        if first_epoch == 0:
            self.writer.add_custom_scalars(LAYOUT)
            self.writer.add_text("configuration", f"```yaml\n{dump_config(config)}```")
        self.config = config

    def __enter__(self) -> "TensorBoardWriter":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.writer.close()

    def epoch(self, row: Row, parts: dict[str, PartPredictions]) -> None:
        """Write one epoch."""
        epoch = int(row["epoch"])
        for name, value in row.items():
            if name != "epoch" and not math.isnan(value):
                self.writer.add_scalar(tag(name), value, epoch)
        last = epoch == self.epochs - 1
        if self.pictures and (epoch % max(1, self.epochs // self.pictures) == 0 or last):
            self.writer.add_figure("agreement/predicted against reference", agreement_figure(parts), epoch)
            self.writer.add_figure("agreement/Bland-Altman", bland_altman_figure(parts), epoch)
            self.writer.add_image("augmented batch", self._augmented(epoch), epoch, dataformats="HW")
        if last:
            final = {f"final/{name}": row[name] for name in ("train_mae_ml", "val_mae_ml", "val_r2")}
            self.writer.add_hparams(_hyper_parameters(self.config), final, run_name=".")

    def finding(self, sentence: str, epoch: int) -> None:
        """Write what the curves tell so far; the capital letter puts it above the configuration."""
        self.writer.add_text("Findings", sentence, epoch)

    def _augmented(self, epoch: int) -> np.ndarray:
        """Mid-slices (height, width) in [0, 1]: a column a scan; planes jk, ik, ij below one another."""
        shown = self.scans[[(epoch, n) for n in range(min(SHOWN_SCANS, len(self.scans)))]][0][:, 0].cpu().numpy()
        return np.hstack([_planes((voxels - voxels.min()) / np.ptp(voxels)) for voxels in shown])


def tag(name: str) -> str:
    """train_mae_ml becomes mae_ml/train, so that TensorBoard puts both parts into one section."""
    part, _, metric = name.partition("_")
    return f"{metric}/{part}" if part in ("train", "val") else f"optimisation/{name}"


def _planes(voxels: np.ndarray) -> np.ndarray:
    i, j, k = (n // 2 for n in voxels.shape)
    planes: Sequence[np.ndarray] = (voxels[i].T, voxels[:, j].T, voxels[:, :, k].T)
    width = max(plane.shape[1] for plane in planes)
    return np.vstack([np.pad(plane, ((0, 2), (0, width + 2 - plane.shape[1]))) for plane in planes])


def _hyper_parameters(config: Config) -> dict[str, str | int | float | bool]:
    """Flat numbers and words of the model and training sections."""
    sections = {"model": config.model, "training": config.training, "preprocessing": config.preprocessing}
    flat = {
        f"{name}.{key}": value for name, part in sections.items() for key, value in part.model_dump(mode="json").items()
    }
    return {"seed": config.seed, **{key: v if isinstance(v, str | int | float) else str(v) for key, v in flat.items()}}
