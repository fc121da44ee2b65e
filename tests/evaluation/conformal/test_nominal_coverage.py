"""Over 100 studies of 30 patients: what share of new patients do intervals hold?"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from volest.config.intervals import IntervalsConfig
from volest.evaluation.conformal.calibrate import calibrate
from volest.evaluation.conformal.interval import error_bound, interval_of
from volest.evaluation.conformal.patient_quantile import patient_quantile
from volest.evaluation.conformal.scale import scale_of

STUDIES, PATIENTS, NEW = 100, 30, 500


def _load():
    path = Path(__file__).parents[3] / "tools" / "bench" / "held_out_errors.py"
    spec = importlib.util.spec_from_file_location("held_out_errors", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


simulation = _load()
SCENARIOS = {scenario.name: scenario for scenario in simulation.SCENARIOS}


def studies(name):
    """A calibration each, and the errors of many new patients, a scan each, by the mean of the folds."""
    for seed in range(STUDIES):
        rng = np.random.default_rng([seed, 2026])
        held_out = simulation.simulate(SCENARIOS[name], PATIENTS, rng).held_out()
        new = simulation.simulate(SCENARIOS[name], NEW, rng).one_each()
        yield calibrate(held_out, IntervalsConfig(), log_target=True), np.abs(np.log(new.mean_ml / new.reference_ml))


def held_percent(name):
    """Of new patients, by nominal 80% and 90%."""
    shares = [[np.mean(errors <= error_bound(known, level)) for level in (0.8, 0.9)] for known, errors in studies(name)]
    return 100 * np.mean(shares, axis=0)


def scaled_study(seed, knowledge):
    """Held-out scans calibrated by their doubts, and new ones: errors, allowed errors, SD that they were drawn from."""
    rng = np.random.default_rng([seed, 2026])
    old = simulation.simulate(SCENARIOS["2 to 15 scans"], PATIENTS, rng)
    new = simulation.simulate(SCENARIOS["2 to 15 scans"], NEW, rng).one_each()
    doubts = {p.scan_id: d for p, d in zip(old.held_out(), old.doubts(knowledge, rng), strict=True)}
    known = calibrate(old.held_out(), IntervalsConfig(scaled_by="head"), True, doubts)
    scales = np.array([scale_of(known, doubt) for doubt in new.doubts(knowledge, rng)])
    return np.abs(np.log(new.mean_ml / new.reference_ml)), error_bound(known, 0.8) * scales, new.error_sd


@pytest.mark.parametrize("knowledge", [0.0, 0.5, 1.0])
def test_errors_that_are_scaled_by_doubt_hold_their_level_whatever_the_network_knows(knowledge):
    studies = [scaled_study(seed, knowledge) for seed in range(STUDIES)]
    assert 100 * np.mean([errors <= allowed for errors, allowed, _ in studies]) == pytest.approx(80, abs=2)


def test_the_more_a_network_knows_of_its_errors_the_better_hard_patients_are_held():
    def held(knowledge):
        studies = [scaled_study(seed, knowledge) for seed in range(STUDIES)]
        return np.mean([(errors <= allowed)[sd > np.quantile(sd, 2 / 3)].mean() for errors, allowed, sd in studies])

    assert held(0.0) + 0.05 < held(0.5) + 0.03 < held(1.0)


@pytest.mark.parametrize("name", SCENARIOS)
def test_nominal_80_and_90_percent_hold_within_two_points_of_new_patients(name):
    assert held_percent(name) == pytest.approx([80, 90], abs=2)


def test_scans_as_units_fail_where_hard_patients_were_scanned_seldom():
    """Split conformal prediction that takes every scan for a patient of its own."""
    shares = []
    for known, errors in studies("hard patients scanned seldom"):
        alone = np.arange(len(known.deviations))
        bounds = [patient_quantile(np.array(known.deviations), alone, level, "hierarchical") for level in (0.8, 0.9)]
        shares.append([np.mean(errors <= bound) for bound in bounds])
    eighty, ninety = 100 * np.mean(shares, axis=0)
    assert eighty < 75
    assert ninety < 86


def test_the_interval_of_a_scan_holds_exactly_where_its_error_is_within_the_bound():
    """So that the shares above, which take the short way, are those of intervals as `predict` gives them."""
    rng = np.random.default_rng(7)
    scenario = SCENARIOS["2 to 15 scans"]
    known = calibrate(simulation.simulate(scenario, PATIENTS, rng).held_out(), IntervalsConfig(), log_target=True)
    new = simulation.simulate(scenario, 60, rng).one_each()
    for said_ml, reference_ml, folds_ml in zip(new.mean_ml, new.reference_ml, new.folds_ml, strict=True):
        interval = interval_of(known, float(said_ml), dict(enumerate(folds_ml.tolist())), 0.8)
        within = abs(np.log(said_ml / reference_ml)) <= error_bound(known, 0.8)
        assert (interval.low_ml <= reference_ml <= interval.high_ml) == within
