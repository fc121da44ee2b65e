import pytest

from volest.config.pretraining import PretrainConfig
from volest.config.schema import TrainingConfig
from volest.experiments.studies.steps import equally_many_steps, steps_per_epoch


@pytest.mark.parametrize(
    "batch_size, scans, steps", [(4, 80, 20), (4, 3, 1), (4, 5, 1), (4, 6, 2), (1, 7, 7), (100, 72, 1)]
)
def test_a_batch_that_is_not_full_is_a_step_and_one_scan_that_is_left_over_is_none(batch_size, scans, steps):
    assert steps_per_epoch(TrainingConfig(batch_size=batch_size), scans) == steps


def test_batches_whose_gradients_are_averaged_are_one_step():
    assert steps_per_epoch(TrainingConfig(batch_size=4, accumulate=4), 72) == 5  # 18 batches
    assert steps_per_epoch(PretrainConfig(batch_size=4), 72) == 18


def test_fewer_scans_or_larger_batches_take_as_many_steps():
    recipe = TrainingConfig(epochs=100, batch_size=4, warmup_epochs=5)
    quarter = equally_many_steps(recipe, 20, recipe, 80)
    assert (quarter.epochs, quarter.warmup_epochs) == (400, 20)
    larger = equally_many_steps(recipe.model_copy(update={"batch_size": 16}), 80, recipe, 80)
    assert (larger.epochs, larger.warmup_epochs, larger.batch_size) == (400, 20, 16)
    assert equally_many_steps(recipe, 80, recipe, 80) == recipe
