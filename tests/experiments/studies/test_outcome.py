import numpy as np
import pytest

from volest.experiments.studies.answer import usual_answer
from volest.experiments.studies.definition import PREVIOUS
from volest.experiments.studies.outcome import _compared, _noise_scale, _total, mean_errors, paired
from volest.experiments.studies.trial import Result
from volest.records.evaluation import Figure
from volest.records.history import write_history
from volest.records.study import ArmSummary


def test_the_error_of_a_scan_is_its_mean_over_the_seeds(result):
    one, other = result("a", 3.0, seed=0), result("a", 5.0, seed=1)
    sample = mean_errors([one, other])
    errors = [np.array([p.predicted_ml - p.reference_ml for p in trial.held_out]) for trial in (one, other)]
    order = np.argsort([p.scan_id for p in one.held_out])
    assert np.abs(sample.error_ml) == pytest.approx(np.mean(errors, axis=0)[order])
    assert (sample.n_scans, sample.n_patients) == (40, 20)


def test_an_arm_is_its_own_equal_and_a_better_one_is_below(result, rng):
    worse, better = mean_errors([result("a", 6.0)]), mean_errors([result("b", 4.0)])
    assert paired(worse, worse, rng).mae_difference_ml.value == 0
    difference = paired(better, worse, rng).mae_difference_ml
    assert difference.value == pytest.approx(-2.0)
    assert difference.high < 0


def arms_of(*names):
    return [ArmSummary(name, {}, 1, (), Figure(1.0, None, None)) for name in names]


def test_arms_are_compared_to_the_one_named_or_each_to_the_last_that_was_trained(result, rng):
    samples = {
        name: mean_errors([result(name, error, noise=n)]) for n, (name, error) in enumerate([("a", 6.0), ("c", 4.0)])
    }
    to_a = _compared(arms_of("a", "b", "c"), samples, "a", rng)
    assert [arm.against for arm in to_a] == ["", "", "a"]  # b has no finished trial
    steps = _compared(arms_of("a", "b", "c"), samples, PREVIOUS, rng)
    assert [arm.against for arm in steps] == ["", "", "a"]
    assert steps[2].change_ml.value == pytest.approx(-2.0, abs=0.8)


def test_arms_that_ended_other_folds_are_told_as_they_are_and_not_compared(result, rng):
    whole = mean_errors([result("a", 6.0)])
    first, second = whole.of(range(20)), whole.of(range(20, 40))
    arms = _compared(arms_of("a", "b"), {"a": first, "b": second}, "a", rng)
    assert (arms[1].against, arms[1].change_ml.value, arms[1].p) == ("a", None, None)
    assert usual_answer(arms) == "Nothing can be compared: too few arms were trained to their end."


def test_p_is_corrected_for_the_number_of_arms(result, rng):
    samples = {
        name: mean_errors([result(name, error, noise=n)])
        for n, (name, error) in enumerate([("a", 5.0), ("b", 4.6), ("c", 4.6)])
    }
    both = _compared(arms_of("a", "b", "c"), samples, "a", rng)
    alone = _compared(arms_of("a", "b"), samples, "a", rng)
    assert both[1].p >= alone[1].p


@pytest.fixture
def trained(tmp_path):
    """A trial whose history has these steps and this noise scale in its two epochs."""

    def made(name, steps, noise_scale):
        path = tmp_path / f"{name}.csv"
        write_history([{"epoch": n, "steps": steps, "gradient_noise_scale": noise_scale} for n in range(2)], path)
        return Result({"arm": "a", "seed": 0, "fold": 0}, [], history=path)

    return made


def test_steps_of_a_training_are_those_of_all_its_epochs(trained):
    assert _total([trained("one", 18, 1.0), trained("other", 20, 1.0)], "steps") == 38


def test_a_noise_scale_that_is_undefined_counts_as_a_large_one(trained):
    scales = [trained(str(n), 18, scale) for n, scale in enumerate([4.0, 50.0, float("nan")])]
    assert _noise_scale(scales) == 50.0
    assert _noise_scale([trained("lost", 18, float("nan"))]) is None
