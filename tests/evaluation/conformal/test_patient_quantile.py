import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.evaluation.conformal.patient_quantile import patient_quantile

RULES = ("pooled", "hierarchical")
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95])


def weighted_quantile(values, weights, level):
    """Smallest value up to which the weights reach the level, by counting."""
    for value in sorted(values):
        if math.fsum(w for v, w in zip(values, weights, strict=True) if v <= value) >= level - 1e-9:
            return value
    return math.inf


VALUES = st.lists(st.floats(0, 100), min_size=1, max_size=40)


@given(values=VALUES, level=LEVELS)
def test_with_one_scan_a_patient_hierarchical_is_split_conformal_prediction(values, level):
    """Vovk et al. 2005: the ceil((n + 1) * level)-th smallest."""
    rank = math.ceil((len(values) + 1) * level - 1e-9)
    expected = sorted(values)[rank - 1] if rank <= len(values) else math.inf
    assert patient_quantile(np.array(values), np.arange(len(values)), level, "hierarchical") == expected


@given(values=VALUES, level=LEVELS)
def test_with_one_scan_a_patient_pooled_is_the_interpolated_order_statistic_of_beran_and_hall(values, level):
    """Between the r-th and the next smallest, r the whole part of (n + 1) * level."""
    n, position = len(values), (len(values) + 1) * level
    expected = np.interp(position, np.arange(1, n + 1), sorted(values)) if position <= n + 1e-9 else math.inf
    assert patient_quantile(np.array(values), np.arange(n), level, "pooled") == pytest.approx(expected)


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_of_evenly_distributed_errors_pooled_holds_exactly_its_level_where_ranks_would_hold_more(level, rng):
    """The r-th smallest of n such errors is r / (n + 1) in the mean."""
    studies = rng.uniform(size=(4000, 30))
    held = [np.mean([patient_quantile(study, np.arange(30), level, rule) for study in studies]) for rule in RULES]
    assert held == pytest.approx([level, math.ceil(31 * level) / 31], abs=0.003)


@given(
    scans=st.lists(st.tuples(st.integers(0, 8), st.floats(0, 100)), min_size=1, max_size=40),
    level=LEVELS,
)
def test_hierarchical_is_the_quantile_of_the_weights_of_lee_barber_and_willett(scans, level):
    patients, values = zip(*scans, strict=True)
    n_patients = len(set(patients))
    weights = [1 / ((n_patients + 1) * patients.count(p)) for p in patients]
    found = patient_quantile(np.array(values), np.array(patients), level, "hierarchical")
    assert found == weighted_quantile(values, weights, level)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("level", [0.8, 0.9])
def test_scans_of_a_patient_that_are_all_alike_count_once(rule, level, rng):
    values, scans = rng.exponential(size=20), rng.integers(1, 9, 20)
    once = patient_quantile(values, np.arange(20), level, rule)
    again = patient_quantile(np.repeat(values, scans), np.repeat(np.arange(20), scans), level, rule)
    assert again == pytest.approx(once)


@pytest.mark.parametrize("rule", RULES)
def test_order_and_numbers_of_patients_change_nothing(rule, rng):
    values, patients = rng.exponential(size=60), rng.integers(0, 20, 60)
    order = rng.permutation(60)
    expected = patient_quantile(values, patients, 0.8, rule)
    assert patient_quantile(values[order], 7 * patients[order] + 3, 0.8, rule) == pytest.approx(expected)


@pytest.mark.parametrize("rule", RULES)
def test_a_wider_level_has_a_wider_bound_until_there_is_none(rule, rng):
    values, patients = rng.exponential(size=60), np.arange(60) % 20
    bounds = [patient_quantile(values, patients, level, rule) for level in np.linspace(0.05, 20 / 21, 15)]
    assert bounds == sorted(bounds)
    assert math.isfinite(bounds[-1])
    assert patient_quantile(values, patients, 0.96, rule) == math.inf


def test_pooled_is_never_above_hierarchical(rng):
    for _ in range(200):
        patients = rng.integers(0, 30, 100)
        values, level = rng.exponential(size=100), rng.uniform(0.5, 0.95)
        pooled, hierarchical = (patient_quantile(values, patients, level, rule) for rule in RULES)
        assert pooled <= hierarchical


@pytest.mark.parametrize(("rule", "bound"), [("pooled", 17.9), ("hierarchical", 18)])
def test_an_error_without_bound_is_left_outside_as_long_as_the_level_allows(rule, bound):
    values = np.array([*range(19), math.inf], dtype=float)
    assert patient_quantile(values, np.arange(20), 0.9, rule) == pytest.approx(bound)
    assert patient_quantile(values, np.arange(20), 0.95, rule) == math.inf
