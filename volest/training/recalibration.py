"""What a network lacks on its training scans on average, added to all it predicts: calibration in the large.

The intercept alone is corrected (Steyerberg, Clinical Prediction Models, 2nd ed. 2019, chapter 20): on training scans a
slope is flattered by whatever was memorised, an intercept hardly.
"""

from collections.abc import Sequence
from statistics import fmean

import torch
from torch import nn

from volest.records.model import TargetScaling
from volest.training.dataset import EvaluationScans, Example
from volest.training.scan_stack import ScanStack


def recalibrated(target: TargetScaling, predicted: Sequence[float], training: Sequence[Example]) -> TargetScaling:
    """The scaling with the intercept that leaves no mean error on the training scans.

    Args:
        target: fitted on them.
        predicted: standardised, for each of them.
        training: those scans.
    """
    wanted = [target.encode(example.volume_ml, example.fov_ml) for example in training]
    return target.model_copy(update={"intercept": fmean(w - p for w, p in zip(wanted, predicted, strict=True))})


def predict_targets(network: nn.Module, scans: Sequence[Example]) -> list[float]:
    """Standardised, of scans as they are, by a network that has learnt."""
    batches = EvaluationScans(ScanStack([scan.voxels for scan in scans]))
    with torch.inference_mode():
        return [float(network(batches[[place]])) for place in range(len(scans))]
