import numpy as np
import pytest

from volest.evaluation.typicality import Typicality


def test_the_rank_counts_the_new_scan_itself():
    typicality = Typicality(np.arange(9.0), [f"p{n}" for n in range(9)])
    assert typicality.of(100.0) == pytest.approx(0.1)
    assert typicality.of(4.0) == pytest.approx(0.6)
    assert typicality.of(-1.0) == 1


def test_a_patient_with_many_scans_speaks_once():
    one_each = Typicality(np.array([1.0, 2.0, 3.0]), ["a", "b", "c"])
    many = Typicality(np.array([1.0, 2.0, 3.0, 3.0, 3.0, 3.0]), ["a", "b", "c", "c", "c", "c"])
    for score in (0.5, 1.5, 2.5, 3.5):
        assert many.of(score) == pytest.approx(one_each.of(score))


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.25, 0.5])
def test_a_scan_is_above_the_threshold_where_its_rank_is_within_the_rate(rng, rate):
    typicality = Typicality(rng.normal(size=59), [f"p{n}" for n in range(59)])
    for score in rng.normal(size=200):
        assert (score > typicality.threshold(rate)) == (typicality.of(score) <= rate)


def test_no_more_than_the_wanted_share_of_new_patients_is_rejected(rng):
    """500 studies of 30 patients with 1 to 4 scans, patients as different from each other as scans within one."""
    rejected = []
    for _ in range(500):
        patients = np.repeat(np.arange(31), rng.integers(1, 5, 31))
        scores = rng.normal(size=31)[patients] + rng.normal(size=len(patients))
        old = patients < 30
        typicality = Typicality(scores[old], [str(p) for p in patients[old]])
        rejected.append(np.mean(scores[~old] > typicality.threshold(0.1)))
    assert np.mean(rejected) == pytest.approx(0.1, abs=0.03)


def test_who_asks_for_no_refusal_has_none(rng):
    scores = rng.normal(size=30)
    assert Typicality(scores, [f"p{n}" for n in range(30)]).threshold(0.0) == np.inf


def test_few_patients_reject_what_is_beyond_them_all():
    typicality = Typicality(np.array([1.0, 2.0, 5.0]), ["a", "b", "c"])
    assert typicality.threshold(0.01) == 5.0


def test_the_order_of_the_scans_changes_nothing(rng):
    scores, patients = rng.normal(size=40), [f"p{n % 13}" for n in range(40)]
    order = rng.permutation(40)
    there, back = Typicality(scores, patients), Typicality(scores[order], [patients[n] for n in order])
    assert back.of(0.7) == pytest.approx(there.of(0.7))
    assert back.threshold(0.1) == there.threshold(0.1)
