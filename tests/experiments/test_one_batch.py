import pytest

from volest.experiments.one_batch import Course


@pytest.mark.parametrize("losses, factor", [([1.0, 0.5, 0.5, 0.5], 2.0), ([1.0, 0.0, 0.0, 0.0], float("inf"))])
def test_the_fall_is_judged_by_the_last_three_steps(losses, factor):
    assert Course((8, 8, 8), losses).factor == factor
