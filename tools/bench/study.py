"""What is trained on: phantoms, and the transrectal ultrasound set where it lies beside the repository."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bench.options import Options
from volest.config import Config, load_config
from volest.config.load import DEFAULT_RECIPE
from volest.experiments.demo import RECIPES
from volest.experiments.fold import fold_data
from volest.experiments.preparation import prepare_run
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.preprocessing.cache import load_entry
from volest.preprocessing.intensity import standardise
from volest.progress import Silent
from volest.training.dataset import Example
from volest.training.fit import FoldData

ROOT = Path(__file__).parents[2]
FINE_SCANS = 30
TRUS = ROOT / "../shared/data/trus/labels.csv"


@dataclass(frozen=True)
class Study:
    """The first fold of a study, preprocessed."""

    name: str
    config: Config
    data: FoldData

    def tensors(self, examples: Sequence[Example], standardised: bool = True) -> tuple[Tensor, Tensor]:
        """Voxels (scans, 1, i, j, k) in memory as float32, and targets (scans,)."""
        voxels = [load_entry(e.voxels) for e in examples]
        if standardised:
            voxels = [standardise(v) for v in voxels]
        targets = [self.data.target.encode(e.volume_ml, e.fov_ml) for e in examples]
        return torch.stack([torch.from_numpy(v)[None] for v in voxels]), torch.tensor(targets)

    def with_overrides(self, *overrides: str) -> Config:
        """The configuration with other values; the recipe is not asked for again."""
        return override(self.config, *overrides)

    def __str__(self) -> str:
        i, j, k = self.data.shape
        return f"{self.name}: {len(self.data.training)} + {len(self.data.held_out)} scans on {i}x{j}x{k}"


def override(config: Config, *overrides: str) -> Config:
    """A validated copy with `section.key=value` replaced."""
    tree = config.model_dump()
    for text in overrides:
        key, _, value = text.partition("=")
        *sections, name = key.split(".")
        branch = tree
        for section in sections:
            branch = branch[section]
        branch[name] = value
    return Config.model_validate(tree)


def studies(options: Options) -> Iterator[Study]:
    """Phantoms, then TRUS if it is there."""
    yield phantoms(options)
    if TRUS.exists():
        yield _trus(options, "trus", "preprocessing.spacing_mm=3.0")


def fine_studies(options: Options) -> Iterator[Study]:
    """Rasters that one would train on given time: TRUS at its own 1.5 mm, if it is there, and phantoms of 96^3."""
    if TRUS.exists():
        yield _trus(options, "trus-fine", "preprocessing.spacing_mm=1.5", "model.stem_stride=2")
    run = f"run.directory={options.work / 'phantoms-fine'}"
    yield first_fold("phantoms", large_recipe(options, FINE_SCANS, "preprocessing.shape=[96, 96, 96]", run))


def _trus(options: Options, run: str, *overrides: str) -> Study:
    """The transrectal scans on a finer grid than their recipe's, and one network of it that learns volumes alone."""
    one = (
        "preprocessing.shape=null",
        "model.members=1",
        "model.mask_head=false",
        f"run.directory={options.work / run}",
    )
    return first_fold("TRUS", load_config(ROOT / "configs/trus.yaml", [*options.overrides, *one, *overrides]))


def phantoms(options: Options) -> Study:
    """The small preset with the demo's recipe."""
    labels = write_phantoms(PRESETS["small"], options.work / "phantoms", options.seed)
    run = f"run.directory={options.work / 'phantoms-run'}"
    recipe = [*RECIPES["small"], *options.overrides, f"data.manifest={labels}", run]
    return first_fold("phantoms", load_config(DEFAULT_RECIPE, recipe))


def large_recipe(options: Options, scans: int, *overrides: str) -> Config:
    """Phantoms of 128^3 on a grid of 128^3."""
    preset = replace(PRESETS["question"], patients=5, scans=scans)
    labels = write_phantoms(preset, options.work / f"large-{scans}", options.seed)
    grid = ["preprocessing.shape=[128, 128, 128]", "split.folds=5"]
    return load_config(DEFAULT_RECIPE, [*options.overrides, f"data.manifest={labels}", *grid, *overrides])


def first_fold(name: str, config: Config) -> Study:
    """Audit and preprocess the scans that fold 0 trains on and holds out."""
    shutil.rmtree(config.run.directory, ignore_errors=True)  # of an earlier recipe, where the work folder was kept
    run = prepare_run(config, Silent())
    data, _ = fold_data(run, 0, Silent())
    return Study(name, config, data)
