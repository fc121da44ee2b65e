import numpy as np
import pytest
import scipy.stats

from volest.errors import RunError
from volest.evaluation.comparison import compare
from volest.evaluation.holm import holm


def worse(sample, sample_of, factor):
    return sample_of(sample.reference_ml + factor * sample.error_ml, sample.reference_ml, sample.patient_ids)


def compared(sample, *others):
    return compare(sample, {f"run {n}": other for n, other in enumerate(others)}, np.random.default_rng(0), 1000)


def test_half_the_errors_are_seen_as_half(study, sample_of):
    (row,) = compared(worse(study, sample_of, 0.5), study)
    assert row.mae_difference_ml.value == pytest.approx(-np.abs(study.error_ml).mean() / 2)
    assert row.mae_difference_ml.high < 0
    assert row.p < 0.001
    assert row.against_mae_ml.value == pytest.approx(2 * row.mae_ml.value)


def test_pairing_makes_the_interval_narrower_than_two_of_their_own(study, sample_of):
    (row,) = compared(worse(study, sample_of, 0.9), study)
    assert row.mae_difference_ml.high - row.mae_difference_ml.low < (row.mae_ml.high - row.mae_ml.low) / 2


def test_a_run_against_itself_differs_by_nothing(study):
    (row,) = compared(study, study)
    assert (row.mae_difference_ml.value, row.mae_difference_ml.low, row.mae_difference_ml.high) == (0, 0, 0)
    assert row.p == 1


def test_p_is_that_of_wilcoxon_on_the_patients_means(study, sample_of):
    rng = np.random.default_rng(2)
    other = sample_of(study.reference_ml + rng.normal(0, 7, study.n_scans), study.reference_ml, study.patient_ids)
    (row,) = compared(study, other)
    patients = np.array(study.patient_ids)
    here, there = (
        [np.abs(s.error_ml)[patients == p].mean() for p in dict.fromkeys(study.patient_ids)] for s in (study, other)
    )
    assert row.p == pytest.approx(scipy.stats.wilcoxon(here, there).pvalue)


def test_a_difference_that_is_chance_alone_is_rarely_called_one(sample_of):
    rng = np.random.default_rng(0)
    patients, reference_ml = np.repeat(np.arange(30), 3), np.full(90, 50.0)
    called, held = 0, 0
    for _ in range(200):
        one, other = (sample_of(50 + rng.normal(0, 5, 30)[patients], reference_ml, patients) for _ in range(2))
        (row,) = compare(one, {"x": other}, rng, 400)
        called += row.p < 0.05
        held += row.mae_difference_ml.low <= 0 <= row.mae_difference_ml.high
    assert called <= 20
    assert held >= 178


def test_scans_are_matched_by_id_and_not_by_place(study):
    (row,) = compared(study, study.of(np.arange(study.n_scans)[::-1]))
    assert row.mae_difference_ml.value == 0


def test_only_common_scans_are_compared(study):
    (row,) = compared(study, study.of(range(10)))
    assert row.n_scans == 10


def test_no_common_scan_is_refused_with_an_example_of_both(study, sample_of):
    other = sample_of([1.0], [1.0])
    renamed = type(other)(("x9",), ("p",), other.predicted_ml, other.reference_ml)
    with pytest.raises(RunError, match=r"run 0 shares no scan_id .*'s0' here, 'x9' there"):
        compared(study, renamed)


def test_another_reference_of_one_scan_is_refused(study, sample_of):
    other = sample_of(study.predicted_ml, study.reference_ml + np.eye(study.n_scans)[4], study.patient_ids)
    with pytest.raises(RunError, match=r"scan 's4' has a reference of .*\(1 of \d+ scans differ"):
        compared(study, other)


def test_one_patient_has_no_test(sample_of):
    one = sample_of([11, 22], [10, 20], [0, 0])
    (row,) = compared(one, one)
    assert (row.p, row.p_holm, row.mae_difference_ml.low) == (None, None, None)


def test_more_comparisons_ask_for_more(study, sample_of):
    rows = compared(study, worse(study, sample_of, 1.2), worse(study, sample_of, 0.9))
    assert all(row.p_holm >= row.p for row in rows)
    assert [row.p_holm for row in rows] == holm([row.p for row in rows])
