import numpy as np
import pytest

from volest.images.image import Image
from volest.inference.familiarity import Placement
from volest.inference.flags import disagreement_flags, is_cut_off, range_flags, size_flags, unlike_in_words
from volest.records.model import TrainingRange


def test_folds_that_tell_different_volumes_are_flagged():
    assert disagreement_flags((10.0, 20.0, 30.0)) == ("the folds disagree: 10.0 to 30.0 mL",)


@pytest.mark.parametrize("volumes_ml", [(25.0,), (25.0, 27.0), (24.0, 25.0, 26.0)])
def test_folds_that_agree_are_not(volumes_ml):
    assert disagreement_flags(volumes_ml) == ()


def unusual(*names):
    return Placement(5.0, 0.02, names)


def test_each_reason_is_told_once():
    words = unlike_in_words(unusual("stage 1", "stage 2", "layout"), ())
    assert words.count("what the network makes of it") == 1
    assert "mirrored, turned, cropped" in words


def test_figures_come_first_what_only_the_network_could_tell_last_and_three_reasons_are_enough():
    words = unlike_in_words(
        unusual("stage 1", "views", "border", "size", "sharpness"), ("spacing 6 mm, trained on 1.5 mm",)
    )
    assert words == (
        "unlike the training scans by its spacing or field of view (spacing 6 mm, trained on 1.5 mm), "
        "by an estimate that changes when it is moved a little, by what counts at its border"
    )


TRAINED = [
    TrainingRange(volume_ml=(20.0, 90.0), spacing_mm=(1.5, 1.5), field_of_view_ml=(400.0, 440.0)),
    TrainingRange(volume_ml=(25.0, 95.0), spacing_mm=(1.5, 1.5), field_of_view_ml=(410.0, 450.0)),
]


def scan_of(spacing_mm=1.5, shape=(50, 50, 50)):
    return Image(np.zeros(shape, np.uint8), np.diag([spacing_mm] * 3 + [1.0]))


@pytest.mark.parametrize(
    ("names", "scan", "expected"),
    [
        (("drawn border",), scan_of(), True),
        (("stage 1", "border"), scan_of(), True),
        (("size", "border", "layout", "grey levels"), scan_of(shape=(25, 50, 50)), True),  # half of it cropped away
        (("border", "layout"), scan_of(shape=(45, 50, 50)), True),  # a tenth of it
        (("layout",), scan_of(shape=(25, 50, 50)), False),
        (("border", "grey levels"), scan_of(), False),  # inverted, or noise
        (("drawn border", "sharpness"), scan_of(), False),
        (("drawn border", "layout"), scan_of(), False),  # mirrored
        (("size", "border"), scan_of(spacing_mm=0.375), False),
        (("size", "border"), scan_of(spacing_mm=6.0), False),
    ],
)
def test_a_cut_is_told_of_a_scan_that_else_is_what_it_seems(names, scan, expected):
    assert is_cut_off(unusual(*names), scan, TRAINED) is expected


def test_sizes_outside_those_of_the_training_are_told_with_figures():
    assert size_flags(scan_of(), TRAINED) == ()
    assert size_flags(scan_of(spacing_mm=3.0), TRAINED) == (
        "spacing 3 mm, trained on 1.5 mm",
        "field of view 3375 mL, trained on 400-450 mL",
    )


def test_a_volume_or_a_raster_beyond_those_of_the_training_is_told():
    assert range_flags(50.0, 0.0, TRAINED) == ()
    assert range_flags(96.0, 0.08, TRAINED) == (
        "8% of the scan lies outside the network's grid",
        "outside the training volumes of 20.0-95.0 mL",
    )
