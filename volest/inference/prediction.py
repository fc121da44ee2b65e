"""Volumes of files that a run has never seen."""

import glob
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from volest.datasets.admission import admit_image
from volest.errors import RunError, ScanError
from volest.images.formats import find_scans, read_image, scan_sha256
from volest.inference.ensemble import Ensemble, load_ensemble
from volest.progress import Progress, watch
from volest.records.estimates import EstimateRow
from volest.records.manifest import read_manifest
from volest.records.run import RunDirectory

OWN_SCAN = "one of the run's own scans: its honest estimate is in predictions.csv"
"""All folds but one have trained on such a scan."""

NO_NUMBER = "a network of the run gives no finite number for this scan: see `volest diagnose` and train that fold again"


def predict(run: RunDirectory, scans: Iterable[str], progress: Progress, refuse: bool = False) -> list[EstimateRow]:
    """Estimate the volume in each scan with the run's finished folds.

    Args:
        run: where the folds were trained.
        scans: files, folders (searched below) and glob patterns.
        progress: told of each scan.
        refuse: leave out the volumes of scans that are unlike the training scans.

    Returns:
        A row per scan; one that cannot be read or cannot be right has the reason in place of an estimate.

    Raises:
        RunError: the run has no finished fold, or `refuse` and it does not know how its training scans look.
        ScanError: nothing found, or no scan at all could be used.
    """
    paths = expand(scans)
    ensemble = load_ensemble(run)
    if refuse and ensemble.familiarity is None:
        raise RunError(
            f"--refuse: run {run.path} has not recorded how its training scans look, or its folds held no scan out. "
            "Train it again with this version, or leave `--refuse` out."
        )
    own = {scan.sha256 for scan in read_manifest(run.manifest)} if run.manifest.exists() else set()
    rows = [_row(path, ensemble, own) for path in watch(paths, f"predicting {len(paths)} scans", progress)]
    if not any(row.estimate for row in rows):
        raise ScanError("\n".join(row.refusal for row in rows))
    return [_refused(row) for row in rows] if refuse else rows


def _refused(row: EstimateRow) -> EstimateRow:
    """The same, without the number where the scan is unlike the training scans."""
    unlike = row.estimate.unlike if row.estimate else ""
    return EstimateRow(row.path, None, unlike) if unlike else row


def _row(path: Path, ensemble: Ensemble, own: set[str | None]) -> EstimateRow:
    try:
        image = read_image(path)
        admit_image(image, str(path))
        estimate = ensemble.estimate(image)
        sha256 = scan_sha256(path)
    except ScanError as error:
        return EstimateRow(str(path), None, str(error))
    if not math.isfinite(estimate.volume_ml):
        return EstimateRow(str(path), None, NO_NUMBER)
    return EstimateRow(str(path), replace(estimate, flags=(*estimate.flags, OWN_SCAN)) if sha256 in own else estimate)


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
