"""How often intervals hold new patients: simulated studies of 30 patients, and a run, out of fold.

Prints `docs/measurements/intervals.md`:

    python tools/bench_intervals.py runs/trus > docs/measurements/intervals.md
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from bench.held_out_errors import SCENARIOS, Scans, Scenario, simulate
from bench.page import table

from volest.config.intervals import Doubt, IntervalsConfig
from volest.evaluation.conformal.calibrate import calibrate, with_held_out_intervals
from volest.evaluation.conformal.interval import error_bound, interval_of
from volest.evaluation.conformal.patient_quantile import patient_quantile
from volest.evaluation.conformal.scale import scale_of
from volest.evaluation.coverage import interval_figures
from volest.experiments.familiarity import held_out_doubts
from volest.records.intervals import Calibration
from volest.records.judged import read_judged
from volest.records.novelty import read_novelty
from volest.records.run import RunDirectory

STUDIES, PATIENTS, NEW, NEW_BY_FOLDS = 100, 30, 1000, 40
LEVELS = (0.8, 0.9)
METHODS = ("pooled", "hierarchical", "cv_plus", "cv_minmax")


def _simulated() -> list[str]:
    rows = []
    for scenario in SCENARIOS:
        shares = np.array([list(_shares(scenario, seed)) for seed in range(STUDIES)])
        mean, error = 100 * shares.mean(axis=0), 100 * shares.std(axis=0, ddof=1) / np.sqrt(STUDIES)
        cells = [f"{m:.1f} ± {e:.1f}" for m, e in zip(mean, error, strict=True)]
        n = len(METHODS) + 1
        rows += [
            (f"{scenario.name}, {level:.0%}", *cells[place * n : (place + 1) * n]) for place, level in enumerate(LEVELS)
        ]
    return table(("new patients held, %", "scans as units", *(f"`{method}`" for method in METHODS)), rows)


def _shares(scenario: Scenario, seed: int) -> Iterator[float]:
    """Of one study: for each level the share of new patients that each method holds."""
    rng = np.random.default_rng([seed, 2026])
    known = calibrate(simulate(scenario, PATIENTS, rng).held_out(), IntervalsConfig(), log_target=True)
    new = simulate(scenario, NEW, rng).one_each()
    errors, deviations = np.abs(np.log(new.mean_ml / new.reference_ml)), np.array(known.deviations)
    for level in LEVELS:
        yield np.mean(errors <= patient_quantile(deviations, np.arange(len(deviations)), level, "hierarchical"))
        for method in METHODS[:2]:
            yield np.mean(errors <= error_bound(replace(known, method=method), level))
        for method in METHODS[2:]:
            yield _share_by_folds(replace(known, method=method), new, level)


def _share_by_folds(known: Calibration, new: Scans, level: float) -> float:
    held = []
    for n in range(NEW_BY_FOLDS):
        interval = interval_of(known, float(new.mean_ml[n]), dict(enumerate(new.folds_ml[n].tolist())), level)
        held.append(interval.low_ml <= new.reference_ml[n] <= interval.high_ml)
    return float(np.mean(held))


def _scaled() -> list[str]:
    """What scaling is worth, by what the network knows of its errors."""
    rows = []
    for knowledge in (None, 0.0, 0.5, 1.0):
        for level in LEVELS:
            studies = [_scaled_study(knowledge, level, seed) for seed in range(STUDIES)]
            held, of_hard, factor = np.mean(studies, axis=0)
            errors = 100 * np.std(studies, axis=0, ddof=1) / np.sqrt(STUDIES)
            cells = [f"{100 * share:.1f} ± {e:.1f}" for share, e in zip((held, of_hard), errors[:2], strict=True)]
            name = "not scaled" if knowledge is None else f"knows {knowledge:.0%}"
            rows.append((f"{name}, {level:.0%}", *cells, f"{factor:.2f}"))
    return table(
        ("2 to 15 scans, `pooled`", "held, %", "of the hardest third, %", "mean bound of the error, log"), rows
    )


def _scaled_study(knowledge: float | None, level: float, seed: int) -> tuple[float, float, float]:
    """Share of the new patients that is held, likewise of the third with the largest errors, and the mean bound."""
    rng = np.random.default_rng([seed, 2026])
    old, new = simulate(SCENARIOS[1], PATIENTS, rng), simulate(SCENARIOS[1], NEW, rng).one_each()
    held_out, doubts, allowed = old.held_out(), None, np.ones(NEW)
    if knowledge is not None:
        doubts = {p.scan_id: doubt for p, doubt in zip(held_out, old.doubts(knowledge, rng), strict=True)}
    config = IntervalsConfig(scaled_by=None if knowledge is None else "head")
    known = calibrate(held_out, config, log_target=True, doubts=doubts)
    if knowledge is not None:
        allowed = np.array([scale_of(known, doubt) for doubt in new.doubts(knowledge, rng)])
    bounds = error_bound(known, level) * allowed
    held = np.abs(np.log(new.mean_ml / new.reference_ml)) <= bounds
    hard = new.error_sd > np.quantile(new.error_sd, 2 / 3)
    return float(held.mean()), float(held[hard].mean()), float(bounds.mean())


def _of_run(path: Path) -> list[str]:
    judged, run = read_judged(path), RunDirectory(path)
    rows = []
    for score, doubt in (("relative", None), ("absolute", None), *(("relative", source) for source in _sources(run))):
        for level in LEVELS:
            config = IntervalsConfig(level=level, score=score, scaled_by=doubt)
            known = calibrate(judged.predictions, config, True, held_out_doubts(run, doubt))
            told = with_held_out_intervals(judged.predictions, known)
            figures = interval_figures(replace(judged, predictions=tuple(told), level=level), np.random.default_rng(0))
            overall, expected = figures.overall, figures.overall.expected_percent
            thirds = " / ".join(f"{band.held_percent.value:.0f}" for band in figures.bands["volume_ml"])
            rows.append(
                (
                    f"{f'{score} by {doubt}' if doubt else score}, {level:.0%}",
                    f"{overall.held_percent.value:.1f}",
                    f"{expected.low:.0f} to {expected.high:.0f}",
                    f"{overall.width_ml.value:.1f} ({overall.width_ml.low:.1f} to {overall.width_ml.high:.1f})",
                    thirds,
                    ", ".join(figures.missed),
                )
            )
    head = ("score, level", "held, %", "binomial range, %", "mean width, mL", "held by third of volume, %", "missed")
    return table(head, rows)


def _sources(run: RunDirectory) -> list[Doubt]:
    """Of doubt, that the folds have recorded."""
    tables = [run.fold(fold).novelty for fold in run.finished_folds()]
    if not all(path.exists() for path in tables):
        return []
    recorded = read_novelty(tables[0])[0].distances
    return [source for source in get_args(Doubt) if source in recorded]


if __name__ == "__main__":
    print(f"<!-- python tools/bench_intervals.py {' '.join(sys.argv[1:])} -->")
    print("\n".join([*_simulated(), "", *_scaled()]))
    for run in sys.argv[1:]:
        print(f"\n{run}\n")
        print("\n".join(_of_run(Path(run))))
