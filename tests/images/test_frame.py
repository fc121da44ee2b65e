import numpy as np
import pytest

from volest.images.frame import affine_to_ras, mm_per_unit, signs_to_ras

MM = ["mm"] * 3


@pytest.mark.parametrize(
    ("name", "short", "signs"),
    [
        ("right-anterior-superior", "RAS", [1, 1, 1]),
        ("left-anterior-superior", "LAS", [-1, 1, 1]),
        ("left-posterior-superior", "LPS", [-1, -1, 1]),
    ],
)
def test_long_and_short_names_of_a_space_are_one_space(name, short, signs):
    assert signs_to_ras(name).tolist() == signs_to_ras(short).tolist() == signs


def test_a_point_to_the_left_in_lps_has_negative_right_coordinate():
    affine = affine_to_ras(np.eye(3), np.array([10.0, 20.0, 30.0]), "LPS", MM)
    np.testing.assert_allclose(affine @ [0, 0, 0, 1], [-10, -20, 30, 1])


@pytest.mark.parametrize("unit", ["um", "\u00b5m", "\u03bcm", "microns"])
def test_micrometres_are_thousandths_of_a_millimetre_however_they_are_spelt(unit):
    assert mm_per_unit([unit])[0] == pytest.approx(1e-3)


def test_centimetres_hold_a_thousand_times_the_volume_of_millimetres():
    in_mm = affine_to_ras(np.eye(3), np.zeros(3), "RAS", MM)
    in_cm = affine_to_ras(np.eye(3), np.zeros(3), "RAS", ["cm"] * 3)
    assert np.linalg.det(in_cm[:3, :3]) == pytest.approx(1000 * np.linalg.det(in_mm[:3, :3]))


def test_pixels_are_no_length():
    with pytest.raises(ValueError, match="unit of length is 'pixel'"):
        mm_per_unit(["pixel"])


def test_an_unknown_space_is_refused():
    with pytest.raises(ValueError, match="space is 'sideways'; expected RAS, LAS or LPS"):
        signs_to_ras("sideways")


@pytest.mark.parametrize("steps", [np.diag([1.0, 1.0, 0.0]), np.ones((3, 3))])
def test_axes_that_span_no_volume_are_refused(steps):
    with pytest.raises(ValueError, match="span no volume"):
        affine_to_ras(steps, np.zeros(3), "RAS", MM)


def test_a_space_without_a_patient_is_lps_as_for_simpleitk():
    for name in ("", "scanner-xyz", "3D-right-handed"):
        assert signs_to_ras(name).tolist() == signs_to_ras("LPS").tolist()


def test_a_left_handed_space_is_mirrored_into_a_right_handed_one():
    assert np.prod(signs_to_ras("3D-left-handed")) == -np.prod(signs_to_ras("3D-right-handed"))


@pytest.mark.parametrize(
    ("steps", "message"),
    [(np.full((3, 3), np.inf), "not finite"), (np.eye(3) * 1e300, "mm apart"), (np.eye(3) * 1e-300, "span no volume")],
)
def test_steps_that_are_no_distances_are_refused(steps, message):
    with pytest.raises(ValueError, match=message):
        affine_to_ras(steps, np.zeros(3), "RAS", MM)
