"""What a network must beat: predictions that need no network."""

from volest.evaluation.baselines.comparison import baseline_predictions
from volest.evaluation.baselines.scan import BaselineScan

__all__ = ["BaselineScan", "baseline_predictions"]
