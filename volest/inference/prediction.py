"""Volumes of files that a run has never seen."""

import glob
from collections.abc import Iterable
from pathlib import Path

from volest.datasets.admission import admit_image
from volest.errors import ScanError
from volest.images.formats import find_scans, read_image, scan_sha256
from volest.inference.ensemble import load_ensemble
from volest.progress import Progress, watch
from volest.records.estimates import EstimateRow
from volest.records.manifest import read_manifest
from volest.records.run import RunDirectory

OWN_SCAN = "one of the run's own scans: its honest estimate is in predictions.csv"
"""All folds but one have trained on such a scan."""


def predict(run: RunDirectory, scans: Iterable[str], progress: Progress) -> list[EstimateRow]:
    """Estimate the volume in each scan with the run's finished folds.

    Args:
        run: where the folds were trained.
        scans: files, folders (searched below) and glob patterns.
        progress: told of each scan.

    Raises:
        RunError: the run has no finished fold.
        ScanError: nothing found, or a scan cannot be read or cannot be right.
    """
    paths = expand(scans)
    ensemble = load_ensemble(run)
    own = {scan.sha256 for scan in read_manifest(run.manifest)} if run.manifest.exists() else set()
    estimates = []
    for path in watch(paths, f"predicting {len(paths)} scans", progress):
        image = read_image(path)
        admit_image(image, str(path))
        estimate = ensemble.estimate(image)
        flags = (*estimate.flags, *((OWN_SCAN,) if scan_sha256(path) in own else ()))
        row = EstimateRow(str(path), estimate.volume_ml, estimate.spread_ml, estimate.fold_ml, flags)
        estimates.append(row)
    return estimates


def expand(scans: Iterable[str]) -> list[Path]:
    """Files behind names of files, folders and patterns, each once, in the order given.

    Raises:
        ScanError: a name behind which there is no scan.
    """
    found: dict[Path, None] = {}
    for name in scans:
        path = Path(name)
        if path.is_dir():
            paths = find_scans(path)
        elif path.exists():
            paths = [path]
        else:
            paths = [Path(match) for match in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207 (patterns may be absolute)
        if not paths:
            raise ScanError(f"no scan at {name!r}: expected a file, a folder that holds scans, or a pattern in quotes.")
        found.update(dict.fromkeys(paths))
    return list(found)
