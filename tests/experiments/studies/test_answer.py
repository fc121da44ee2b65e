from volest.experiments.studies.answer import answer_of_steps, usual_answer
from volest.records.evaluation import Figure
from volest.records.study import ArmSummary

NONE = Figure(None, None, None)


def arm(name, mae_ml, change=NONE, p=None, against="base"):
    return ArmSummary(name, {}, 3, (), Figure(mae_ml, mae_ml - 1, mae_ml + 1), against=against, change_ml=change, p=p)


BASE = arm("base", 10.0, against="")


def test_an_arm_that_is_shown_to_be_better_is_the_answer():
    told = usual_answer([BASE, arm("mse", 8.0, Figure(-2.0, -3.0, -1.0), 0.01)])
    assert (
        told
        == "Mse has the smallest error, 8.0 mL out of fold, 2.0 mL less (95% interval 1.0 to 3.0) than base (10.0 mL)."
    )


def test_an_interval_that_holds_zero_shows_nothing():
    told = usual_answer([BASE, arm("mse", 9.5, Figure(-0.5, -1.5, 0.6), 0.4)])
    assert told.startswith("Nothing is shown to be better than base (10.0 mL out of fold)")
    assert "0.5 mL less (95% interval −0.6 to 1.5), which may be chance" in told


def test_errors_that_differ_when_they_are_rounded_do_not_differ_by_nothing():
    told = usual_answer([arm("base", 9.29, against=""), arm("mse", 9.24, Figure(-0.05, -0.19, 0.07), 0.9)])
    assert "with 9.2 mL, is 0.05 mL less (95% interval −0.07 to 0.19)" in told


def test_an_interval_without_the_test_shows_nothing_either():
    assert usual_answer([BASE, arm("mse", 9.0, Figure(-1.0, -2.0, -0.1), 0.2)]).startswith("Nothing is shown")


def test_a_smaller_error_that_may_be_chance_does_not_hide_one_that_is_shown():
    noisy, sure = arm("noisy", 8.0, Figure(-2.0, -5.0, 1.0), 0.4), arm("sure", 8.5, Figure(-1.5, -2.2, -0.8), 0.01)
    assert usual_answer([BASE, noisy, sure]) == (
        "Sure is shown to be better, 8.5 mL out of fold, 1.5 mL less (95% interval 0.8 to 2.2) than base (10.0 mL). "
        "The smallest error, noisy with 8.0 mL, may be chance: 2.0 mL less (95% interval −1.0 to 5.0)."
    )


def test_what_is_shown_to_be_worse_is_said():
    told = usual_answer([BASE, arm("l1", 14.0, Figure(4.0, 2.0, 6.0), 0.001)])
    assert told.startswith("Base has the smallest error, 10.0 mL out of fold; nothing tried is below.")
    assert "Shown to be worse: l1 by 4.0 mL." in told


def test_where_nothing_is_shown_the_smallest_error_is_not_called_a_proof():
    told = usual_answer([BASE, arm("l1", 10.4, Figure(0.4, -0.5, 1.2), 0.6)])
    assert told.startswith("Base has the smallest error")
    assert told.endswith("Nothing is shown to be worse, either: the differences may be chance.")


def test_a_ladder_says_from_where_to_where_and_which_steps_carry_it():
    rungs = [
        arm("RasterNet", 20.0, against=""),
        arm("+ labels follow", 15.0, Figure(-5.0, -7.0, -3.0), 0.001, against="RasterNet"),
        arm("+ log volume", 14.5, Figure(-0.5, -1.5, 0.5), 0.5, against="+ labels follow"),
    ]
    told = answer_of_steps(rungs)
    assert told.startswith("From RasterNet to log volume the error out of fold goes from 20.0 to 14.5 mL")
    assert "of 2 steps 1 is shown to help: + labels follow (−5.0 mL)." in told
    assert answer_of_steps([rungs[0], rungs[2]]).endswith("of 1 step none is shown to help.")


def test_with_nothing_to_compare_it_says_so():
    assert usual_answer([BASE]) == "Nothing can be compared: too few arms were trained to their end."
