"""What a run learns of how scans look: of the training scans of each fold, and of all held-out scans together."""

from collections.abc import Mapping, Sequence

import numpy as np

from volest.config import Config
from volest.datasets.facts import ScanFacts
from volest.evaluation.risk_coverage import risk_coverage
from volest.evaluation.sample import judged_scans
from volest.inference.ensemble import load_familiarity
from volest.inference.gaze import BORDER
from volest.inference.model import TrainedModel
from volest.inference.traits import traits_of
from volest.preprocessing.cache import load_entry
from volest.records.predictions import Prediction
from volest.records.reference import write_reference
from volest.records.refusal import Refusal, write_refusal
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
        {name: np.stack([row[name] for row in rows]) for name in rows[0] if name != BORDER}, directory.reference
    )


def record_refusal(config: Config, directory: RunDirectory, predictions: Sequence[Prediction]) -> None:
    """Write what refusing the least typical scans is worth on the held-out scans of all folds; nothing without any."""
    familiarity, sample = load_familiarity(directory), judged_scans(predictions)
    if familiarity is None or not sample.n_scans:
        return
    scores = np.array([familiarity.scores[scan_id] for scan_id in sample.scan_ids])
    risk = risk_coverage(sample, scores, REJECTED, np.random.default_rng(config.seed))
    thresholds = {rate: familiarity.typicality.threshold(rate) for rate in RATES}
    write_refusal(Refusal(dict(familiarity.scores), thresholds, risk), directory.refusal)
