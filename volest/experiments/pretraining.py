"""Encoders that learn from rasters alone, and are then the start of a fold."""

import shutil
from collections.abc import Sequence

from volest import __version__
from volest.config import Config
from volest.errors import ConfigError, RunError, ScanError
from volest.experiments.preparation import PreparedRun, record_settings, require_same_config
from volest.experiments.provenance import kept_apart, require_unseen, seen_by, tell_trust, unlabelled_scans
from volest.experiments.unseen import Admission, AdmittedScan, admit_unseen
from volest.geometry import Grid
from volest.images.formats import read_image
from volest.models.registry import match_encoder_weights
from volest.preprocessing.cache import ScanCache, default_cache
from volest.preprocessing.grid import plan_grid
from volest.progress import Progress, watch
from volest.records.encoder import (
    EncoderRecord,
    SeenScan,
    read_encoder_record,
    read_seen_scans,
    write_seen_scans,
)
from volest.records.history import read_history
from volest.records.lock import locked
from volest.records.manifest import Scan
from volest.records.run import FoldDirectory, RunDirectory
from volest.training.pretraining import PretrainingData, build_pretrainable, pretrain, require_batches
from volest.training.processes import count
from volest.training.reconstruction import UnlabelledExample
from volest.training.saving import save_autoencoder
from volest.wording import counted

FEWEST_PATIENTS = 2


def pretrain_fold(run: PreparedRun, fold: int, grid: Grid, progress: Progress, strict: bool = False) -> EncoderRecord:
    """The encoder of a fold, after whatever part of its pretraining is still to do.

    Args:
        run: with its scans and folds.
        fold: whose held-out patients, as the locked ones, are kept apart.
        grid: planned on the training scans of the fold.
        progress: told how it goes.
        strict: refuse scans that may not be used, rather than leave them out.

    Raises:
        ScanError: `strict`, and a scan may not be used.
        FoldError: the encoder is there, and has seen a scan of a patient who is held out.
        RunError: the pretraining was begun with other scans, or its checkpoint is damaged.
        ConfigError, ModelError, ManifestError, TrainingError: as of the pretraining.
    """
    directory = run.directory.fold(fold)
    if directory.has_encoder:
        require_unseen(
            directory.encoder_weights,
            run,
            fold,
            f"Pretrain it anew without them: `volest pretrain --fold {fold} --restart` with the same settings.",
        )
        return _finished(directory, strict)
    admission = admit(run, fold, progress)
    _tell(admission, strict, progress)
    return _pretrain(run.config, fold, admission, grid, directory, progress)


def admit(run: PreparedRun, fold: int, progress: Progress) -> Admission:
    """The scans that the encoder of a fold may learn from: its training scans and the unlabelled ones.

    Raises:
        ManifestError, ScanError: the unlabelled scans, or a scan of the manifest, cannot be read.
    """
    training, unlabelled = run.manifest.of(run.folds.training(fold)), unlabelled_scans(run.config)
    return admit_unseen(training, unlabelled, kept_apart(run, fold), progress)


def pretrain_alone(config: Config, progress: Progress, strict: bool = False, restart: bool = False) -> EncoderRecord:
    """An encoder without a fold, from data.unlabelled alone; what it has seen is held against any fold it starts.

    Args:
        config: the experiment; it writes to `run.directory`.
        progress: told how it goes.
        strict: refuse scans that may not be used, rather than leave them out.
        restart: forget what an earlier pretraining has left there.

    Raises:
        ScanError: no scan can be used, all are of one patient, or `strict` and a scan may not be used.
        ConfigError: data.unlabelled names nothing.
        RunError: another process pretrains there, it was begun with other scans, or its checkpoint is damaged.
        ConfigError, ModelError, ManifestError, TrainingError: as of the pretraining.
    """
    run, directory = RunDirectory(config.run.directory), FoldDirectory(config.run.directory)
    require_same_config(config, run)
    if directory.has_encoder and not restart:
        return _finished(directory, strict)
    unlabelled = unlabelled_scans(config)
    if not unlabelled:
        raise ConfigError(
            "no scans to pretrain on without a fold: name them with `--unlabelled`, or leave `--out` out to pretrain "
            "each fold on its training scans."
        )
    admission = admit_unseen((), unlabelled, (), progress)
    _tell(admission, strict, progress)
    _require_patients(admission)
    facts = [scan.looks.facts for scan in admission.scans]
    grid = plan_grid([(scan.shape, scan.spacing_mm) for scan in facts], config.preprocessing)
    record_settings(config, run)
    with locked(run.pretraining_lock, f"{run.path} is being pretrained by"):
        if restart:
            forget_pretraining(directory)
        return _pretrain(config, None, admission, grid, directory, progress)


def forget_pretraining(directory: FoldDirectory) -> None:
    """Remove the encoder, and all that led to it."""
    directory.encoder_json.unlink(missing_ok=True)
    directory.encoder_weights.unlink(missing_ok=True)
    directory.decoder_weights.unlink(missing_ok=True)
    directory.probe.unlink(missing_ok=True)
    shutil.rmtree(directory.pretraining.path, ignore_errors=True)


