"""All folds, then how far the networks and the cheap baselines lie from the references."""

from collections.abc import Sequence
from functools import partial

from volest.config import Config
from volest.errors import FoldError
from volest.evaluation.conformal.calibrate import calibrate, with_held_out_intervals
from volest.evaluation.conformal.estimates import intervals_of
from volest.evaluation.held_out_follow_ups import held_out_follow_ups
from volest.evaluation.metrics import agreement
from volest.experiments.appearance import record_appearance
from volest.experiments.baselines import run_baselines
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.cluster.piece import Piece
from volest.experiments.familiarity import held_out_doubts, record_refusal
from volest.experiments.fold import finish_fold, predict_scans
from volest.experiments.preparation import PreparedRun, prepare_run
from volest.inference.ensemble import load_ensemble
from volest.preprocessing.target import target_kind
from volest.progress import Progress
from volest.records.baselines import write_baselines
from volest.records.follow_up import write_follow_up, write_followed
from volest.records.intervals import Calibration, write_calibration
from volest.records.metrics import Agreement, Metrics, read_metrics, write_metrics
from volest.records.predictions import Prediction, write_predictions
from volest.training.processes import is_first, wait


def cross_validate(
    config: Config, progress: Progress, unlock_test: bool = False, cluster: Cluster | None = None
) -> Metrics:
    """Train every fold that is not finished, then judge all held-out scans together and write the run's records.

    Interrupted folds go on from their checkpoint.

    Args:
        config: the experiment.
        progress: told how it goes.
        unlock_test: judge the locked test set too, by all folds together. Once it has been looked at it is no test
            set any more: nothing may be chosen by it.
        cluster: trains the folds; None trains them here, one after the other.

    Raises:
        FoldError: `unlock_test`, and no patient is locked.
        RunError, ConfigError, ManifestError, ScanError, TrainingError: as of the folds.
    """
    run = prepare_run(config, progress)
    if unlock_test and not run.folds.test:
        raise FoldError(
            "no patient is locked away as a test set. Set split.test_fraction, or `test` in the table of data.folds, "
            "before the first training of a new run directory."
        )
    if cluster is not None:
        _train_on(cluster, run, progress)
    predictions = {fold: finish_fold(run, fold, progress) for fold in range(run.folds.count)}
    if not is_first():  # it judges for all
        wait()
        return read_metrics(run.directory.metrics)
    everything = [prediction for fold in predictions.values() for prediction in fold]
    doubts = held_out_doubts(run.directory, config.intervals.scaled_by)
    calibration = calibrate(everything, config.intervals, target_kind(config).startswith("log"), doubts)
    bounded = with_held_out_intervals(everything, calibration)
    write_predictions(bounded, run.directory.predictions)
    write_calibration(calibration, run.directory.intervals)
    _record_follow_ups(run, everything, calibration)
    record_refusal(config, run.directory, bounded, calibration)
    baselines = run_baselines(run, range(run.folds.count), progress)
    write_baselines(baselines, run.directory.baselines)
    record_appearance(run, progress)
    metrics = Metrics(
        oof=agreement(everything),
        folds={fold: agreement(held_out) for fold, held_out in predictions.items()},
        baselines={name: agreement(of_baseline) for name, of_baseline in baselines.items()},
        test=_judge_test(run) if unlock_test else None,
    )
    write_metrics(metrics, run.directory.metrics)
    wait()
    return metrics


def _record_follow_ups(run: PreparedRun, held_out: Sequence[Prediction], calibration: Calibration) -> None:
    """Nothing where too few patients have several scans, and nothing is left of what was recorded before."""
    days = {scan.scan_id: scan.acquired_on for scan in run.manifest}
    follow_ups = held_out_follow_ups(held_out, days, run.config.intervals, calibration.score)
    if follow_ups is None:
        for record in (run.directory.followed, run.directory.follow_up):
            record.unlink(missing_ok=True)
        return
    write_followed(follow_ups.scans, run.directory.followed)
    write_follow_up(follow_ups.record, run.directory.follow_up)


def _train_on(cluster: Cluster, run: PreparedRun, progress: Progress) -> None:
    """Finish all folds at once, a piece of work each."""
    left = [fold for fold in range(run.folds.count) if not run.directory.fold(fold).is_finished]
    cluster.carry_out(run.directory.path, [_piece(run, fold) for fold in left], progress)


def _piece(run: PreparedRun, fold: int) -> Piece:
    directory = run.directory.fold(fold)
    return Piece(f"fold {fold}", partial(finish_fold, run, fold), lambda: directory.is_finished)


def _judge_test(run: PreparedRun) -> Agreement:
    predictions = predict_scans(run, run.folds.test, None, load_ensemble(run.directory), intervals_of(run.directory))
    write_predictions(predictions, run.directory.test_predictions)
    return agreement(predictions)
