"""The recipe of a run, made short enough to be trained several times over."""

from volest.config import Config
from volest.config.schema import DataConfig, RunConfig
from volest.geometry import Grid
from volest.records.run import RunDirectory

EPOCHS = 60
WARMUP_EPOCHS = 3.0
VOXEL_BUDGET = 32**3

RESIZING = ("zoom", "elastic")
"""Augmentations that change the volume. The target follows them, and so gives labels away: from a zoom alone, a network
that was trained on permuted labels would learn that large is more."""

PLACING = ("rotation", "translation", "anisotropy", "blur", "speckle", "depth_gain", "shadow", "fan_crop")
"""Augmentations that mean something only where neighbours are neighbours."""


def shortened(config: Config, run: RunDirectory, directory: RunDirectory) -> Config:
    """Few epochs on few voxels, one network, no masks.

    Args:
        config: of the run.
        run: with the scans and the folds.
        directory: where the control writes.
    """
    preprocessing, training = config.preprocessing, config.training
    budget = min(VOXEL_BUDGET, preprocessing.voxel_budget)
    epochs, warmup = min(EPOCHS, training.epochs), min(WARMUP_EPOCHS, training.warmup_epochs)
    return config.model_copy(
        update={
            "run": RunConfig(directory=directory.path),
            "data": DataConfig(manifest=run.manifest, folds=run.folds, covariates=()),
            "preprocessing": preprocessing.model_copy(
                update={"spacing_mm": None, "shape": None, "voxel_budget": budget}
            ),
            "model": config.model.model_copy(update={"members": 1, "mask_head": False}),
            "training": training.model_copy(update={"epochs": epochs, "warmup_epochs": warmup, "views": 1}),
        }
    )


def for_permuted(config: Config, directory: RunDirectory) -> Config:
    """The same without augmentation that changes the volume, for labels that are not true."""
    augmentation = config.augmentation.without(RESIZING)
    return config.model_copy(update={"run": RunConfig(directory=directory.path), "augmentation": augmentation})


def for_altered(config: Config, run: RunDirectory, directory: RunDirectory, grid: Grid) -> Config:
    """The same for scans that were written on the grid: none is interpolated again, and nothing is moved in them.

    Args:
        config: of the control on unchanged scans.
        run: with the manifest of the altered scans in place of its own.
        directory: where the control writes.
        grid: that they were written on.
    """
    pinned = {"shape": grid.shape, "spacing_mm": grid.spacing_mm, "clip_percentiles": (0.0, 100.0)}
    return config.model_copy(
        update={
            "run": RunConfig(directory=directory.path),
            "data": config.data.model_copy(update={"manifest": run.manifest}),
            "preprocessing": config.preprocessing.model_copy(update=pinned),
            "augmentation": config.augmentation.without((*RESIZING, *PLACING)),
        }
    )
