"""What the cheap baselines say of the held-out scans of a run, on its folds."""

from collections.abc import Iterable, Sequence

from volest.datasets.thumbnail import thumbnail
from volest.evaluation.baselines.comparison import baseline_predictions
from volest.evaluation.baselines.scan import BaselineScan
from volest.experiments.preparation import PreparedRun
from volest.images.formats import read_image
from volest.progress import Progress, watch
from volest.records.manifest import Scan
from volest.records.predictions import Prediction


def run_baselines(run: PreparedRun, folds: Iterable[int], progress: Progress) -> dict[str, list[Prediction]]:
    """Out-of-fold predictions of each baseline, by name, of the scans that `folds` hold out."""
    scans = [scan for scan in run.manifest if scan.patient_id not in run.folds.test]
    described = {scan.scan_id: _described(scan, run) for scan in watch(scans, "baselines: reading scans", progress)}
    together: dict[str, list[Prediction]] = {}
    for fold in folds:
        training = [described[s.scan_id] for s in run.manifest.of(run.folds.training(fold))]
        held_out = [described[s.scan_id] for s in run.manifest.of(run.folds.held_out(fold))]
        for name, predictions in baseline_predictions(training, held_out, fold).items():
            together.setdefault(name, []).extend(predictions)
    return together


def _described(scan: Scan, run: PreparedRun) -> BaselineScan:
    facts = run.facts[scan.scan_id]
    return BaselineScan(
        scan_id=scan.scan_id,
        patient_id=scan.patient_id,
        volume_ml=scan.volume_ml,
        shape=facts.shape,
        spacing_mm=facts.spacing_mm,
        field_of_view_ml=facts.field_of_view_ml,
        thumbnail=thumbnail(read_image(scan.path)),
        covariates=_covariates(scan, run.config.data.covariates),
        acquired_on=scan.acquired_on,
    )


def _covariates(scan: Scan, names: Sequence[str] | None) -> dict[str, float]:
    """The numeric extra columns, or those named in data.covariates."""
    numbers = {name: value for name, value in scan.covariates.items() if isinstance(value, float)}
    return numbers if names is None else {name: numbers[name] for name in names if name in numbers}
