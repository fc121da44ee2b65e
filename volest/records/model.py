"""`model.json` and `model.safetensors`: all that a prediction needs. Data alone: reading them runs no code."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from volest.config.augmentation import AugmentationConfig
from volest.config.schema import COARSEST_MM, FINEST_MM, ModelConfig, require_percentiles
from volest.geometry import Grid
from volest.records import atomic
from volest.records.damage import read_json

LARGEST_BYTES = 2**20
"""Of `model.json`, which has some thousand."""

MOST_VIEWS, MOST_VOXELS, MOST_PARTS = 1024, 1024**3, 256
"""Of a scan, of a grid, and of a network: beyond them lie mistakes and mischief."""

TargetKind = Literal["log_ml", "ml", "log_fraction", "fraction"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TargetScaling(_Data):
    """Between millilitres and the standardised number that the network predicts.

    Attributes:
        kind: the quantity that is standardised: mL, its natural logarithm, or the fraction of the field of view.
        mean: of the quantity over the training patients of the fold.
        sd: its standard deviation there.
        intercept: in standard deviations, added to what the network predicts where `training.recalibrate` asks for it;
            volumes are decoded with it and encoded without.
    """

    kind: TargetKind
    mean: float
    sd: float = Field(gt=0)
    intercept: float = 0.0

    def encode(self, volume_ml: float, fov_ml: float) -> float:
        """Millilitres to the network's target."""
        quantity = volume_ml / fov_ml if self.kind in ("fraction", "log_fraction") else volume_ml
        return ((math.log(quantity) if self.kind.startswith("log") else quantity) - self.mean) / self.sd

    def decode(self, target: float, fov_ml: float) -> float:
        """The network's target to millilitres."""
        quantity = self.quantity(target)
        with np.errstate(over="ignore"):  # infinite, which whoever asks will notice
            quantity = float(np.exp(quantity)) if self.kind.startswith("log") else quantity
        return quantity * fov_ml if self.kind in ("fraction", "log_fraction") else quantity

    def quantity(self, target: float) -> float:
        """What was standardised, of the network's target."""
        return (target + self.intercept) * self.sd + self.mean

    def share_of_volume(self, target: float, deviation: float) -> float:
        """What a deviation from the network's target, a small one, is of the volume there."""
        quantity = 1.0 if self.kind.startswith("log") else abs(self.quantity(target))
        return deviation * self.sd / max(quantity, 1e-9)

    def average(self, volumes_ml: Sequence[float]) -> float:
        """Mean of several estimates of one volume; geometric where the network predicts logarithms."""
        # Of a volume too small for a number the logarithm is minus infinity, and the mean of both infinities is none.
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.exp(np.mean(np.log(volumes_ml))) if self.kind.startswith("log") else np.mean(volumes_ml))


class TrainingRange(_Data):
    """What the training scans spanned, so that a prediction can say when it leaves it."""

    volume_ml: tuple[float, float]
    spacing_mm: tuple[float, float]
    field_of_view_ml: tuple[float, float]


class ModelRecord(_Data):
    """One trained network.

    Attributes:
        grid: raster that the network sees.
        clip_percentiles: of intensities inside the fan, mapped to [0, 1].
        views: of a scan that a prediction averages; the first is the scan itself.
        moved_by: augmentation that the other views are drawn from.
        weights_sha256: of `model.safetensors`; None until that is written.
    """

    volest_version: str
    fold: int
    seed: int
    model: ModelConfig
    grid: Grid
    clip_percentiles: tuple[float, float]
    target: TargetScaling
    views: int = Field(ge=1, le=MOST_VIEWS)
    moved_by: AugmentationConfig
    trained_on: TrainingRange
    weights_sha256: str | None = None

    @field_validator("model")
    @classmethod
    def _is_built_in_time(cls, model: ModelConfig) -> ModelConfig:
        if max(*model.blocks, model.members) > MOST_PARTS:
            raise ValueError(
                f"a network of {model.blocks} blocks and {model.members} members is none that volest trains"
            )
        return model

    @field_validator("grid")
    @classmethod
    def _holds_in_memory(cls, grid: Grid) -> Grid:
        if min(grid.shape) < 1 or math.prod(grid.shape) > MOST_VOXELS:
            raise ValueError(f"a grid of {grid.shape} voxels is none that a network was trained on")
        if grid.spacing_mm is not None and not FINEST_MM <= grid.spacing_mm <= COARSEST_MM:
            raise ValueError(f"a grid of {grid.spacing_mm} mm is none that a network was trained on")
        return grid

    @field_validator("clip_percentiles")
    @classmethod
    def _are_percentiles(cls, clip_percentiles: tuple[float, float]) -> tuple[float, float]:
        require_percentiles(clip_percentiles)
        return clip_percentiles

    @model_validator(mode="after")
    def _views_hold_in_memory(self) -> "ModelRecord":
        if self.views * math.prod(self.grid.shape) > MOST_VOXELS:
            raise ValueError(f"{self.views} views of {self.grid.shape} voxels are more than a prediction makes")
        return self


def write_model_record(record: ModelRecord, path: Path) -> None:
    """Write `model.json`."""
    atomic.write_text(path, record.model_dump_json(indent=2) + "\n")


def read_model_record(path: Path) -> ModelRecord:
    """Read `model.json`.

    Raises:
        RunError: no such file, or its content is not that of a model.
    """
    return read_json(
        path, ModelRecord.model_validate_json, ": the fold has not been trained to its end.", LARGEST_BYTES
    )
