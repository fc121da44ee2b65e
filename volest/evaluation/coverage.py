"""Do intervals of single scans hold as many references as they say?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import stats

from volest.evaluation.bands import scans_by_column, scans_by_volume
from volest.evaluation.bootstrap import LEVEL, N_DRAWS, Bootstrap
from volest.evaluation.effective_number import effective_number
from volest.evaluation.sample import PerScan, Sample, judged_scans
from volest.evaluation.variance_components import variance_components
from volest.records.evaluation import Coverage, Figure, IntervalFigures
from volest.records.judged import Judged


@dataclass(frozen=True, eq=False)
class _Held:
    """Scans with intervals.

    Attributes:
        icc: of being held; scans of one patient are held or missed together.
    """

    sample: Sample
    held: Bool[np.ndarray, " scan"]
    width_ml: PerScan
    icc: float


def interval_figures(judged: Judged, rng: np.random.Generator, n_draws: int = N_DRAWS) -> IntervalFigures | None:
    """Coverage and width over all scans with an interval, by volume, and by each column that was read.

    Returns:
        None where the predictions have no intervals.
    """
    known = [p for p in judged.predictions if p.interval_low_ml is not None and p.interval_high_ml is not None]
    sample = judged_scans(known)
    if judged.level is None or not sample.n_scans:
        return None
    ends = {p.scan_id: (p.interval_low_ml, p.interval_high_ml) for p in known}
    low_ml, high_ml = np.array([ends[scan_id] for scan_id in sample.scan_ids], dtype=float).T
    held = (low_ml <= sample.reference_ml) & (sample.reference_ml <= high_ml)
    everything = _Held(sample, held, high_ml - low_ml, _icc(held, sample))
    parts = {"volume_ml": scans_by_volume(sample)}
    parts |= {name: scans_by_column(name, values, sample) for name, values in judged.columns.items()}
    return IntervalFigures(
        level=judged.level,
        overall=_coverage("all", list(range(sample.n_scans)), everything, judged.level, rng, n_draws),
        missed=_missed(everything),
        bands={
            name: tuple(
                _coverage(label, scans, everything, judged.level, rng, n_draws) for label, scans in part.items()
            )
            for name, part in parts.items()
        },
    )


def expected_percent(level: float, sample: Sample, icc: float) -> Figure:
    """Where 95% of samples like this one would come out at a true coverage of `level`.

    Binomial, with as many trials as the scans of patients are worth.
    """
    trials = max(1, int(effective_number(np.bincount(sample.patient_of_scan).tolist(), icc)))
    low, high = stats.binom.interval(LEVEL, trials, level)
    return Figure.of(100 * level, 100 * low / trials, 100 * high / trials)


def _icc(held: Bool[np.ndarray, " scan"], sample: Sample) -> float:
    """Share of the variance of being held that is between patients; 1 where nothing tells it."""
    if sample.n_patients < 2 or sample.n_scans == sample.n_patients or held.all() or not held.any():
        return 1.0
    components = variance_components(held.astype(float), sample.patient_of_scan)
    return components.between / (components.between + components.within)


def _missed(scans: _Held) -> tuple[str, ...]:
    found = {p for p, held in zip(scans.sample.patient_ids, scans.held, strict=True) if held}
    return tuple(p for p in dict.fromkeys(scans.sample.patient_ids) if p not in found)


def _coverage(
    label: str, places: list[int], scans: _Held, level: float, rng: np.random.Generator, n_draws: int
) -> Coverage:
    sample, held, width_ml = scans.sample.of(places), scans.held[places], scans.width_ml[places]
    bootstrap = Bootstrap(sample, rng, n_draws)
    return Coverage(
        label=label,
        n_scans=sample.n_scans,
        n_patients=sample.n_patients,
        held_percent=bootstrap.share(lambda draws: 100 * draws.average(held.astype(float))),
        expected_percent=expected_percent(level, sample, scans.icc),
        width_ml=bootstrap.figure(lambda draws: draws.average(width_ml)),
    )
