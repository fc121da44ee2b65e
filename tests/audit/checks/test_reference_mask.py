import re

import pytest

from volest.audit.checks.reference_mask import likely_mistake


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1000, "mm\\^3"),
        (970, "mm\\^3"),
        (8, "half"),
        (64, "4 times too small"),
        (1 / 8, "doubled"),
        (1 / 1000, "litres"),
        (1e6, "mm\\^3 and the spacing in cm"),
    ],
)
def test_a_factor_tells_the_mistake(ratio, words):
    assert re.search(words, likely_mistake(ratio))


def test_an_odd_factor_tells_nothing():
    assert likely_mistake(1.4) is None
