"""What a run learns of how scans look: of the training scans of each fold, and of all held-out scans together."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from volest.config import Config
from volest.config.intervals import Doubt
from volest.datasets.facts import ScanFacts
from volest.errors import RunError
from volest.evaluation.risk_coverage import risk_coverage
from volest.evaluation.sample import judged_scans
from volest.inference.ensemble import load_familiarity
from volest.inference.model import TrainedModel
from volest.inference.traits import OF_ITSELF, traits_of
from volest.preprocessing.cache import load_entry
from volest.records.intervals import Calibration
from volest.records.novelty import read_novelty
from volest.records.predictions import Prediction
from volest.records.reference import write_reference
from volest.records.refusal import Refusal, RiskCoverage, write_refusal
from volest.records.run import FoldDirectory, RunDirectory
from volest.training.dataset import Example

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of new patients' scans for which thresholds are recorded."""

REJECTED = 0.2
"""Share of the held-out scans whose refusal is judged."""


def record_reference(
    model: TrainedModel, training: Sequence[Example], facts: Mapping[str, ScanFacts], directory: FoldDirectory
) -> None:
    """Write the traits of the training scans of a fold, as its network sees them."""
    rows = [
        traits_of(
            model.network,
            model.record,
            load_entry(example.voxels),
            facts[example.scan_id].spacing_mm,
            facts[example.scan_id].field_of_view_ml,
        )
        for example in training
    ]
    write_reference(
        {name: np.stack([row[name] for row in rows]) for name in rows[0] if name not in OF_ITSELF}, directory.reference
    )


def held_out_doubts(directory: RunDirectory, source: Doubt | None) -> dict[str, float] | None:
    """What the networks told of their doubt about each held-out scan, as a share of its volume; None for no source.

    Raises:
        RunError: a fold has not recorded it.
    """
    if source is None:
        return None
    rows = [row for fold in directory.finished_folds() for row in read_novelty(directory.fold(fold).novelty)]
    if not all(source in row.distances for row in rows):
        raise RunError(
            f"intervals.scaled_by: the folds of {directory.path} have not recorded {source!r}, as they were trained by "
            "an earlier version. Train them again in a new run directory, or choose views or null."
        )
    return {row.scan_id: row.distances[source] for row in rows}


def record_refusal(
    config: Config, directory: RunDirectory, predictions: Sequence[Prediction], calibration: Calibration
) -> None:
    """Write what refusing is worth on the held-out scans of all folds, in two orders; nothing without any scan.

    Least typical first, and widest interval first: what is unlike the training scans need not be what errs. Intervals
    of one width in mL for every scan have no order: those of held-out scans differ by whom their calibration leaves
    out, and are narrower where it leaves out large errors.
    """
    familiarity, sample = load_familiarity(directory), judged_scans(predictions)
    if familiarity is None or not sample.n_scans:
        return
    scores = np.array([familiarity.scores[scan_id] for scan_id in sample.scan_ids])
    widths_ml = {p.scan_id: _width_ml(p) for p in predictions}
    by_width = np.array([widths_ml[scan_id] for scan_id in sample.scan_ids], dtype=float)

    def risk(order: Float[np.ndarray, " scan"]) -> RiskCoverage:
        return risk_coverage(sample, order, REJECTED, np.random.default_rng(config.seed))

    thresholds = {rate: familiarity.typicality.threshold(rate) for rate in RATES}
    is_one_width = calibration.score == "absolute" and calibration.scaled_by is None
    worth = risk(scores), risk(by_width) if np.isfinite(by_width).all() and not is_one_width else None
    refusal = Refusal(dict(familiarity.scores), thresholds, *worth, config.refusal.rejected_percent)
    write_refusal(refusal, directory.refusal)


def _width_ml(prediction: Prediction) -> float:
    low_ml, high_ml = prediction.interval_low_ml, prediction.interval_high_ml
    return np.nan if low_ml is None or high_ml is None else high_ml - low_ml
