"""Does `predict` notice scans that are unlike the training scans, and does refusing them lower the error?

    .venv/bin/python tools/bench_refusal.py FOLDER [--recipe drawn] [--trus RUN --foreign DIR] [--out FILE]

FOLDER gets a study of 90 phantom scans, a run of three folds on it (32^3, unless it is there), and new patients whose
scans are spoilt in every way that the refusal should notice. Recipes: `plain`, the default one, and `drawn`, whose
network also draws the structure. `--trus` copies the records of a run, measures how its training and held-out scans
look, and holds the volumes of DIR, of another modality, against it.
"""

import argparse
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from bench.recipes import DRAWN
from sklearn.metrics import roc_auc_score

from volest.config import load_config
from volest.evaluation.risk_coverage import risk_coverage
from volest.evaluation.sample import judged_scans
from volest.experiments.cross_validation import cross_validate
from volest.experiments.familiarity import REJECTED
from volest.images.formats import read_image
from volest.images.image import Image
from volest.inference.ensemble import Ensemble, load_ensemble, load_familiarity
from volest.inference.model import load_model
from volest.inference.traits import OF_ITSELF, traits_of
from volest.phantoms import population
from volest.phantoms.population import PRESETS
from volest.phantoms.shape import Lobe, StarShape
from volest.phantoms.study import write_new_patients, write_phantoms
from volest.preprocessing.pipeline import prepare
from volest.progress import Silent
from volest.records.folds import read_folds
from volest.records.manifest import Manifest, read_manifest
from volest.records.novelty import Novelty, write_novelty
from volest.records.predictions import read_predictions
from volest.records.reference import write_reference
from volest.records.run import RunDirectory

NEW_PATIENTS, SPOILT = 40, 12
Spoil = Callable[[Image], Image]


def scaled(factor: float) -> Spoil:
    return lambda image: Image(image.voxels, image.affine @ np.diag([factor, factor, factor, 1.0]))


