import dataclasses

import pytest

from volest.evaluation.baselines.previous_scan import PreviousScan, has_followed_patients


@pytest.fixture
def growing(scan):
    """Two patients who grow by 2 mL a day."""
    return [
        scan(f"{patient}{day}", patient, start_ml + 2 * day, day=day)
        for patient, start_ml in (("p", 100), ("q", 200))
        for day in (0, 5, 20)
    ]


def test_growth_of_the_training_patients_is_found_and_applied(growing, scan):
    baseline = PreviousScan().fit(growing)
    assert baseline.growth_ml_per_day == pytest.approx(2.0)
    held_out = [scan("a", "r", 300, day=0), scan("b", "r", 999, day=10)]
    assert baseline.predict(held_out)[1] == pytest.approx(300 + 20)


def test_a_first_scan_gets_the_mean_of_the_training_patients(growing, scan):
    baseline = PreviousScan().fit(growing)
    held_out = [scan("a", "r", 300, day=0), scan("b", "r", 310, day=10), scan("c", "s", 1), scan("d", "r", 5, day=None)]
    predicted_ml = baseline.predict(held_out)
    assert predicted_ml[[0, 2, 3]].tolist() == pytest.approx([baseline.mean.mean_ml] * 3)
    assert baseline.knows(held_out) == [False, True, False, False]


def test_only_earlier_days_are_used(growing, scan):
    baseline = PreviousScan().fit(growing)
    held_out = [scan(f"v{day}", "r", 50 + day, day=day) for day in (0, 10, 30)]
    before = baseline.predict(held_out)
    later = [*held_out[:2], dataclasses.replace(held_out[2], volume_ml=1e6)]
    assert baseline.predict(later).tolist() == before.tolist()


def test_scans_of_the_same_day_do_not_tell_each_other(growing, scan):
    baseline = PreviousScan().fit(growing)
    same_day = [scan("a", "r", 50, day=3), scan("b", "r", 60, day=3)]
    assert baseline.knows(same_day) == [False, False]
    next_day = scan("c", "r", 1, day=4)
    assert baseline.predict([*same_day, next_day])[2] == pytest.approx(55 + 2)


def test_order_of_rows_changes_nothing(growing, scan):
    held_out = [scan(f"v{day}", "r", 50 + day, day=day) for day in (30, 0, 10)]
    one = PreviousScan().fit(growing).predict(held_out)
    other = PreviousScan().fit(growing[::-1]).predict(held_out[::-1])[::-1]
    assert one.tolist() == pytest.approx(other.tolist())


def test_without_repeats_in_training_there_is_no_growth(scan):
    baseline = PreviousScan().fit([scan("a", "p", 10, day=0), scan("b", "q", 20, day=4)])
    assert baseline.growth_ml_per_day == 0.0


def test_followed_patients_are_those_with_two_known_days(scan):
    assert not has_followed_patients([scan("a", "p", 1, day=0), scan("b", "p", 2, day=0), scan("c", "q", 3)])
    assert has_followed_patients([scan("a", "p", 1, day=0), scan("b", "p", 2, day=1)])
