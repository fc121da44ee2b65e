"""A study from its definition to its record."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from volest.config import Config
from volest.config.load import override
from volest.config.schema import RunConfig
from volest.errors import ConfigError
from volest.evaluation.metrics import agreement
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.preparation import PreparedRun, derive_run, prepare_run
from volest.experiments.studies.autoencoder_outcome import reconstruction_figures, with_reconstructions
from volest.experiments.studies.definition import Arm, Study
from volest.experiments.studies.outcome import judge
from volest.experiments.studies.trial import Result, Trial, run_trials
from volest.progress import Progress
from volest.records import atomic
from volest.records.history import read_history
from volest.records.study import RESULTS, StudyRecord, write_study

OF_LAST_EPOCH = ("train_loss", "penalty", "train_mae_ml", "val_mae_ml", "gradient_noise_scale")


def prepare_study(config: Config, directory: Path, progress: Progress) -> PreparedRun:
    """Scans and folds that all arms share.

    Raises:
        RunError, ManifestError, ScanError, FoldError: as of a run.
    """
    return prepare_run(_writing_to(config, directory / "whole"), progress)


def run_study(
    study: Study,
    whole: PreparedRun,
    directory: Path,
    progress: Progress,
    jobs: int = 1,
    cluster: Cluster | None = None,
) -> StudyRecord:
    """Train every trial that is not finished, judge them, and write `results.csv` and `study.json`.

    Args:
        study: what is tried.
        whole: the scans and the folds.
        directory: of the study; each arm and seed is a run directory below it.
        progress: told how it goes.
        jobs: trainings at a time.
        cluster: trains them, in place of this machine.

    Raises:
        ConfigError: an arm whose settings are not allowed; said before the first training.
        RunError: every trial failed.
    """
    trials = study_trials(study, whole, directory)
    results = run_trials(trials, progress, jobs, cluster.at(directory) if cluster else None)
    write_results(results, directory / RESULTS)
    rng = np.random.default_rng(whole.config.seed)
    record = judge(study, whole, trials, results, rng)
    if study.subject == "autoencoder":
        record = with_reconstructions(record, study, trials, results, rng)
    write_study(record, directory)
    return record


def study_trials(study: Study, whole: PreparedRun, directory: Path) -> list[Trial]:
    """Seed by seed and fold by fold, so that a study cut short has tried every arm alike."""
    count = min(study.folds or whole.folds.count, whole.folds.count)
    runs = {
        (arm.name, seed): _run_of(arm, seed, study, whole, directory)
        for arm in study.arms
        for seed in range(study.seeds)
    }
    return [
        Trial(
            {"arm": arm.name, "seed": whole.config.seed + seed, "fold": fold},
            runs[arm.name, seed],
            fold,
            study.subject,
        )
        for seed in range(study.seeds)
        for fold in range(count)
        for arm in study.arms
    ]


def _run_of(arm: Arm, seed: int, study: Study, whole: PreparedRun, directory: Path) -> PreparedRun:
    source = f"study {study.name}, arm {arm.name!r}"
    if fixed := [key for key in arm.settings if key.partition(".")[0] in ("seed", "run", "data", "split")]:
        raise ConfigError(f"{source}: {fixed[0]} is the same for all arms of a study. Take it out.")
    config = override(whole.config, {**arm.settings, "seed": whole.config.seed + seed}, source)
    path = directory / folder_name(arm.name) / f"seed_{config.seed}"
    return derive_run(whole, _writing_to(config, path), whole.folds, elsewhere="--out DIR")


def folder_name(arm: str) -> str:
    """The name of an arm without what a path does not like."""
    return re.sub(r"[^a-z0-9.+-]+", "_", arm.lower()).strip("_")


def _writing_to(config: Config, path: Path) -> Config:
    return config.model_copy(update={"run": RunConfig(directory=path)})


def write_results(results: Sequence[Result], path: Path) -> None:
    """A row a trial: labels, agreement, where the training ended, and why it failed if it did."""
    with atomic.replacing(path) as temporary:
        pd.DataFrame([_row(result) for result in results]).to_csv(temporary, index=False, float_format="%.6g")


def _row(result: Result) -> dict[str, object]:
    row: dict[str, object] = {**result.labels, "failure": result.failure}
    if result.failure:
        return row
    figures = agreement(result.held_out)
    row |= {"mae_ml": figures.mae_ml, "mape_percent": figures.mape_percent, "rmse_ml": figures.rmse_ml}
    row |= {"r2": figures.r2, "held_out_scans": figures.n_scans, "held_out_patients": figures.n_patients}
    if result.reconstructions:
        row |= reconstruction_figures(result.reconstructions)
    if result.history is not None:
        history = read_history(result.history)
        row |= {name: history[name].iloc[-1] for name in OF_LAST_EPOCH if name in history}
        row |= {"epochs": len(history), "seconds": history["seconds"].sum()}
    return row
