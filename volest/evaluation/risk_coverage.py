"""What refusing the most doubtful scans is worth: the error of those that are kept."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from volest.evaluation.bootstrap import Bootstrap, Statistic
from volest.evaluation.draws import Draws, PerDraw, ratio, whole
from volest.evaluation.sample import PerScan, Sample
from volest.records.evaluation import Figure
from volest.records.refusal import RiskCoverage


@dataclass(frozen=True, eq=False)
class _Kept:
    """Scans in the order in which they are kept, the most trusted first, in each of many draws of patients."""

    coverage: Float[np.ndarray, "draw scan"]
    risk_ml: Float[np.ndarray, "draw scan"]

    @staticmethod
    def by(score: PerScan, draws: Draws) -> "_Kept":
        order = np.lexsort((np.array(draws.sample.scan_ids), score))  # the order of the table breaks no tie
        weights = draws.weights[:, order]
        kept = np.cumsum(weights, axis=1)
        errors_ml = np.cumsum(weights * np.abs(draws.sample.error_ml[order]), axis=1)
        return _Kept(kept / kept[:, -1:], np.divide(errors_ml, kept, out=np.zeros_like(kept), where=kept > 0))

    def area_ml(self) -> PerDraw:
        """Mean of the risk over all coverages (AURC; Geifman, Uziel & El-Yaniv, ICLR 2019, equation 2)."""
        steps = np.diff(self.coverage, axis=1, prepend=0)
        return np.asarray((steps * self.risk_ml).sum(axis=1))

    def at(self, coverage: float) -> PerDraw:
        """MAE of the trusted share `coverage`."""
        place = np.argmax(self.coverage >= coverage - 1e-9, axis=1)
        return np.asarray(self.risk_ml[np.arange(len(place)), place])


def risk_coverage(
    sample: Sample, score: PerScan, rejected: float, rng: np.random.Generator, n_draws: int = 2000
) -> RiskCoverage:
    """The curve of a score, its area beside the best and the blind one, and what one rejection rate is worth.

    Args:
        sample: held-out scans.
        score: large for scans that should be refused first.
        rejected: share of the scans that is refused.
        rng: draws the patients of the intervals.
        n_draws: how many.
    """

    def lowered(draws: Draws) -> PerDraw:
        kept = _Kept.by(score, draws)
        return 100 * (1 - ratio(kept.at(1 - rejected), kept.at(1.0)))

    statistics: dict[str, Statistic] = {"area_ml": lambda draws: _Kept.by(score, draws).area_ml(), "lowered": lowered}
    bootstrap = Bootstrap(sample, rng, n_draws)
    figures: dict[str, Figure] = {name: bootstrap.figure(statistic) for name, statistic in statistics.items()}
    study = _Kept.by(score, whole(sample))
    best = _Kept.by(np.abs(sample.error_ml), whole(sample))
    return RiskCoverage(
        coverage=tuple(study.coverage[0].tolist()),
        mae_ml=tuple(study.risk_ml[0].tolist()),
        area_ml=figures["area_ml"],
        best_area_ml=float(best.area_ml()[0]),
        blind_area_ml=float(np.abs(sample.error_ml).mean()),
        rejected_percent=100 * rejected,
        lowered_percent=figures["lowered"],
    )
