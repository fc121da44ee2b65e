import numpy as np
import pandas as pd
import pytest

from volest.evaluation.learning_curve import curve_of, fall_percent, gap, mean_curve, noise_percent, turn


def test_a_straight_curve_is_left_as_it_is_and_never_turns():
    found = turn(np.linspace(20, 10, 101))
    assert found.epoch == 101  # of 101, counted from 1
    assert found.rise_percent == 0


def test_noise_does_not_move_the_turn_far(rng):
    v_shaped = np.r_[np.linspace(20, 10, 100), np.linspace(10, 16, 100)]
    found = turn(v_shaped + rng.normal(0, 0.5, size=200))
    assert found.epoch == pytest.approx(100, abs=15)
    assert found.rise_percent == pytest.approx(55, abs=10)


def test_the_gap_is_that_of_the_ends():
    found = gap(np.linspace(20, 5, 200), np.linspace(20, 10, 200))
    assert (found.train, found.held_out) == pytest.approx((5.4, 10.2), abs=0.2)
    assert found.ratio == found.held_out / found.train


def test_nothing_left_of_the_training_error_is_an_infinite_gap():
    assert gap(np.zeros(20), np.ones(20)).ratio == float("inf")


@pytest.mark.parametrize("values", [[1.0] * 9, [1.0] * 10 + [np.nan]])
def test_a_short_or_broken_curve_is_none(values):
    assert curve_of(pd.DataFrame({"val_mae_ml": values}), "val_mae_ml") is None


def test_the_mean_curve_goes_as_far_as_all_folds_do():
    histories = {
        k: pd.DataFrame({"val_mae_ml": np.full(length, level)}) for k, length, level in ((0, 12, 2), (1, 20, 4))
    }
    mean = mean_curve(histories, "val_mae_ml")
    assert mean is not None
    assert mean.tolist() == [3.0] * 12


def test_the_fall_of_a_line_is_its_drop_and_that_of_noise_is_none(rng):
    assert fall_percent(np.linspace(10, 8, 30)) == pytest.approx(20)
    assert fall_percent(rng.normal(10, 1, size=30)) == 0


def test_noise_is_told_in_per_cent_of_the_level(rng):
    assert noise_percent(rng.normal(10, 1, size=2000)) == pytest.approx(10, rel=0.1)
