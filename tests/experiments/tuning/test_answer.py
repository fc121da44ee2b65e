import pytest

from volest.experiments.tuning.answer import answer_of
from volest.records.evaluation import Comparison, Figure
from volest.records.search import SearchTrial

VALUES = {"training.learning_rate": 0.0012345, "training.loss": "l1"}


def complete(number, mae_ml):
    return SearchTrial(number, "complete", VALUES, Figure(mae_ml, mae_ml - 1, mae_ml + 1), (mae_ml, mae_ml + 1))


def failed(number, reason):
    return SearchTrial(number, "failed", VALUES, reason=reason)


def test_the_first_sentence_says_what_is_best_how_far_off_and_who_was_not_seen():
    told = answer_of([complete(0, 6), complete(1, 5)], 2, 12, 2, None)
    assert told == (
        "The best of 2 configurations is off by 5.00 mL (95% interval 4.00 to 6.00; SD of 2 inner folds 0.71): "
        "training.learning_rate 0.00123, training.loss l1; the 12 patients set aside with outer fold 2 were never "
        "seen. The recipe itself is off by 6.00 mL."
    )


def gain(low, high, p):
    of_recipe = Figure((low + high) / 2, low, high)
    return Comparison("recipe", 30, 12, Figure(5.0, None, None), Figure(6.0, None, None), of_recipe, p, p)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (gain(-1.5, -0.5, 0.001), "1.00 mL more on the same scans (95% interval 0.50 to 1.50)."),
        (gain(-1.5, -0.5, 0.02), "(95% interval 0.50 to 1.50), which may be chance, as the best of 5 was chosen."),
        (gain(-1.5, 0.5, 0.2), "(95% interval \u22120.50 to 1.50), which may be chance."),
    ],
)
def test_what_the_best_of_many_gains_is_tested_for_as_many(change, told):
    trials = [complete(number, 6 - number / 5) for number in range(6)]
    assert answer_of(trials, 0, 2, 2, change).endswith(told)


def test_a_recipe_that_is_best_is_said_to_be():
    assert "nothing tried is better" in answer_of([complete(0, 4), complete(1, 5)], None, 0, 2, None)


def test_a_first_trial_that_the_space_keeps_from_being_the_recipe_is_not_called_so():
    for best in (4, 6):
        told = answer_of([complete(0, best), complete(1, 5)], None, 0, 2, None, outside=["training.loss"])
        assert "the recipe with random training.loss (the space does not hold its own)" in told.replace("The", "the")
        assert "recipe itself" not in told


def test_nobody_who_was_set_aside_is_no_reassurance():
    assert "nobody is left to confirm it" in answer_of([complete(0, 4)], None, 0, 2, None)
    assert "the 1 patient of the locked test set were never seen" not in answer_of([complete(0, 4)], None, 0, 2, None)
    assert "the 3 patients of the locked test set were never seen" in answer_of([complete(0, 4)], None, 3, 2, None)


def test_where_all_fail_the_commonest_reason_is_told():
    told = answer_of(
        [failed(0, "the loss is nan"), failed(1, "out of memory"), failed(2, "the loss is nan")], 0, 2, 2, None
    )
    assert told == "All 3 trials failed, 2 of them with: the loss is nan"