def start_of(run: PreparedRun, fold: int, grid: Grid, progress: Progress) -> Config:
    """The configuration of a fold with the weights that its encoder starts from, pretrained first where that is asked.

    Raises:
        ScanError, ConfigError, ModelError, ManifestError, RunError, TrainingError: as of the pretraining.
    """
    config = run.config
    if config.model.encoder_weights is not None:
        tell_trust(config.model.encoder_weights, progress)
        matched = match_encoder_weights(config.model, grid.shape)
        progress.tell(f"model.encoder_weights {config.model.encoder_weights}: {matched.sentence}")
    if not config.pretrain.enabled:
        return config
    pretrain_fold(run, fold, grid, progress)
    weights = run.directory.fold(fold).encoder_weights
    return config.model_copy(update={"model": config.model.model_copy(update={"encoder_weights": weights})})


def require_start(run: PreparedRun, fold: int, grid: Grid) -> None:
    """Raise what speaks against the start of a fold's encoder, before anything is written.

    Raises:
        FoldError: model.encoder_weights have seen a scan or patient that the fold holds out.
        ConfigError: a batch of the pretraining larger than the scans, or several processes, of which one alone would
            pretrain.
        ModelError: the encoder cannot be pretrained.
    """
    begins = run.config.pretrain.enabled and not run.directory.fold(fold).has_encoder
    if begins and count() > 1:
        raise ConfigError(
            f"fold {fold} begins with a pretraining, which is made by one process. Run `volest pretrain` with this "
            "configuration first; then start the training again."
        )
    if run.config.model.encoder_weights is not None:
        require_unseen(
            run.config.model.encoder_weights,
            run,
            fold,
            "Set pretrain.enabled to pretrain in each fold without them, or name weights that were pretrained on other "
            "scans.",
        )
    if begins:
        build_pretrainable(run.config, grid.shape)
        require_batches(run.config, len(run.manifest.of(run.folds.training(fold))) + len(unlabelled_scans(run.config)))


def unlabelled_example(
    scan: Scan | AdmittedScan, sha256: str, cache: ScanCache, volume_ml: float | None = None
) -> UnlabelledExample:
    """A scan as an autoencoder learns from it or is judged by it, on the grid of the cache."""
    voxels, field = (make(sha256, lambda: read_image(scan.path)) for make in (cache.ensure, cache.ensure_field))
    return UnlabelledExample(scan.scan_id, scan.patient_id, voxels, field, volume_ml)


def _finished(directory: FoldDirectory, strict: bool) -> EncoderRecord:
    record = read_encoder_record(directory.encoder_json)
    if strict:
        Admission((), record.left_out).require_all()
    return record


def _require_begun_with(scans: Sequence[SeenScan], directory: FoldDirectory) -> None:
    """Weights have seen the scans that their pretraining began with; one that goes on with others would not say so.

    Raises:
        RunError: they are others now.
    """
    if directory.pretraining.checkpoint.exists():
        begun = {scan.content_sha256: scan.scan_id for scan in read_seen_scans(directory.pretraining_scans)}
        now = {scan.content_sha256: scan.scan_id for scan in scans}
        if changed := [(begun | now)[content] for content in begun.keys() ^ now.keys()]:
            raise RunError(
                f"{directory.pretraining.path} was begun with other scans than there are now: "
                f"{counted(len(changed), 'scan')} came or went, such as {min(changed)!r}. Begin anew with "
                "`--restart`, or put the scans back as they were."
            )
    write_seen_scans(scans, directory.pretraining_scans)


def _tell(admission: Admission, strict: bool, progress: Progress) -> None:
    if strict:
        admission.require_all()
    if admission.left_out:
        progress.tell(f"pretraining: {admission.sentence}")
    nameless = sum(scan.patient_id is None for scan in admission.scans)
    if nameless:
        progress.tell(
            f"pretraining: nobody told the patient of {nameless} unlabelled scans; that none is of a held-out patient "
            "is taken on trust, but for copies. A table with patient_id in data.unlabelled would settle it."
        )


def _require_patients(admission: Admission) -> None:
    patients = {scan.patient_id for scan in admission.scans}
    if len(admission.scans) < FEWEST_PATIENTS or (len(patients) < FEWEST_PATIENTS and None not in patients):
        raise ScanError(
            f"{len(admission.scans)} usable scans of {len(patients)} patient are too few to pretrain on: an encoder "
            "would learn that patient. Name scans of several patients in data.unlabelled."
        )


def _pretrain(
    config: Config, fold: int | None, admission: Admission, grid: Grid, directory: FoldDirectory, progress: Progress
) -> EncoderRecord:
    build_pretrainable(config, grid.shape)  # what is wrong with it is said before scans are put on the grid
    require_batches(config, len(admission.scans))
    _require_begun_with([scan.seen for scan in admission.scans], directory)
    settings = config.preprocessing
    cache = ScanCache(settings.cache or default_cache(), grid, settings.clip_percentiles)
    scans = watch(admission.scans, "preparing scans to pretrain on", progress)
    examples = [unlabelled_example(scan, scan.looks.facts.sha256, cache, scan.volume_ml) for scan in scans]
    data = PretrainingData(examples, grid)
    network = pretrain(config, fold, data, directory.pretraining, progress)
    record = EncoderRecord(
        volest_version=__version__,
        fold=fold,
        seed=config.seed,
        model=config.model,
        pretrain=config.pretrain,
        grid=grid,
        clip_percentiles=settings.clip_percentiles,
        final_loss=float(read_history(directory.pretraining.history)["train_loss"].iloc[-1]),
        tensors={name: tuple(tensor.shape) for name, tensor in network.encoder.state_dict().items()},
        scans=tuple(dict.fromkeys((*(scan.seen for scan in admission.scans), *seen_by(config.model.encoder_weights)))),
        left_out=admission.left_out,
    )
    save_autoencoder(network, record, directory)
    return record
