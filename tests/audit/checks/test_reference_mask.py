import re
from dataclasses import replace

import pytest

from volest.audit.checks.reference_mask import check_reference_mask, likely_mistake
from volest.audit.mask import MaskMeasures


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


@pytest.mark.parametrize(("reference_ml", "found"), [(30, False), (10, False), (20.5, False), (15, True)])
def test_a_reference_is_the_whole_mask_or_one_label_of_it(clean, reference_ml, found):
    mask = MaskMeasures(labels_ml={1.0: 10.0, 2.0: 20.0}, same_grid=True)
    scan = replace(clean.measures[0], mask=mask, scan=replace(clean.measures[0].scan, volume_ml=reference_ml))
    assert bool(list(check_reference_mask([scan]))) == found
