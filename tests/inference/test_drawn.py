import numpy as np
import pytest

from volest.inference.drawn import DRAWN_BORDER, SHAPE, drawn_traits, shape_of


def drawn(inside):
    """A map that is unsure at the surface alone, of a scan that fills its grid."""
    i, j, k = np.indices((40, 40, 40)) - 19.5
    return np.clip(0.5 + 2 * inside(i, j, k), 0, 1)


def ellipsoid(a, b, c, at=(0, 0, 0)):
    return lambda i, j, k: 1 - np.sqrt(((i - at[0]) / a) ** 2 + ((j - at[1]) / b) ** 2 + ((k - at[2]) / c) ** 2)


def dumbbell(i, j, k):
    return np.maximum(ellipsoid(6, 6, 6, (0, 0, 9))(i, j, k), ellipsoid(6, 6, 6, (0, 0, -9))(i, j, k))


FULL = np.ones((40, 40, 40), dtype=np.float32)


@pytest.mark.parametrize("axes", [(8, 8, 8), (12, 10, 8), (5, 5, 16), (16, 16, 5)])
def test_ellipsoids_differ_by_their_axes_alone(axes):
    a, b, c = sorted(axes, reverse=True)
    traits = drawn_traits(drawn(ellipsoid(*axes)), FULL)
    assert traits[SHAPE] == pytest.approx([np.log(a / b), np.log(b / c), 0, 0, 0, 0], abs=0.07)


def test_a_waist_is_no_ellipsoid():
    traits = drawn_traits(drawn(dumbbell), FULL)
    assert traits[SHAPE][2] > 0.2  # the moments' ellipsoid is larger than what is there
    assert traits[SHAPE][5] < -0.2  # two ends and little between them


@pytest.mark.parametrize(
    "moved",
    [
        lambda m: np.roll(m, (3, -2, 5), (0, 1, 2)),
        lambda m: np.rot90(m, axes=(0, 2)),
        lambda m: m[::-1],
    ],
)
def test_place_and_pose_are_no_shape(moved):
    shares = drawn(ellipsoid(12, 9, 6))
    assert shape_of(moved(shares) > 0.5) == pytest.approx(shape_of(shares > 0.5))


def test_a_structure_at_the_edge_of_the_scan_is_told():
    voxels = FULL.copy()
    assert drawn_traits(drawn(ellipsoid(9, 9, 9)), voxels)[DRAWN_BORDER] == 0
    voxels[:18] = 0  # the scan begins in the middle of it
    assert drawn_traits(drawn(ellipsoid(9, 9, 9)), voxels)[DRAWN_BORDER] == pytest.approx(0.5)


NOTHING = {
    "empty": np.zeros((4, 4, 4)),
    "plane": np.eye(4)[:, :, None] * np.ones(4),
    "all but empty": np.full((4, 4, 4), 1e-30),
    "no number": np.full((4, 4, 4), np.nan),
}


@pytest.mark.parametrize("shares", NOTHING.values(), ids=NOTHING)
def test_maps_of_nothing_have_finite_traits(shares):
    traits = drawn_traits(shares, np.zeros((4, 4, 4), dtype=np.float32))
    assert all(np.isfinite(trait).all() for trait in traits.values())


def test_a_single_voxel_is_a_shape():
    shares = np.zeros((5, 5, 5))
    shares[2, 2, 2] = 0.9
    assert np.isfinite(drawn_traits(shares, FULL[:5, :5, :5])[SHAPE]).all()
