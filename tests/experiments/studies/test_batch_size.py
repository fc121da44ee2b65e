import numpy as np
import pytest

from volest.config.load import override
from volest.experiments.studies.batch_size import EPOCHS, LINEAR, ROOT, STEPS, batch_answer, batch_size_study
from volest.experiments.studies.execution import prepare_study
from volest.experiments.studies.outcome import mean_errors
from volest.experiments.studies.steps import steps_per_epoch
from volest.progress import Silent
from volest.records.evaluation import Figure
from volest.records.study import ArmSummary


@pytest.fixture
def judged(result, rng):
    """The answer for the given errors of each arm, batches of 4 being the recipe's."""

    def answer(errors):
        samples = {name: mean_errors([result(name, error)]) for name, error in errors.items()}
        arms = [
            ArmSummary(name, {}, 1, (), Figure(float(np.abs(s.error_ml).mean()), None, None))
            for name, s in samples.items()
        ]
        return batch_answer(arms, samples, 4, rng)

    return answer


def test_a_difference_that_equal_steps_take_away_is_one_of_steps(judged):
    told = judged({f"batch 4, {EPOCHS}": 5.0, f"batch 64, {EPOCHS}": 9.0, f"batch 64, {STEPS}": 5.0})
    assert told.startswith("Batches of 4 err least with equally many epochs, ")
    assert told.endswith("it is mostly the number of steps.")


def test_a_difference_that_equal_steps_leave_is_one_of_the_batch(judged):
    told = judged({f"batch 4, {EPOCHS}": 5.0, f"batch 64, {EPOCHS}": 9.0, f"batch 64, {STEPS}": 8.0})
    assert told.endswith("it is the batch itself, at least in part.")


def test_no_difference_is_told_as_none(judged):
    told = judged({f"batch 4, {EPOCHS}": 5.0, f"batch 64, {EPOCHS}": 5.0})
    assert told.startswith("No batch size is shown to be better")


def test_too_few_arms_say_nothing(judged):
    assert judged({f"batch 4, {EPOCHS}": 5.0}).startswith("Nobody can say which batch size")


@pytest.fixture
def study(tiny, tmp_path):
    whole = prepare_study(tiny("training.epochs=30", "model.norm=batch"), tmp_path / "study", Silent())
    return batch_size_study(whole, "quick"), whole


def test_sizes_are_capped_at_the_training_scans_and_the_recipes_is_trained_once(study):
    plan, whole = study
    scans = min(len(whole.manifest.of(whole.folds.training(fold))) for fold in (0, 1))
    sizes = {arm.settings["training.batch_size"] for arm in plan.arms}
    assert sizes == {1, 2, 4, scans}
    assert [arm.settings["training.batch_size"] for arm in plan.arms].count(2) == 1
    assert {arm.settings["model.norm"] for arm in plan.arms} == {"group"}  # a batch of one has no statistics


def test_equal_steps_are_equal_and_rates_scale_as_they_are_named(study):
    plan, whole = study
    scans = min(len(whole.manifest.of(whole.folds.training(fold))) for fold in (0, 1))
    settings = {arm.name: arm.settings for arm in plan.arms}

    def steps(name):
        training = whole.config.training.model_copy(update={"batch_size": settings[name]["training.batch_size"]})
        return settings[name]["training.epochs"] * steps_per_epoch(training, scans)

    recipe = steps(f"batch 2, {EPOCHS}")
    assert steps(f"batch 4, {STEPS}") == pytest.approx(recipe, rel=0.1)
    assert steps(f"batch 4, {EPOCHS}") < recipe
    rate = whole.config.training.learning_rate
    assert settings[f"batch 4, {LINEAR}"]["training.learning_rate"] == pytest.approx(2 * rate)
    assert settings[f"batch 1, {ROOT}"]["training.learning_rate"] == pytest.approx(rate / 2**0.5)


def test_batches_of_the_autoencoder_are_varied_and_no_network_is_trained(study):
    _, whole = study
    plan = batch_size_study(whole, "quick", "pretrain")
    assert plan.subject == "autoencoder"
    for arm in plan.arms:
        config = override(whole.config, arm.settings, arm.name)
        assert config.pretrain.enabled
        assert config.training == whole.config.training
    assert len({arm.settings["pretrain.batch_size"] for arm in plan.arms}) > 2
