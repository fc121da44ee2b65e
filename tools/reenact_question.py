"""The question that volest was born from, on phantoms of known volume, and what volest says of it.

200 scans of 30 patients (preset `question`) at 48^3 (`--voxels`). Once as the question did it: the rasters lose their
spacing, copies are zoomed and cropped offline and keep their label, RasterNet learns mL by mean squared error with
Adam's settings and no weight decay; and once by the default recipe on the scans as they are. Prints figures and
verdicts as Markdown. Half an hour on one core; what is finished in FOLDER is kept. A third recipe, `drawn`, learns from
masks of the training scans too.

    python tools/reenact_question.py /tmp/question > docs/measurements/question.md
    python tools/reenact_question.py /tmp/question64 --voxels 64 --folds 5 --recipes drawn
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench.recipes import DRAWN
from scipy import ndimage

from volest.cli.bars import Bars
from volest.cli.diagnosis import judge_run
from volest.config.load import DEFAULT_RECIPE, load_config
from volest.diagnostics.diagnosis import Diagnosis
from volest.experiments.cross_validation import cross_validate
from volest.geometry import centred_affine
from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.phantoms.population import PRESETS, PhantomPreset
from volest.phantoms.study import write_phantoms
from volest.records.manifest import Manifest, Scan, read_manifest, write_manifest
from volest.records.metrics import Metrics

FIELD_MM = (82.0, 98.5)
"""Edges of the rasters, however many voxels they have."""

ASSUMED_FIELD_MM = 90.0
"""What is written in place of each raster's own: arrays were all that the question kept."""

ZOOM = (0.875, 1.125)
"""Of the copies, the same along all axes: a label error of 19% on average, as in the question."""

SHIFT_VOXELS = 3.0
"""By which the crop misses the middle at most."""

QUESTION = (
    "model.name=rasternet",
    "training.target=ml",
    "training.loss=mse",
    "training.learning_rate=0.001",
    "training.warmup_epochs=0",
    "training.weight_decay=0",
    "training.ema_decay=0",
    "training.gradient_clip=null",
    "training.batch_size=8",
    "augmentation.enabled=false",
)


def main() -> None:
    """Make the scans, run both recipes, print what is found."""
    arguments = _arguments()
    folder, seed = arguments.folder, arguments.seed
    study = folder / "study" / "labels.csv"
    if not study.exists():
        write_phantoms(shrunk(arguments.voxels), study.parent, seed, Bars(), masks=True)
    copied = folder / "copied" / "labels.csv"
    if "question" in arguments.recipes and not copied.exists():
        write_copies(read_manifest(study), copied, arguments.copies, np.random.default_rng([seed, 1]))
    all_voxels = arguments.voxels**3
    recipes = {
        "question": (DEFAULT_RECIPE, copied, [*QUESTION, *_grid(arguments.voxels)], arguments.question_epochs),
        # As few voxels as `volest demo` trains on.
        "default": (DEFAULT_RECIPE, study, [_budget(min(32**3, all_voxels))], arguments.default_epochs),
        "drawn": (DRAWN, study, [_budget(all_voxels)], arguments.drawn_epochs),
    }
    for name in arguments.recipes:
        file, manifest, settings, epochs = recipes[name]
        overrides = [*settings, f"training.epochs={epochs}"]
        shared = (f"seed={seed}", f"split.folds={arguments.folds}", "training.threads=1", "training.workers=0")
        run = folder / f"run_{name}"
        places = (f"data.manifest={manifest}", f"run.directory={run}", f"preprocessing.cache={folder / 'cache'}")
        config = load_config(file, [*overrides, *arguments.set, *shared, *places])
        start = time.perf_counter()
        metrics = cross_validate(config, Bars())
        seconds = time.perf_counter() - start
        _print(name, [*overrides, *arguments.set, *shared], metrics, judge_run(run), seconds)


def shrunk(voxels: int) -> PhantomPreset:
    """The patients of the question in rasters of fewer voxels."""
    low_mm, high_mm = (edge_mm / voxels for edge_mm in FIELD_MM)
    samples = (3 * voxels // 2, 4 * voxels // 3, 4 * voxels // 3)
    return replace(
        PRESETS["question"],
        shape=(voxels,) * 3,
        spacing_mm=(low_mm, high_mm),
        samples=samples,
        resolution_mm=48 / voxels,
    )


def _grid(voxels: int) -> list[str]:
    return [f"preprocessing.shape={[voxels] * 3}", f"preprocessing.spacing_mm={ASSUMED_FIELD_MM / voxels}"]


def _budget(voxels: int) -> str:
    return f"preprocessing.voxel_budget={voxels}"


def write_copies(manifest: Manifest, table: Path, copies: int, rng: np.random.Generator) -> None:
    """Every scan without its spacing, and copies of it, zoomed and cropped, with the label of the original."""
    scans = []
    for scan in manifest:
        voxels = read_image(scan.path).voxels
        for number in range(copies + 1):
            path = table.parent.absolute() / "scans" / f"{scan.scan_id}_{number}.nrrd"
            shown = voxels if number == 0 else zoomed_crop(voxels, rng)
            write_nrrd(Image(shown, centred_affine(shown.shape, (ASSUMED_FIELD_MM / shown.shape[0],) * 3)), path)
            scans.append(Scan(path.stem, scan.patient_id, path, scan.volume_ml, acquired_on=scan.acquired_on))
    write_manifest(Manifest(tuple(scans)), table)


def zoomed_crop(voxels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Zoom about a point near the middle and keep the shape; what comes in from outside is black."""
    zoom = rng.uniform(*ZOOM)
    middle = (np.array(voxels.shape) - 1) / 2
    offset = middle + rng.uniform(-SHIFT_VOXELS, SHIFT_VOXELS, size=3) - middle / zoom
    return ndimage.affine_transform(voxels, np.eye(3) / zoom, offset, order=1)


def _print(name: str, overrides: Sequence[str], metrics: Metrics, diagnosis: Diagnosis, seconds: float) -> None:
    print(f"\n## {name}\n\n`--set {' --set '.join(overrides)}`\n\n{seconds:.0f} s.\n")
    print("| | MAE (mL) | MAPE (%) | R² |\n|---|---:|---:|---:|")
    for what, of in {**{f"baseline {n}": b for n, b in metrics.baselines.items()}, "network": metrics.oof}.items():
        print(f"| {what} | {of.mae_ml:.2f} | {of.mape_percent:.1f} | {of.r2:.2f} |")
    print("\n| code | | what is wrong | what to do |\n|---|---|---|---|")
    for found in diagnosis.findings:
        print(f"| {found.code} | {found.severity.value} | {found.sentence} | {found.remedy} |")
    print("\nPassed:\n")
    for passed in diagnosis.passed:
        print(f"- {passed.code}: {passed.sentence}")
    print("\nNot applicable:\n")
    for unknown in diagnosis.not_applicable:
        print(f"- {unknown.code}: {unknown.reason}")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--voxels", type=int, default=48, help="along each axis")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=1, help="of each scan; the question made 25")
    parser.add_argument("--question-epochs", type=int, default=6)
    parser.add_argument("--default-epochs", type=int, default=80)
    parser.add_argument("--drawn-epochs", type=int, default=40)
    parser.add_argument(
        "--recipes", nargs="+", choices=("question", "default", "drawn"), default=["question", "default"]
    )
    parser.add_argument("--set", nargs="*", default=[], help="key=value of both recipes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
