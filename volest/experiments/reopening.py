"""A run that was begun before, its scans read again: for what looks at its networks and trains nothing."""

from dataclasses import replace
from pathlib import Path

from volest.config import load_recorded_config
from volest.config.schema import RunConfig
from volest.datasets.admission import admit_manifest
from volest.errors import RunError
from volest.experiments.preparation import PreparedRun
from volest.progress import Progress
from volest.records.folds import read_folds
from volest.records.manifest import Manifest, read_manifest
from volest.records.run import RunDirectory


def reopen_run(path: Path, progress: Progress) -> PreparedRun:
    """The run as it was recorded; its device and precision need not be of this machine.

    Raises:
        RunError: no run.
        ManifestError, ScanError: its scans are no longer there, or have changed since.
    """
    directory = RunDirectory(path)
    if not (directory.config.exists() and directory.manifest.exists() and directory.folds.exists()):
        raise RunError(
            f"{path} is no run: expected config.yaml, manifest.csv and folds.csv as `volest cv` and `volest train` "
            "write them."
        )
    config = load_recorded_config(directory.config).model_copy(update={"run": RunConfig(directory=path)})
    manifest = read_manifest(directory.manifest)
    facts = admit_manifest(manifest, progress)
    scans = tuple(replace(scan, sha256=facts[scan.scan_id].sha256) for scan in manifest)
    return PreparedRun(config, directory, Manifest(scans), facts, read_folds(directory.folds))
