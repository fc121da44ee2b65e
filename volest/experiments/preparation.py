"""A run made ready: scans audited, folds made or read, and both recorded with the configuration."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from volest.config import Config, dump_config, load_recorded_config
from volest.config.cluster import ClusterConfig
from volest.config.diagnosis import DiagnosisConfig
from volest.config.intervals import IntervalsConfig
from volest.config.load import differing_keys
from volest.config.proxy import ProxyConfig
from volest.config.refusal import RefusalConfig
from volest.datasets.admission import admit_manifest
from volest.datasets.facts import ScanFacts
from volest.datasets.split import check_folds, fold_proof, make_folds
from volest.errors import ConfigError, RunError
from volest.progress import Progress
from volest.records import atomic
from volest.records.environment import write_environment
from volest.records.folds import Folds, read_folds, write_folds
from volest.records.manifest import Manifest, read_manifest, write_manifest
from volest.records.run import RunDirectory
from volest.training.machine import choose_device, choose_precision

FREE_KEYS = {
    "run.directory",
    "data.manifest",
    "data.folds",
    "preprocessing.cache",
    "training.workers",
    "training.memory_gib",
    "training.threads",
    "training.pictures",
}
"""Keys that may change within a run, as they change rounding at the most; scans and folds are compared by content."""


ELSEWHERE = "--set run.directory=DIR"
"""Option by which a run is written to another place."""


@dataclass(frozen=True)
class PreparedRun:
    """What every fold of a run shares."""

    config: Config
    directory: RunDirectory
    manifest: Manifest
    facts: Mapping[str, ScanFacts]
    folds: Folds


def prepare_run(config: Config, progress: Progress, fold: int | None = None) -> PreparedRun:
    """Audit the scans and settle the folds; nothing is written yet, as the fold or the network may still be wrong.

    What is quickly known to be wrong is said before the scans are read.

    Args:
        config: the experiment.
        progress: told of each scan.
        fold: the part that will be trained; None for all.

    Raises:
        RunError: the directory holds a run of another configuration, other scans or other folds.
        ConfigError: a covariate that no scan has as a number, or a device or precision that this machine lacks.
        ManifestError, ScanError, FoldError: the data cannot be used, or there is no such fold.
    """
    directory = RunDirectory(config.run.directory)
    manifest = read_manifest(config.data.manifest)
    require_same_config(config, directory)
    choose_precision(config.training, choose_device(config.training))
    _require_covariates(config, manifest)
    folds = _settle_folds(config, manifest, directory)
    if fold is not None:
        folds.require(fold)
    facts = admit_manifest(manifest, progress)
    manifest = Manifest(tuple(replace(scan, sha256=facts[scan.scan_id].sha256) for scan in manifest))
    _require_same_scans(manifest, directory)
    return PreparedRun(config, directory, manifest, facts, folds)


def derive_run(
    run: PreparedRun, config: Config, folds: Folds, manifest: Manifest | None = None, elsewhere: str = ELSEWHERE
) -> PreparedRun:
    """The scans of a run, read once, for another run: of other settings, other folds, or other references.

    Args:
        run: that has read the scans.
        config: of the other.
        folds: of the other.
        manifest: of the other; None where it is the same.
        elsewhere: option by which the user chooses another place for it, for messages.

    Raises:
        RunError: the directory holds a run of another configuration, other scans or other folds.
        FoldError: the folds were made for other patients.
    """
    directory, manifest = RunDirectory(config.run.directory), manifest or run.manifest
    require_same_config(config, directory, elsewhere)
    if directory.folds.exists() and read_folds(directory.folds) != folds:
        raise RunError(
            f"run directory {directory.path} was begun with other folds. Choose another with `{elsewhere}`, or "
            "remove it to begin anew."
        )
    check_folds(manifest, folds)
    _require_same_scans(manifest, directory)
    return PreparedRun(config, directory, manifest, run.facts, folds)


def record_run(run: PreparedRun) -> None:
    """Write what every fold shares, and is not there yet; config.yaml first, for a directory with it is a run."""
    directory = run.directory
    record_settings(run.config, directory)
    records = {
        directory.manifest: lambda path: write_manifest(run.manifest, path),
        directory.folds: lambda path: write_folds(run.folds, path),
        directory.folds_proof: lambda path: atomic.write_text(path, fold_proof(run.manifest, run.folds)),
    }
    for path, write in records.items():
        if not path.exists():
            write(path)


def record_settings(config: Config, directory: RunDirectory) -> None:
    """Write the configuration and where it was used, unless they are there."""
    if not directory.config.exists():
        atomic.write_text(directory.config, dump_config(config))
    if not directory.environment.exists():
        write_environment(directory.environment, config.seed, choose_device(config.training))


def forget_fold(directory: RunDirectory, fold: int) -> None:
    """Remove what fold `fold` has left behind, and the run's results that counted it in."""
    judged = (directory.predictions, directory.test_predictions, directory.metrics, directory.intervals)
    followed = (directory.follow_up, directory.followed)
    for result in (*judged, *followed, directory.refusal, directory.findings, directory.evaluation):
        result.unlink(missing_ok=True)
    shutil.rmtree(directory.fold(fold).path, ignore_errors=True)


