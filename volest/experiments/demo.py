"""The whole road on phantoms of known volume: folds, one training, five new patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from volest.config import dump_config, load_config
from volest.config.load import CONFIG_FILE, DEFAULT_RECIPE
from volest.config.schema import DataConfig, RunConfig
from volest.errors import RunError
from volest.experiments.fold import run_fold
from volest.inference.prediction import predicting
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_new_patients, write_phantoms
from volest.progress import Progress
from volest.records import atomic
from volest.records.estimates import Estimate
from volest.records.manifest import read_manifest
from volest.records.predictions import Prediction
from volest.records.run import RunDirectory

RECIPES: dict[str, tuple[str, ...]] = {
    "small": ("preprocessing.voxel_budget=32768", "training.epochs=80", "training.learning_rate=0.001"),
    "question": (),
}
"""What each preset changes in the default recipe: the small one must end in minutes on two cores."""


@dataclass(frozen=True)
class DemoResult:
    """What the demo shows.

    Attributes:
        held_out: the fold's predictions.
        estimates: of the new patients' scans, by file name.
        truth_ml: their volumes, in the same order.
        run: where the records lie.
    """

    held_out: Sequence[Prediction]
    estimates: Mapping[str, Estimate]
    truth_ml: Sequence[float]
    run: Path


def run_demo(folder: Path, preset: str, seed: int, progress: Progress, overrides: Sequence[str] = ()) -> DemoResult:
    """Make a study in `folder`, train its first fold, and predict scans of patients that were never in it.

    Raises:
        RunError: the folder is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} is not an empty folder. Choose another with `volest demo --directory DIR`.")
    plan = PRESETS[preset]
    labels = write_phantoms(plan, folder / "study", seed, progress)
    new = read_manifest(write_new_patients(plan, folder / "new", seed))
    recipe = load_config(DEFAULT_RECIPE, [f"seed={seed}", *RECIPES[preset], *overrides])
    places = {"data": DataConfig(manifest=labels.relative_to(folder)), "run": RunConfig(directory=Path("run"))}
    atomic.write_text(folder / CONFIG_FILE, dump_config(recipe.model_copy(update=places)))
    config = load_config(folder / CONFIG_FILE)
    held_out = run_fold(config, 0, progress)
    with predicting(RunDirectory(config.run.directory), [str(scan.path) for scan in new], progress) as rows:
        estimates = {Path(row.path).name: row.estimate for row in rows if row.estimate}  # phantoms are never refused
    return DemoResult(held_out, estimates, [scan.volume_ml for scan in new], config.run.directory)
