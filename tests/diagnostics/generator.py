"""Run directories without a training: a healthy one, and one for each fault that a check must find.

A study is a set of plain tables that a fault may change; `write` turns it into the records of a run.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from volest.config import Config, dump_config
from volest.config.load import load_config
from volest.evaluation.conformal.calibrate import calibrate
from volest.evaluation.metrics import agreement
from volest.geometry import Grid
from volest.preprocessing.target import fit_target
from volest.records import atomic
from volest.records.baselines import write_baselines
from volest.records.environment import write_environment
from volest.records.folds import Folds, write_folds
from volest.records.headers import HeaderRow, write_headers
from volest.records.history import write_history
from volest.records.image_quality import QualityRow, write_image_quality
from volest.records.intervals import write_calibration
from volest.records.manifest import Manifest, Scan, write_manifest
from volest.records.metrics import Metrics, write_metrics
from volest.records.model import ModelRecord, TargetScaling, TrainingRange, write_model_record
from volest.records.near_copies import NearCopy, write_near_copies
from volest.records.predictions import Prediction, write_predictions
from volest.records.run import RunDirectory


@dataclass
class Study:
    """Everything that a fault may change.

    `scans` has scan_id, patient_id, fold, reference_ml, predicted_ml, age_days, device, spacing_mm, acquired_on,
    sha256, brightness, contrast and graininess.
    """

    rng: np.random.Generator
    scans: pd.DataFrame
    histories: dict[int, pd.DataFrame]
    baselines: pd.DataFrame
    overrides: list[str] = field(default_factory=list)
    targets: dict[int, TargetScaling] = field(default_factory=dict)
    second_folds: list[tuple[str, int]] = field(default_factory=list)
    near_copies: list[NearCopy] = field(default_factory=list)

    @property
    def folds(self) -> int:
        return int(self.scans["fold"].max()) + 1

    @property
    def epochs(self) -> int:
        return len(self.histories[0])


def healthy(seed: int, patients: int = 40, scans: int = 120, folds: int = 5, epochs: int = 60) -> Study:
    """Errors of 10%, a third of them the patient's own; curves that settle; baselines twice as bad or worse."""
    rng = np.random.default_rng([4, seed])
    table = _scans(rng, patients, scans, folds)
    quality = np.random.default_rng([5, seed])  # its own, so that it moves nothing else
    for name, mean, sd in (("brightness", 0.4, 0.08), ("contrast", 0.2, 0.03), ("graininess", 0.3, 0.1)):
        table[name] = np.clip(quality.normal(mean, sd, len(table)), 0.01, 1.0)
    names = table["patient_id"].unique()
    own = table["patient_id"].map(dict(zip(names, rng.normal(0, 0.05, patients), strict=True)))
    table["predicted_ml"] = table["reference_ml"] * np.exp(own + rng.normal(0, 0.09, len(table)))
    study = Study(rng, table, {}, draw_baselines(rng, table))
    study.histories = {fold: draw_history(study, fold, epochs) for fold in range(folds)}
    return study


def _scans(rng: np.random.Generator, patients: int, scans: int, folds: int) -> pd.DataFrame:
    extra = rng.multinomial(scans - patients, np.full(patients, 1 / patients))
    rows = []
    for place, patient in enumerate(f"p{n:02d}" for n in range(patients)):
        base_ml, device = 60 * np.exp(rng.normal(0, 0.4)), rng.choice(["A", "B"])
        first = date(2024, 1, 1) + timedelta(days=int(rng.integers(300)))
        age, spacing_mm = rng.uniform(5, 60), rng.uniform(0.5, 0.9)
        for visit in range(1 + extra[place]):
            rows.append(
                {
                    "scan_id": f"{patient}-{visit}",
                    "patient_id": patient,
                    "fold": place % folds,
                    "reference_ml": base_ml * np.exp(0.12 * visit + rng.normal(0, 0.05)),
                    "age_days": age + 14 * visit,
                    "device": device,
                    "spacing_mm": spacing_mm,
                    "acquired_on": first + timedelta(days=14 * visit),
                    "sha256": f"{len(rows):064x}",
                }
            )
    return pd.DataFrame(rows)


