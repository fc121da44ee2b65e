import math
from dataclasses import replace

import numpy as np
import pytest

from volest.config.intervals import IntervalsConfig
from volest.evaluation.conformal.calibrate import calibrate
from volest.evaluation.conformal.interval import error_bound, interval_of
from volest.records.intervals import Calibration
from volest.records.predictions import Prediction

METHODS = ("pooled", "hierarchical", "cv_plus", "cv_minmax")
FOLDS_ML = {0: 48.0, 1: 50.0, 2: 55.0}


@pytest.fixture
def calibration(rng):
    """Of 30 patients with 1 to 6 scans in three folds."""
    patients = np.repeat(np.arange(30), rng.integers(1, 7, 30))
    errors = np.abs(rng.normal(0, 0.1, 30)[patients] + rng.normal(0, 0.1, len(patients)))
    return Calibration(
        level=0.9,
        method="pooled",
        score="relative",
        patients=tuple(patients.tolist()),
        folds=tuple((patients % 3).tolist()),
        deviations=tuple(errors.tolist()),
    )


def widths(calibration, level=0.9, folds_ml=FOLDS_ML):
    estimate_ml = float(np.exp(np.mean(np.log(list(folds_ml.values())))))
    found = {m: interval_of(replace(calibration, method=m), estimate_ml, folds_ml, level) for m in METHODS}
    return {m: math.log(interval.high_ml / interval.low_ml) for m, interval in found.items()}


def test_relative_errors_give_the_same_factor_above_and_below(calibration):
    factor = math.exp(error_bound(calibration, 0.9))
    for volume_ml in (10.0, 500.0):
        found = interval_of(calibration, volume_ml, dict.fromkeys(FOLDS_ML, volume_ml), 0.9)
        assert (found.low_ml, found.high_ml) == pytest.approx((volume_ml / factor, volume_ml * factor))


def test_absolute_errors_give_the_same_width_for_all_and_end_at_zero(calibration):
    metric = replace(calibration, score="absolute", deviations=tuple(100 * d for d in calibration.deviations))
    bound_ml = error_bound(metric, 0.9)
    found = interval_of(metric, 500.0, {}, 0.9)
    assert (found.low_ml, found.high_ml) == pytest.approx((500 - bound_ml, 500 + bound_ml))
    assert interval_of(metric, 0.5 * bound_ml, {}, 0.9).low_ml == 0


def test_methods_differ_only_where_folds_do(calibration):
    alike = widths(calibration, folds_ml=dict.fromkeys(FOLDS_ML, 50.0))
    assert alike["hierarchical"] == pytest.approx(alike["cv_plus"])
    assert alike["hierarchical"] == pytest.approx(alike["cv_minmax"])
    assert alike["pooled"] <= alike["hierarchical"]


def test_the_more_a_method_promises_the_wider_it_is(calibration):
    found = widths(calibration)
    assert found["pooled"] <= found["hierarchical"] < found["cv_minmax"]
    assert found["cv_plus"] < found["cv_minmax"]


def test_cv_minmax_reaches_from_the_smallest_fold_to_the_largest(calibration):
    found = widths(replace(calibration, deviations=(0.0,) * len(calibration.deviations)))
    assert found["cv_minmax"] == pytest.approx(math.log(55 / 48))
    assert found["pooled"] == 0


def test_a_wider_level_gives_a_wider_interval_and_an_unsupported_one_none(calibration):
    for method in METHODS:
        of_method = [widths(calibration, level)[method] for level in (0.6, 0.8, 0.9, 0.96)]
        assert of_method == sorted(of_method)
        assert interval_of(replace(calibration, method=method), 50.0, FOLDS_ML, 0.97) is None


@pytest.mark.parametrize("method", METHODS)
def test_twice_the_scale_is_twice_the_width_whatever_the_method(calibration, method):
    scaled = replace(calibration, method=method, scaled_by="views", doubts=(0.1,) * len(calibration.deviations))
    calm, hard = (interval_of(scaled, 50.0, dict.fromkeys(FOLDS_ML, 50.0), 0.9, doubt) for doubt in (0.1, 0.3))
    assert math.log(hard.high_ml / hard.low_ml) == pytest.approx(2 * math.log(calm.high_ml / calm.low_ml))
    assert interval_of(scaled, 50.0, FOLDS_ML, 0.9) is None


@pytest.mark.parametrize("volume_ml", [math.nan, math.inf, 0.0, -4.0])
@pytest.mark.parametrize("method", METHODS)
def test_no_usable_number_has_no_interval(calibration, method, volume_ml):
    broken = dict.fromkeys(FOLDS_ML, volume_ml)
    assert interval_of(replace(calibration, method=method), volume_ml, broken, 0.9) is None


def held_out(reference_ml, predicted_ml, patients=None, folds=3):
    ids = list(range(len(reference_ml))) if patients is None else patients
    rows = zip(ids, reference_ml, predicted_ml, strict=True)
    return [Prediction(f"s{n}", f"p{k}", k % folds, float(p), float(r)) for n, (k, r, p) in enumerate(rows)]


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_with_one_scan_a_patient_crepes_says_the_same(rng, level):
    crepes = pytest.importorskip("crepes", reason="crepes is not installed: pip install volest[dev]")
    reference_ml = rng.uniform(20, 150, 40)
    predicted_ml, new_ml = reference_ml + rng.normal(0, 8, 40), rng.uniform(20, 150, 5)
    config = IntervalsConfig(score="absolute", method="hierarchical")
    calibration = calibrate(held_out(reference_ml, predicted_ml), config, log_target=False)
    regressor = crepes.ConformalRegressor().fit(reference_ml - predicted_ml)
    expected = np.maximum(regressor.predict_int(new_ml, confidence=level), 0)
    found = [interval_of(calibration, volume_ml, {}, level) for volume_ml in new_ml]
    assert np.array([(i.low_ml, i.high_ml) for i in found]) == pytest.approx(expected)


@pytest.mark.parametrize(("method", "name"), [("cv_plus", "plus"), ("cv_minmax", "minmax")])
@pytest.mark.parametrize("level", [0.8, 0.9])
def test_with_one_scan_a_patient_mapie_says_the_same(rng, method, name, level):
    mapie = pytest.importorskip("mapie.regression", reason="MAPIE is not installed: pip install volest[dev]")
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import KFold

    seen, new = rng.uniform(20, 150, (36, 2)), rng.uniform(40, 130, (6, 2))
    reference_ml = seen @ [0.7, 0.5] + rng.normal(0, 6, 36)
    parts = list(KFold(3).split(seen))
    networks = [LinearRegression().fit(seen[train], reference_ml[train]) for train, _ in parts]
    predictions = [
        Prediction(f"s{n}", f"p{n}", fold, float(networks[fold].predict(seen[[n]])[0]), float(reference_ml[n]))
        for fold, (_, held) in enumerate(parts)
        for n in held
    ]
    calibration = calibrate(predictions, IntervalsConfig(score="absolute", method=method), log_target=False)
    regressor = mapie.CrossConformalRegressor(LinearRegression(), confidence_level=level, method=name, cv=KFold(3))
    _, expected = regressor.fit_conformalize(seen, reference_ml).predict_interval(new)
    for row, scan in enumerate(new):
        folds_ml = {fold: float(network.predict(scan[None])[0]) for fold, network in enumerate(networks)}
        found = interval_of(calibration, float(np.mean(list(folds_ml.values()))), folds_ml, level)
        assert (found.low_ml, found.high_ml) == pytest.approx(expected[row, :, 0])
