"""The whole road on phantoms of known volume: folds, one training, five new patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from volest.config import load_config
from volest.config.load import CONFIG_FILE, DEFAULT_RECIPE, dump_overrides
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

LABELS, TRUTH = "study/labels.csv", "new/truth.csv"
HEADING = "# What `volest demo` changes in the default recipe."


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

    After an interruption the same call goes on from what is there.

    Raises:
        ConfigError: an override is not allowed.
        RunError: the folder is neither empty nor that of the same demo, or the fold tells no number of a new scan.
    """
    plan, settings = PRESETS[preset], (f"seed={seed}", *RECIPES[preset], *overrides)
    load_config(DEFAULT_RECIPE, settings)  # what is wrong with them is said before anything is made
    _begin(folder, preset, settings)
    labels, truth = folder / LABELS, folder / TRUTH
    if not labels.exists():
        write_phantoms(plan, labels.parent, seed, progress)
    if not truth.exists():
        write_new_patients(plan, truth.parent, seed)
    new, config = read_manifest(truth), load_config(folder / CONFIG_FILE)
    held_out = run_fold(config, 0, progress, resume=True)
    with predicting(RunDirectory(config.run.directory), [str(scan.path) for scan in new], progress) as rows:
        told = list(rows)
    if refusals := [row.refusal for row in told if row.refusal]:
        raise RunError(refusals[0])
    estimates = {Path(row.path).name: row.estimate for row in told if row.estimate}
    return DemoResult(held_out, estimates, [scan.volume_ml for scan in new], config.run.directory)


def _begin(folder: Path, preset: str, settings: Sequence[str]) -> None:
    """Write the configuration first: by it an interrupted demo is known again.

    One that has not begun to train is begun anew with other settings; those it had may be why it came to nothing.
    """
    recipe, places = folder / CONFIG_FILE, (f"data.manifest={LABELS}", "run.directory=run")
    text = f"{HEADING} Preset {preset}.\n{dump_overrides(settings, places)}"
    there = recipe.read_text("utf-8", errors="replace") if recipe.is_file() else ""
    if there == text:
        return
    if there.startswith(HEADING) and not (folder / "run").exists():
        for table in (LABELS, TRUTH):
            (folder / table).unlink(missing_ok=True)
    elif folder.exists() and (not folder.is_dir() or any(not path.name.startswith(".") for path in folder.iterdir())):
        raise RunError(
            f"{folder} is neither an empty folder nor that of the same demo, whose options stand in its {CONFIG_FILE}. "
            "Choose another with `volest demo --directory DIR`."
        )
    atomic.write_text(recipe, text)