def draw_baselines(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    reference_ml, n = table["reference_ml"].to_numpy(), len(table)
    others = {fold: reference_ml[table["fold"] != fold] for fold in table["fold"].unique()}
    mean_ml = table["fold"].map({k: own.mean() if len(own) else reference_ml.mean() for k, own in others.items()})
    shrunk = {"header": (0.0, 0.3), "thumbnail": (0.6, 0.25), "covariates": (0.3, 0.3), "previous_scan": (0.7, 0.2)}
    columns = {
        name: mean_ml * np.exp(share * np.log(reference_ml / mean_ml) + rng.normal(0, sd, n))
        for name, (share, sd) in shrunk.items()
    }
    return pd.DataFrame({"scan_id": table["scan_id"], "mean": mean_ml, **columns})


def draw_history(study: Study, fold: int, epochs: int) -> pd.DataFrame:
    rng, scans = study.rng, study.scans
    training, held_out = scans[scans["fold"] != fold], scans[scans["fold"] == fold]
    spread_ml = (training["reference_ml"] - training["reference_ml"].mean()).abs().mean()
    start_ml = float(spread_ml) if len(training) > 1 else 20.0
    end_ml = float((held_out["predicted_ml"] - held_out["reference_ml"]).abs().mean())
    all_ml = float((scans["predicted_ml"] - scans["reference_ml"]).abs().mean())
    epoch = np.arange(epochs)
    decay = np.exp(-epoch / (epochs / 10))
    train_ml = 0.8 * all_ml + (start_ml - 0.8 * all_ml) * decay
    val_ml = end_ml + (start_ml - end_ml) * decay
    noise = 1 + rng.normal(0, 0.02, (2, epochs))
    rate = 1e-3 * np.minimum(1, (epoch + 1) / 5) * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
    return pd.DataFrame(
        {
            "epoch": epoch,
            "train_loss": (0.12 + 0.78 * decay) * (1 + rng.normal(0, 0.06, epochs)),
            "train_mae_ml": train_ml * noise[0],
            "train_rmse_ml": 1.3 * train_ml,
            "train_r2": 1 - (train_ml / start_ml) ** 2,
            "train_mape_percent": 1.5 * train_ml,
            "val_mae_ml": val_ml * noise[1],
            "val_rmse_ml": 1.3 * val_ml,
            "val_r2": 1 - (val_ml / start_ml) ** 2,
            "val_mape_percent": 1.5 * val_ml,
            "learning_rate": rate,
            "gradient_norm": 3 * np.exp(rng.normal(0, 0.15, epochs)),
            "samples_per_s": 30.0,
            "loader_wait_share": 0.04,
            "seconds": 3.0,
        }
    )


def write(study: Study, folder: Path) -> RunDirectory:
    """The records of the study in `folder`."""
    run, scans = RunDirectory(folder), study.scans
    settings = (f"run.directory={folder}", f"split.folds={max(2, study.folds)}", f"training.epochs={study.epochs}")
    config = load_config(None, [*settings, *study.overrides])
    atomic.write_text(run.config, dump_config(config))
    write_environment(run.environment, 0, "cpu")
    manifest = Manifest(tuple(_scan(row, folder) for row in scans.to_dict("records")))
    write_manifest(manifest, run.manifest)
    of_patient = dict(zip(scans["patient_id"], scans["fold"].astype(int), strict=True))
    write_folds(Folds(of_patient), run.folds)
    if study.second_folds:
        rows = "".join(f"{patient},{fold}\n" for patient, fold in study.second_folds)
        run.folds.write_text(run.folds.read_text(encoding="utf-8") + rows, encoding="utf-8")
    write_headers([HeaderRow(str(r.scan_id), float(r.spacing_mm), 300.0) for r in scans.itertuples()], run.headers)
    write_image_quality(
        [QualityRow(str(r.scan_id), r.brightness, r.contrast, r.graininess) for r in scans.itertuples()],
        run.image_quality,
    )
    write_near_copies(study.near_copies, run.near_copies)
    predictions = _predictions(scans, scans["predicted_ml"])
    write_predictions(predictions, run.predictions)
    write_calibration(calibrate(predictions, config.intervals, log_target=True), run.intervals)
    names = [name for name in study.baselines.columns if name != "scan_id"]
    said = {name: _predictions(scans, study.baselines[name]) for name in names}
    write_baselines(said, run.baselines)
    if np.isfinite(scans["predicted_ml"]).all():
        figures = {name: agreement(of) for name, of in said.items()}
        write_metrics(Metrics(agreement(predictions), baselines=figures), run.metrics)
    for fold in range(study.folds):
        write_history(study.histories[fold].to_dict("records"), run.fold(fold).history)
        write_predictions([p for p in predictions if p.fold == fold], run.fold(fold).predictions)
        write_model_record(_model(study, fold, config), run.fold(fold).model_json)
        run.fold(fold).weights.write_bytes(b"")
    return run


def training_target(study: Study, fold: int | None) -> TargetScaling:
    """Fitted on the training scans of the fold, or on all."""
    scans = study.scans if fold is None else study.scans[study.scans["fold"] != fold]
    if scans.empty:
        return TargetScaling(kind="log_ml", mean=4.0, sd=0.4)
    return fit_target("log_ml", [float(f"{ml:.10g}") for ml in scans["reference_ml"]], [1.0] * len(scans))


def _scan(row: dict, folder: Path) -> Scan:
    return Scan(
        scan_id=row["scan_id"],
        patient_id=row["patient_id"],
        path=folder / f"{row['scan_id']}.nrrd",
        volume_ml=float(row["reference_ml"]),
        acquired_on=row["acquired_on"],
        device=row["device"],
        covariates={"age_days": float(row["age_days"])},
        sha256=row["sha256"],
    )


def _predictions(scans: pd.DataFrame, predicted_ml: pd.Series) -> list[Prediction]:
    columns = (scans["scan_id"], scans["patient_id"], scans["fold"], predicted_ml, scans["reference_ml"])
    return [Prediction(s, p, int(k), float(ml), float(ref)) for s, p, k, ml, ref in zip(*columns, strict=True)]


def _model(study: Study, fold: int, config: Config) -> ModelRecord:
    return ModelRecord(
        volest_version="0",
        fold=fold,
        seed=0,
        model=config.model,
        grid=Grid((32, 32, 32), 2.0),
        clip_percentiles=(0.0, 99.5),
        target=study.targets.get(fold) or training_target(study, fold),
        views=1,
        moved_by=config.augmentation.spatial(),
        trained_on=TrainingRange(volume_ml=(20.0, 150.0), spacing_mm=(0.5, 0.9), field_of_view_ml=(200.0, 400.0)),
    )
