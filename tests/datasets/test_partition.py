import numpy as np
import pytest

from volest.datasets.partition import PatientTotals, balanced_partition


def test_the_best_division_of_a_small_set_is_found():
    totals = PatientTotals.of([[10.0], [20.0], [30.0], [30.0], [20.0], [10.0]])
    parts = balanced_partition(totals, np.full(2, 0.5), np.random.default_rng(0))
    for part in (0, 1):
        assert sorted(totals.sums[parts == part, 2]) == [10, 20, 30]


@pytest.mark.parametrize("patients", [3, 4, 20])
def test_no_part_is_empty(patients, rng):
    totals = PatientTotals.of([[float(volume_ml)] for volume_ml in rng.lognormal(size=patients)])
    parts = balanced_partition(totals, np.full(3, 1 / 3), rng)
    assert set(parts) == {0, 1, 2}


def test_exchanges_alone_keep_the_share_of_patients(rng):
    totals = PatientTotals.of([rng.lognormal(size=n).tolist() for n in rng.integers(1, 9, 40)])
    parts = balanced_partition(totals, np.array([0.75, 0.25]), rng, keep_patient_counts=True)
    assert np.bincount(parts).tolist() == [30, 10]


def test_totals_do_not_depend_on_the_order_of_scans():
    one, other = PatientTotals.of([[1.1, 2.2, 3.3]]), PatientTotals.of([[3.3, 1.1, 2.2]])
    np.testing.assert_array_equal(one.sums, other.sums)
