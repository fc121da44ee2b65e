"""A table of predictions to everything that can be said of its agreement with references."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from volest.errors import RunError
from volest.evaluation.bands import bands_by_column, bands_by_volume
from volest.evaluation.bootstrap import LEVEL, N_DRAWS, Bootstrap
from volest.evaluation.comparison import compare
from volest.evaluation.coverage import interval_figures
from volest.evaluation.remarks import remarks
from volest.evaluation.sample import Sample, judged_scans
from volest.evaluation.summary import summarise
from volest.records.evaluation import Comparison, Evaluation, IntervalFigures
from volest.records.follow_up import FollowedScans
from volest.records.judged import Judged

ALONE = "networks_alone"
"""What the run says of follow-ups when it is told nothing."""

GROWN = "earlier_volume"
"""The earlier volume with the average growth, without a look at any scan."""


def evaluate(
    judged: Judged,
    rng: np.random.Generator,
    against: Mapping[str, Judged] | None = None,
    n_draws: int = N_DRAWS,
) -> Evaluation:
    """Summary, bands by volume and by each column that was read, comparisons, baselines, and remarks.

    Args:
        judged: the predictions.
        rng: for the draws of patients.
        against: other predictions of the same scans, by name.
        n_draws: of patients.

    Raises:
        RunError: no scan has a finite prediction and reference, or a comparison is impossible.
        ConfigError: a column that divides the scans into too many parts.
    """
    sample = judged_scans(judged.predictions)
    if not sample.n_scans:
        reason = " ".join(remarks(judged.predictions, sample)) if judged.predictions else "The table is empty."
        raise RunError(f"{judged.name}: no scan can be judged. {reason} Expected predicted_ml and reference_ml in mL.")
    # A stream each, so that a further column or comparison moves no other figure.
    for_all, for_bands, for_others, for_baselines, for_intervals, for_follow_ups, for_told_intervals = rng.spawn(7)
    bands = {"volume_ml": bands_by_volume(sample, for_bands, n_draws)}
    for column, values in judged.columns.items():
        bands[column] = bands_by_column(column, values, sample, for_bands, n_draws)
    others = {name: judged_scans(other.predictions) for name, other in (against or {}).items()}
    known = {name: judged_scans(said) for name, said in judged.baselines.items()}
    baselines = {name: said for name, said in known.items() if said.n_scans}  # one may have had nothing to say
    return Evaluation(
        source=judged.name,
        level=LEVEL,
        draws=n_draws,
        remarks=(*judged.remarks, *remarks(judged.predictions, sample)),
        overall=summarise(Bootstrap(sample, for_all, n_draws)),
        bands=bands,
        comparisons=compare(sample, others, for_others, n_draws),
        baselines=compare(sample, baselines, for_baselines, n_draws),
        intervals=_intervals(judged, for_intervals, for_told_intervals, n_draws),
        follow_ups=_follow_ups(judged.follow_ups, sample, for_follow_ups, n_draws),
    )


def _intervals(
    judged: Judged, rng: np.random.Generator, for_told: np.random.Generator, n_draws: int
) -> IntervalFigures | None:
    """Those of follow-ups are a part of their own, as they are told more than the others."""
    intervals = interval_figures(judged, rng, n_draws)
    if intervals is None or judged.follow_ups is None:
        return intervals
    told = interval_figures(replace(judged, predictions=judged.follow_ups.told, columns={}), for_told, n_draws)
    if told is None:
        return intervals
    return replace(intervals, bands={**intervals.bands, "follow-ups": (replace(told.overall, label="told"),)})


def _follow_ups(
    scans: FollowedScans | None, alone: Sample, rng: np.random.Generator, n_draws: int
) -> tuple[Comparison, ...]:
    """What an earlier volume is worth, beside what is known without it, and without networks."""
    if scans is None:
        return ()
    return compare(judged_scans(scans.told), {ALONE: alone, GROWN: judged_scans(scans.grown)}, rng, n_draws)
