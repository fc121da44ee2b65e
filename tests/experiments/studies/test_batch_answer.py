"""From judged sizes to the first sentence of the page."""

import pytest

from volest.experiments.studies.batch_answer import EPOCHS, LOSSES, NETWORKS, STEPS, JudgedArm, arm_name, batch_answer
from volest.records.evaluation import Figure
from volest.records.study import UNKNOWN

OWN = 4


@pytest.fixture
def answer():
    """For the change of each (size, mode) against batches of 4, which err by 5: the value, or value and p."""

    def told(changes, wording=NETWORKS):
        arms = {arm_name(OWN, EPOCHS): JudgedArm(5.0, UNKNOWN, None)}
        for (size, mode), change in changes.items():
            value, p = change if isinstance(change, tuple) else (change, 0.001)
            arms[arm_name(size, mode)] = JudgedArm(5.0 + value, Figure(value, value - 0.4, value + 0.4), p)
        return batch_answer(arms, OWN, wording)

    return told


def test_a_difference_that_equal_steps_take_away_is_one_of_steps(answer):
    told = answer({(64, EPOCHS): 4.0, (64, STEPS): 0.1})
    assert told.startswith(
        "Batches of 4 err least with equally many epochs, 5.0 mL out of fold, 4.0 mL (95% interval 3.6 to 4.4) less "
        "than batches of 64; with equally many steps the difference is 0.1 mL"
    )
    assert told.endswith("it is mostly the number of steps.")


def test_a_difference_that_equal_steps_leave_is_one_of_the_batch(answer):
    assert answer({(64, EPOCHS): 4.0, (64, STEPS): 3.0}).endswith("it is the batch itself, at least in part.")


def test_a_difference_that_equal_steps_turn_round_is_told_with_who_is_better_then(answer):
    told = answer({(64, EPOCHS): 4.0, (64, STEPS): -3.0})
    assert told.endswith(
        "it is the number of steps, with equally many of which batches of 64 err 3.0 mL (95% interval 2.6 to 3.4) "
        "less than batches of 4."
    )


def test_where_the_larger_batch_is_best_and_steps_favour_the_smaller_one_the_smaller_one_is_named(answer):
    told = answer({(64, EPOCHS): -2.0, (64, STEPS): 1.0})
    assert told.startswith("Batches of 64 err least with equally many epochs, 3.0 mL out of fold, 2.0 mL")
    assert "less than batches of 4; it is the number of steps, with equally many of which batches of 4 err 1.0" in told


def test_what_the_corrected_test_does_not_show_may_be_chance_though_the_interval_leaves_out_zero(answer):
    told = answer({(64, EPOCHS): (3.0, 0.215)})
    assert told.startswith("No batch size is shown to be better: batches of 4 err least")
    assert told.endswith("less than batches of 64, which may be chance.")


def test_a_smaller_error_that_may_be_chance_does_not_hide_one_that_is_shown(answer):
    assert answer({(16, EPOCHS): (-2.0, 0.4), (64, EPOCHS): -1.5}).startswith(
        "Batches of 64 err less with equally many epochs, 3.5 mL out of fold, 1.5 mL (95% interval 1.1 to 1.9) less "
        "than batches of 4 (those of 16 err least, 3.0 mL out of fold, perhaps by chance)"
    )


def test_equal_steps_may_show_what_equal_epochs_do_not(answer):
    told = answer({(64, EPOCHS): (3.0, 0.215), (16, STEPS): -2.9, (64, STEPS): -3.6})
    assert told.startswith("Batches of 4 err least with equally many epochs, ")
    assert told.endswith(
        "may be chance; with equally many steps batches of 64 err 3.6 mL (95% interval 3.2 to 4.0) less than batches "
        "of 4."
    )


def test_of_the_sizes_that_are_shown_to_be_worse_the_largest_is_told(answer):
    assert "less than batches of 16;" in answer({(1, EPOCHS): 2.0, (16, EPOCHS): 1.0, (64, EPOCHS): (3.0, 0.2)})


def test_without_trainings_of_equal_steps_nobody_can_say_which_it_is(answer):
    assert answer({(64, EPOCHS): 4.0}).endswith("whether it is the batch or the number of steps, nobody can say here.")


def test_losses_are_told_as_losses(answer):
    told = answer({(64, EPOCHS): 0.5, (64, STEPS): -0.45}, LOSSES)
    assert told.startswith("Batches of 4 reconstruct held-out scans best with equally many epochs, loss 5.000, 0.500")
    assert "batches of 64 have a loss 0.450 (95% interval 0.050 to 0.850) lower than batches of 4." in told


def test_too_few_arms_say_nothing(answer):
    assert answer({}).startswith("Nobody can say which batch size")
