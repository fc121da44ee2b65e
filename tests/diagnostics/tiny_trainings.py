"""Studies that are trained in seconds: balls of known volume anywhere in quiet noise, one scan a patient.

Inside a ball the grey levels of neighbours alternate about the grey of what is around it. A convolution sees that at
once; the thumbnail of the baseline, which averages two voxels along each axis, sees nothing but the border.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import numpy as np

from volest.config import load_config
from volest.config.augmentation import AugmentationConfig
from volest.config.diagnosis import DiagnosisConfig
from volest.config.load import DEFAULT_RECIPE
from volest.diagnostics.diagnosis import diagnose
from volest.diagnostics.run_records import read_run_records
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.records.folds import Folds, write_folds
from volest.records.manifest import Manifest, Scan, write_manifest

VOXELS, SPACING_MM = 24, 3.0
GREY, PATTERN, NOISE = 120, 40, 4
SMALLEST_ML, LARGEST_ML = 9, 55
LABEL_SD = 0.1
"""Whoever measured the volumes was no better than that; no network can be, and none is far from it."""

RECIPE = (
    "split.folds=2",
    "preprocessing.shape=[24, 24, 24]",
    "preprocessing.spacing_mm=3.0",
    "augmentation.flip={probability: 0.5, axes: [i, j, k]}",
    *(
        f"augmentation.{name}.probability=0"
        for name in AugmentationConfig.model_fields
        if name not in {"enabled", "backend", "copies", "follow", "flip"}
    ),
    "model.widths=[4, 4, 4, 8]",
    "model.norm=batch",
    "training.epochs=40",
    "training.batch_size=10",
    "training.learning_rate=0.008",
    "training.ema_decay=0.95",
    "training.threads=1",
    "training.workers=0",
    "training.device=cpu",
    "training.pictures=0",  # they take half of so small a training
)


@dataclass
class Study:
    """Scans that can be spoilt, and the recipe that learns them.

    Attributes:
        voxels: by scan_id.
        overrides: of the recipe.
        folds: of each patient; volest deals them where there are none.
        patches: things of volest that are replaced while it trains, by name.
    """

    rng: np.random.Generator
    scans: list[Scan]
    voxels: dict[str, np.ndarray]
    overrides: list[str] = field(default_factory=list)
    folds: dict[str, int] = field(default_factory=dict)
    patches: dict[str, object] = field(default_factory=dict)


def balls(seed, patients):
    """Volumes even in their logarithm, from two devices that do not differ."""
    rng = np.random.default_rng([6, seed])
    scans, voxels = [], {}
    for n, volume_ml in enumerate(np.geomspace(SMALLEST_ML, LARGEST_ML, patients).tolist()):
        name = f"p{n:03d}"
        reference_ml = volume_ml * np.exp(rng.normal(0, LABEL_SD))
        scans.append(Scan(name, name, Path(f"{name}.nrrd"), reference_ml, device="AB"[int(rng.integers(2))]))
        voxels[name] = _ball(volume_ml, rng)
    return Study(rng, scans, voxels)


def _ball(volume_ml, rng):
    radius_mm = (3 * 1000 * volume_ml / (4 * np.pi)) ** (1 / 3)
    axis = (np.arange(VOXELS) - (VOXELS - 1) / 2) * SPACING_MM
    centre = rng.uniform(-7, 7, size=3)
    distance = np.sqrt(sum(np.square(g - c) for g, c in zip(np.meshgrid(axis, axis, axis), centre, strict=True)))
    inside = np.clip(0.5 + (radius_mm - distance) / SPACING_MM, 0, 1)  # a voxel that is cut holds a part
    alternating = 1 - 2 * (np.indices(inside.shape).sum(axis=0) % 2)
    return GREY + rng.normal(0, NOISE, inside.shape) + PATTERN * inside * alternating


def train(study, folder, seed):
    """All folds of the study, below `folder`; the diagnosis of what they leave behind."""
    from volest.experiments.cross_validation import cross_validate
    from volest.progress import Silent

    for scan in study.scans:
        voxels = np.clip(study.voxels[scan.scan_id], 0, 255).astype(np.uint8)
        write_nrrd(Image(voxels, np.diag([SPACING_MM] * 3 + [1.0])), folder / scan.path)
    write_manifest(Manifest(tuple(replace(s, path=folder / s.path) for s in study.scans)), folder / "manifest.csv")
    places = [f"data.manifest={folder / 'manifest.csv'}", f"run.directory={folder / 'run'}", f"seed={seed}"]
    places.append(f"preprocessing.cache={folder / 'cache'}")
    if study.folds:
        write_folds(Folds(study.folds), folder / "folds.csv")
        places.append(f"data.folds={folder / 'folds.csv'}")
    with ExitStack() as replaced:
        for name, replacement in study.patches.items():
            replaced.enter_context(mock.patch(name, replacement))
        cross_validate(load_config(DEFAULT_RECIPE, [*RECIPE, *study.overrides, *places]), Silent())
    return diagnose(read_run_records(folder / "run"), DiagnosisConfig(), seed=0)
