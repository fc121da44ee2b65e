"""One configuration, trained and judged on the inner folds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from volest.config import Config
from volest.config.schema import RunConfig
from volest.errors import TrainingError
from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.metrics import agreement
from volest.evaluation.sample import judged_scans
from volest.experiments.fold import finish_fold
from volest.experiments.preparation import PreparedRun, derive_run
from volest.progress import Progress
from volest.records.evaluation import Figure
from volest.records.history import read_history
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import RunDirectory
from volest.records.search import UNKNOWN


@dataclass(frozen=True)
class Score:
    """How far a configuration is off on scans that its networks have not seen.

    Attributes:
        mae_ml: over all held-out scans, with its interval over patients.
        fold_mae_ml: of each fold.
        seconds: of training, evaluation of the curves included.
    """

    mae_ml: Figure
    fold_mae_ml: tuple[float, ...]
    seconds: float


def trial_run(whole: PreparedRun, config: Config, path: Path) -> PreparedRun:
    """The scans and folds of `whole` for a configuration of other settings, writing to `path`, without pictures.

    Raises:
        RunError: the directory holds a run of another configuration, other scans or other folds.
    """
    training = config.training.model_copy(update={"pictures": 0})  # of hundreds of trainings nobody looks at them
    own = config.model_copy(update={"run": RunConfig(directory=path), "training": training})
    return derive_run(whole, own, whole.folds, elsewhere="--out DIR")


def evaluate(run: PreparedRun, progress: Progress, folds: Sequence[int] | None = None) -> Score:
    """Train every inner fold that is not finished, interrupted ones from their checkpoints, and judge them together.

    Args:
        run: a configuration with its scans and folds.
        progress: told how it goes.
        folds: the parts to hold out; all where None.

    Raises:
        TrainingError: a training diverged, or a network says no number.
        VolestError: as of the folds.
    """
    chosen = range(run.folds.count) if folds is None else folds
    held_out = [finish_fold(run, fold, progress) for fold in chosen]
    everything = [prediction for part in held_out for prediction in part]
    mae_ml = _mae(everything, np.random.default_rng(run.config.seed))
    if mae_ml.value is None:
        raise TrainingError("the trained networks say no number of their held-out scans.")
    seconds = sum(float(read_history(run.directory.fold(fold).history)["seconds"].sum()) for fold in chosen)
    return Score(mae_ml, tuple(agreement(part).mae_ml for part in held_out), seconds)


def held_out_of(directory: RunDirectory) -> list[Prediction]:
    """What the finished folds of a run said of their held-out scans."""
    return [p for fold in directory.finished_folds() for p in read_predictions(directory.fold(fold).predictions)]


def _mae(predictions: Sequence[Prediction], rng: np.random.Generator) -> Figure:
    if not all(math.isfinite(p.predicted_ml) for p in predictions):
        return UNKNOWN
    sample = judged_scans(predictions)
    errors_ml = np.abs(sample.error_ml)
    return Bootstrap(sample, rng).figure(lambda draws: draws.average(errors_ml))