def require_same_config(config: Config, directory: RunDirectory, elsewhere: str = ELSEWHERE) -> None:
    """Raise RunError where the directory belongs to another configuration, or to something else."""
    if not directory.config.exists():
        _require_free(directory.path)
        return
    differing = set(
        differing_keys(_without_readings(load_recorded_config(directory.config)), _without_readings(config))
    )
    differing -= FREE_KEYS
    if differing:
        raise RunError(
            f"run directory {directory.path} belongs to another configuration: it differs in "
            f"{', '.join(sorted(differing))}. Choose another with `{elsewhere}`, or set these keys back "
            f"(its configuration is {directory.config})."
        )


def _without_readings(config: Config) -> Config:
    """The same, but for what only reads the records, has changed the other keys already, or says where to compute."""
    readings = {"diagnosis": DiagnosisConfig(), "intervals": IntervalsConfig(), "refusal": RefusalConfig()}
    return config.model_copy(update={**readings, "proxy": ProxyConfig(), "cluster": ClusterConfig()})


def _require_free(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise RunError(f"run directory {path} is a file. Choose another with `--set run.directory=DIR`.")
    # What another process is just writing is hidden, until config.yaml is there.
    if path.exists() and any(not entry.name.startswith(".") for entry in path.iterdir()):
        raise RunError(
            f"run directory {path} holds files but no run (no config.yaml). "
            "Choose an empty or new one with `--set run.directory=DIR`."
        )


def _require_covariates(config: Config, manifest: Manifest) -> None:
    numeric = {name for scan in manifest for name, value in scan.covariates.items() if isinstance(value, float)}
    unknown = [name for name in config.data.covariates or () if name not in numeric]
    if unknown:
        raise ConfigError(
            f"data.covariates: {unknown[0]!r} is no numeric column of {config.data.manifest}; it has "
            f"{', '.join(sorted(numeric)) or 'none to offer'}. Correct the name, or set it to null for all."
        )


def _settle_folds(config: Config, manifest: Manifest, directory: RunDirectory) -> Folds:
    """The folds of the configuration, or of the run, or new ones."""
    recorded = read_folds(directory.folds) if directory.folds.exists() else None
    if config.data.folds is not None:
        folds = read_folds(config.data.folds)
        if recorded is not None and recorded != folds:
            raise RunError(
                f"run directory {directory.path} was begun with other folds than {config.data.folds}. "
                "Choose another with `--set run.directory=DIR`."
            )
    else:
        folds = recorded or make_folds(manifest, config.split, config.seed)
    check_folds(manifest, folds)
    return folds


def _require_same_scans(manifest: Manifest, directory: RunDirectory) -> None:
    if not directory.manifest.exists():
        return
    recorded = {
        scan.scan_id: (scan.sha256, scan.patient_id, scan.volume_ml) for scan in read_manifest(directory.manifest)
    }
    now = {scan.scan_id: (scan.sha256, scan.patient_id, scan.volume_ml) for scan in manifest}
    changed = sorted(scan_id for scan_id in recorded.keys() | now.keys() if recorded.get(scan_id) != now.get(scan_id))
    if changed:
        raise RunError(
            f"run directory {directory.path} was begun with other scans: {len(changed)} were added, removed or changed "
            f"since, such as {changed[0]!r}. Choose another with `--set run.directory=DIR`."
        )