def voxelwise(change: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    return lambda image: Image(np.ascontiguousarray(change(image.voxels)).astype(image.voxels.dtype), image.affine)


def inverted_in_fan(voxels: np.ndarray) -> np.ndarray:
    return np.where(voxels > 0, 256 - voxels.astype(int), 0)


def noise(voxels: np.ndarray) -> np.ndarray:
    return np.random.default_rng(int(voxels.sum())).integers(0, 256, voxels.shape)


def noise_in_fan(voxels: np.ndarray) -> np.ndarray:
    return np.where(voxels > 0, noise(voxels), 0)


def empty(voxels: np.ndarray) -> np.ndarray:
    """Electronic noise of a probe in the air, within the fan."""
    return np.where(voxels > 0, 1 + noise(voxels) % 4, 0)


def half(axis: int) -> Spoil:
    return voxelwise(lambda voxels: np.split(voxels, [voxels.shape[axis] // 2], axis)[0])


def half_black(voxels: np.ndarray) -> np.ndarray:
    return np.where(np.arange(voxels.shape[0])[:, None, None] < voxels.shape[0] // 2, voxels, 0)


SPOILING: dict[str, Spoil] = {
    "spacing x 0.25": scaled(0.25),
    "spacing x 4": scaled(4.0),
    "mirrored along depth (j)": voxelwise(lambda v: v[:, ::-1]),
    "mirrored along i, as the training does": voxelwise(lambda v: v[::-1]),
    "mirrored along k, about which phantoms are symmetric": voxelwise(lambda v: v[:, :, ::-1]),
    "turned by 90 degrees about k": voxelwise(lambda v: np.rot90(v, axes=(0, 1))),
    "inverted, background too": voxelwise(lambda v: 255 - v),
    "inverted in the fan": voxelwise(inverted_in_fan),
    "noise in the whole raster": voxelwise(noise),
    "noise in the fan": voxelwise(noise_in_fan),
    "empty: faint noise in the fan": voxelwise(empty),
    "half cropped along i": half(0),
    "half cropped along j": half(1),
    "half cropped along k": half(2),
    "half blackened along i": voxelwise(half_black),
}

SHAPES: dict[str, StarShape] = {
    "shape: tube, 1 to 3.5": StarShape((0.55, 0.55, 1.9)),
    "shape: disc, 3 to 1": StarShape((1.6, 1.6, 0.5)),
    "shape: dumbbell": StarShape((0.8, 0.8, 1.6), (Lobe((0.0, 0.0, 1.0), 2, 0.6),)),
    "shape: tube of 1 to 4 with waists": StarShape(
        (0.5, 0.5, 2.2), (Lobe((0.0, 0.0, 1.0), 4, 0.45), Lobe((1.0, 0.0, 0.0), 3, 0.3))
    ),
}


RECIPES: dict[str, tuple[Path | None, tuple[str, ...]]] = {
    "plain": (None, ()),
    "drawn": (DRAWN, ("model.stem_stride=1", "training.views=1")),
}


def phantom_run(folder: Path, recipe: str, overrides: Sequence[str]) -> RunDirectory:
    """Three folds on the small preset, trained unless they are there."""
    if not (folder / "study").exists():
        write_phantoms(PRESETS["small"], folder / "study", seed=0, masks=True)
    run = RunDirectory(folder / f"run_{recipe}")
    if len(run.finished_folds()) < 3:
        settings = [f"data.manifest={folder / 'study' / 'labels.csv'}", f"run.directory={run.path}", "split.folds=3"]
        training = [
            "preprocessing.voxel_budget=32768",
            "training.epochs=60",
            "training.threads=1",
            "training.workers=0",
        ]
        file, chosen = RECIPES[recipe]
        cross_validate(load_config(file, [*settings, *training, *chosen, *overrides]), Silent())
    return run


def complete(run: RunDirectory, folder: Path) -> RunDirectory:
    """A copy of a run, whose version did not measure how scans look, in which they are measured."""
    copy = RunDirectory(folder)
    if not copy.path.exists():
        shutil.copytree(run.path, copy.path, ignore=shutil.ignore_patterns("checkpoints", "events*"))
    manifest, folds = read_manifest(run.manifest), read_folds(run.folds)
    for fold in copy.finished_folds():
        if not copy.fold(fold).reference.exists():
            _record_reference(copy, fold, manifest.of(folds.training(fold)))
        if not copy.fold(fold).novelty.exists():
            _record_novelty(copy, fold, manifest.of(folds.held_out(fold)))
    return copy


def _record_reference(run: RunDirectory, fold: int, training: Manifest | Sequence) -> None:
    model, rows = load_model(run.fold(fold)), []
    for scan in training:
        image = read_image(scan.path).nearest_ras()
        voxels = prepare(image, model.record.grid, model.record.clip_percentiles).voxels
        rows.append(traits_of(model.network, model.record, voxels, image.spacing_mm, image.field_of_view_ml))
    names = [name for name in rows[0] if name not in OF_ITSELF]
    write_reference({name: np.stack([row[name] for row in rows]) for name in names}, run.fold(fold).reference)


def _record_novelty(run: RunDirectory, fold: int, held_out: Manifest | Sequence) -> None:
    ensemble = Ensemble([load_model(run.fold(fold))])
    rows = [
        Novelty(scan.scan_id, scan.patient_id, distances)
        for scan in held_out
        for distances in ensemble.measure(ensemble.see(read_image(scan.path))).distances or ()
    ]
    write_novelty(rows, run.fold(fold).novelty)


def scores_of(ensemble: Ensemble, images: Iterable[Image]) -> list[tuple[float, tuple[str, ...]]]:
    placements = [ensemble.familiarity.place(ensemble.measure(ensemble.see(image)).distances) for image in images]
    return [(placement.score, placement.unusual) for placement in placements]


def compare(
    clean: Sequence[tuple[float, tuple[str, ...]]], others: Mapping[str, Sequence[tuple[float, tuple[str, ...]]]]
) -> list[str]:
    """A row of a table for each way of being unlike."""
    rows = []
    for name, scores in others.items():
        truth, told = [0] * len(clean) + [1] * len(scores), [score for score, _ in (*clean, *scores)]
        auroc = roc_auc_score(truth, told)
        refused = np.mean([bool(unusual) for _, unusual in scores])
        reasons = [unusual[0] for _, unusual in scores if unusual]
        first = max(set(reasons), key=reasons.count) if reasons else "-"
        rows.append(f"| {name} | {len(scores)} | {auroc:.3f} | {100 * refused:.0f}% | {first} |")
    return rows


def phantoms(folder: Path, recipe: str, overrides: Sequence[str]) -> list[str]:
    run = complete(phantom_run(folder, recipe, overrides), folder / f"measured_{recipe}")
    ensemble = load_ensemble(run)
    table = write_new_patients(PRESETS["small"], folder / "new", seed=1, scans=NEW_PATIENTS)
    images = [read_image(scan.path) for scan in read_manifest(table)]
    clean = scores_of(ensemble, images)
    spoilt = {name: scores_of(ensemble, map(spoil, images[:SPOILT])) for name, spoil in SPOILING.items()}
    for number, (name, shape) in enumerate(SHAPES.items()):
        with mock.patch.object(population, "draw_shape", lambda _rng, ml, shape=shape: shape.scaled_to(ml)):
            table = write_new_patients(PRESETS["small"], folder / f"shape_{number}", seed=2, scans=SPOILT)
        spoilt[name] = scores_of(ensemble, [read_image(scan.path) for scan in read_manifest(table)])
    refused = np.mean([bool(unusual) for _, unusual in clean])
    held_out = len(ensemble.familiarity.scores)
    return [
        f"## Phantoms, recipe {recipe}",
        "",
        f"Three folds of the small preset (32^3), calibrated on their {held_out} held-out scans; {NEW_PATIENTS} new "
        f"patients, of whom {100 * refused:.1f}% are refused with `refusal.rejected_percent: 5`.",
        "",
        "| unlike by | scans | AUROC against new patients | refused | first reason |",
        "|---|---:|---:|---:|---|",
        *compare(clean, spoilt),
        "",
        *risk(run, ensemble),
    ]


def risk(run: RunDirectory, ensemble: Ensemble) -> list[str]:
    predictions = [p for fold in run.finished_folds() for p in read_predictions(run.fold(fold).predictions)]
    sample = judged_scans(predictions)
    scores = {
        "typicality": np.array([ensemble.familiarity.scores[scan_id] for scan_id in sample.scan_ids]),
        "predicted volume": sample.predicted_ml,
        "oracle: the error itself": np.abs(sample.error_ml),
    }
    rows = ["| refused first | area (mL) | by lot (mL) | MAE lowered by refusing 20% |", "|---|---:|---:|---:|"]
    for name, score in scores.items():
        told = risk_coverage(sample, score, REJECTED, np.random.default_rng(0))
        lowered = told.lowered_percent
        rows.append(
            f"| {name} | {told.area_ml.value:.2f} | {told.blind_area_ml:.2f} "
            f"| {lowered.value:.0f}% ({lowered.low:.0f} to {lowered.high:.0f}) |"
        )
    return ["Risk and coverage out of fold, intervals over patients:", "", *rows, ""]


def trus(run: RunDirectory, foreign: Path, folder: Path) -> list[str]:
    run = complete(run, folder / "trus")
    ensemble = load_ensemble(run)
    familiarity = load_familiarity(run)
    clean = [(score, ("x",) if score > familiarity.threshold else ()) for score in familiarity.scores.values()]
    paths = [path for path in sorted(foreign.glob("**/*.nrrd")) if "label" not in path.name]
    others = {path.stem: scores_of(ensemble, [read_image(path)]) for path in paths}
    together = {"all of them": [score for scores in others.values() for score in scores]}
    refused = np.mean([bool(unusual) for _, unusual in clean])
    return [
        "## Transrectal ultrasound of the prostate",
        "",
        f"{len(clean)} held-out scans, {100 * refused:.1f}% of them refused; against volumes of other modalities:",
        "",
        "| volume | scans | AUROC against held-out scans | refused | first reason |",
        "|---|---:|---:|---:|---|",
        *compare(clean, {**others, **together}),
        "",
        *risk(run, ensemble),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipe", choices=RECIPES, default="plain")
    parser.add_argument("--set", nargs="*", default=[], help="key=value of the recipe")
    parser.add_argument("--trus", type=Path, help="run directory of configs/trus.yaml")
    parser.add_argument("--foreign", type=Path, help="folder of volumes of other modalities")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = phantoms(options.folder, options.recipe, options.set)
    if options.trus and options.foreign:
        lines += ["", *trus(RunDirectory(options.trus), options.foreign, options.folder)]
    print("\n".join(lines))
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
