"""One fold, from audited scans to held-out predictions."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from volest import __version__
from volest.config import Config
from volest.datasets.mask import read_mask
from volest.errors import ConfigError, RunError
from volest.evaluation.conformal.estimates import Intervals
from volest.experiments.familiarity import record_reference
from volest.experiments.preparation import PreparedRun, forget_fold, prepare_run, record_run
from volest.experiments.pretraining import require_start, start_of
from volest.geometry import Grid
from volest.images.formats import read_image, scan_sha256
from volest.inference.ensemble import Ensemble
from volest.inference.model import load_model
from volest.preprocessing.cache import ScanCache, default_cache
from volest.preprocessing.grid import plan_grid
from volest.preprocessing.target import fit_target, target_kind
from volest.progress import Progress, watch
from volest.records.estimates import Estimate, Interval
from volest.records.lock import locked
from volest.records.manifest import Scan
from volest.records.model import ModelRecord, TrainingRange
from volest.records.novelty import Novelty, write_novelty
from volest.records.predictions import Prediction, read_predictions, write_predictions
from volest.records.run import FoldDirectory
from volest.training.dataset import Example
from volest.training.fit import FoldData, fit, require_trainable
from volest.training.processes import is_first, wait
from volest.training.recalibration import predict_targets, recalibrated
from volest.training.saving import save_model


def run_fold(
    config: Config, fold: int, progress: Progress, resume: bool = False, restart: bool = False
) -> list[Prediction]:
    """Train fold `fold` and predict its held-out scans.

    Args:
        config: the experiment.
        fold: held-out part, from 0.
        progress: told how it goes.
        resume: go on from the checkpoint of an interrupted training; a finished fold is left as it is.
        restart: forget what the fold has left behind.

    Raises:
        RunError: the fold was begun before, and neither `resume` nor `restart` says what to do, or both do.
        FoldError: no such fold.
        ConfigError: a batch is larger than the training set.
        TrainingError: the loss is not finite; the last good checkpoint is kept.
    """
    if resume and restart:
        raise RunError("`--resume` keeps what the fold has left behind and `--restart` forgets it. Give one of them.")
    run = prepare_run(config, progress, fold)
    directory = run.directory.fold(fold)
    if not (resume or restart) and (directory.is_finished or directory.checkpoint.exists()):
        state = "is finished" if directory.is_finished else "was interrupted"
        raise RunError(
            f"fold {fold} of {run.directory.path} {state}. Go on with `--resume`, or start it anew with `--restart`."
        )
    return finish_fold(run, fold, progress, restart)


def finish_fold(run: PreparedRun, fold: int, progress: Progress, restart: bool = False) -> list[Prediction]:
    """The held-out predictions of a fold, after whatever part of its training is still to do."""
    directory = run.directory.fold(fold)
    if restart or not directory.is_finished:
        _require_batches(run, fold)
        grid = fold_grid(run, fold)
        require_trainable(run.config, grid.shape)  # before the scans are put on it
        require_start(run, fold, grid)
        data, record = fold_data(run, fold, progress)
        wait()  # until all processes have looked at what is there
        if is_first():
            record_run(run)
        with alone(run, fold):
            if restart and is_first():  # only now, when nothing speaks against training it again
                forget_fold(run.directory, fold)
            wait()
            network = fit(start_of(run, fold, grid, progress), fold, data, directory, progress)
            if is_first():
                if run.config.training.recalibrate:
                    target = recalibrated(data.target, predict_targets(network, data.training), data.training)
                    record = record.model_copy(update={"target": target})
                save_model(network, record, directory)
                record_reference(load_model(directory), data.training, run.facts, directory)
                _judge_held_out(run, fold, directory)
            wait()
    return read_predictions(directory.predictions)


def _require_batches(run: PreparedRun, fold: int) -> None:
    """Raise ConfigError where a batch is larger than the training set: a smaller one was not asked for."""
    scans, batch_size = len(run.manifest.of(run.folds.training(fold))), run.config.training.batch_size
    if batch_size > scans:
        raise ConfigError(
            f"training.batch_size {batch_size} is larger than the {scans} training scans of fold {fold}. Set it to "
            f"{scans} or less."
        )


def predict_scans(
    run: PreparedRun, patients: set[str], fold: int | None, ensemble: Ensemble, intervals: Intervals | None = None
) -> list[Prediction]:
    """Predictions of every scan of `patients`, from the files, as any later prediction goes."""
    predictions = []
    for scan in run.manifest.of(patients):
        estimate = ensemble.estimate(read_image(scan.path))
        predictions.append(_prediction(scan, fold, estimate, intervals.of(estimate) if intervals else None))
    return predictions


def _judge_held_out(run: PreparedRun, fold: int, directory: FoldDirectory) -> None:
    """Write what the fold says of the scans it has not seen, and how far they lie from those it has."""
    ensemble, predictions, novelty = Ensemble([load_model(directory)]), [], []
    for scan in run.manifest.of(run.folds.held_out(fold)):
        image = read_image(scan.path)
        measured = ensemble.measure(ensemble.see(image))
        predictions.append(_prediction(scan, fold, ensemble.judge(image, measured)))
        novelty += [Novelty(scan.scan_id, scan.patient_id, distances) for distances in measured.distances or ()]
    write_novelty(novelty, directory.novelty)
    write_predictions(predictions, directory.predictions)


def _prediction(scan: Scan, fold: int | None, estimate: Estimate, held: Interval | None = None) -> Prediction:
    return Prediction(
        scan_id=scan.scan_id,
        patient_id=scan.patient_id,
        fold=fold,
        predicted_ml=estimate.volume_ml,
        reference_ml=scan.volume_ml,
        interval_low_ml=held.low_ml if held else None,
        interval_high_ml=held.high_ml if held else None,
        flags=";".join(estimate.flags),
    )


@contextmanager
def alone(run: PreparedRun, fold: int) -> Iterator[None]:
    """No second training of the fold goes on meanwhile; of the processes of one training the first holds the lock."""
    place = f"fold {fold} of {run.directory.path} (`--set run.directory=DIR` chooses another place)"
    with locked(run.directory.lock(fold), f"{place} is being trained by") if is_first() else nullcontext():
        yield


def fold_grid(run: PreparedRun, fold: int) -> Grid:
    """The grid that holds the training scans of the fold."""
    facts = [run.facts[scan.scan_id] for scan in run.manifest.of(run.folds.training(fold))]
    return plan_grid([(scan.shape, scan.spacing_mm) for scan in facts], run.config.preprocessing)


def fold_data(run: PreparedRun, fold: int, progress: Progress) -> tuple[FoldData, ModelRecord]:
    """Everything that is fitted, on the training patients of the fold alone."""
    training = run.manifest.of(run.folds.training(fold))
    held_out = run.manifest.of(run.folds.held_out(fold))
    settings = run.config.preprocessing
    grid = fold_grid(run, fold)
    cache = ScanCache(settings.cache or default_cache(), grid, settings.clip_percentiles)
    scans = watch((*training, *held_out), f"fold {fold}: preparing scans", progress)
    examples = {scan.scan_id: _example(scan, run, cache) for scan in scans}
    train = [examples[scan.scan_id] for scan in training]
    if run.config.model.mask_head and not any(example.occupancy for example in train):
        raise ConfigError(
            f"model.mask_head: no training scan of fold {fold} has a mask. Name masks in the column mask_path of the "
            "manifest, or set it to false."
        )
    volumes_ml, fovs_ml = [e.volume_ml for e in train], [e.fov_ml for e in train]
    data = FoldData(
        training=train,
        held_out=[examples[scan.scan_id] for scan in held_out],
        grid=grid,
        target=fit_target(target_kind(run.config), volumes_ml, fovs_ml),
    )
    return data, _record(run, fold, grid, data)


def _example(scan: Scan, run: PreparedRun, cache: ScanCache) -> Example:
    facts = run.facts[scan.scan_id]
    entry = cache.ensure(facts.sha256, lambda: read_image(scan.path))
    mask = scan.mask_path if run.config.model.mask_head else None
    occupancy = cache.ensure_occupancy(scan_sha256(mask), lambda: read_mask(scan)) if mask else None
    return Example(scan.scan_id, scan.patient_id, entry, scan.volume_ml, facts.field_of_view_ml, occupancy)


def _record(run: PreparedRun, fold: int, grid: Grid, data: FoldData) -> ModelRecord:
    config, facts = run.config, [run.facts[e.scan_id] for e in data.training]
    spacings = [step for f in facts for step in f.spacing_mm]
    volumes_ml, fovs_ml = [e.volume_ml for e in data.training], [e.fov_ml for e in data.training]
    return ModelRecord(
        volest_version=__version__,
        fold=fold,
        seed=config.seed,
        model=config.model,
        grid=grid,
        clip_percentiles=config.preprocessing.clip_percentiles,
        target=data.target,
        views=config.training.views,
        moved_by=config.augmentation.poses()
        if config.training.view_moves == "poses"
        else config.augmentation.spatial(),
        trained_on=TrainingRange(
            volume_ml=(min(volumes_ml), max(volumes_ml)),
            spacing_mm=(min(spacings), max(spacings)),
            field_of_view_ml=(min(fovs_ml), max(fovs_ml)),
        ),
    )
