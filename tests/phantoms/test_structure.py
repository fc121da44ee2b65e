from dataclasses import replace

import numpy as np
import pytest

from volest.phantoms.structure import LEVEL_OUTSIDE, Pose


def test_pose_there_and_back_is_the_identity(many_parameters, rng):
    pose = many_parameters[1].structure.pose
    points = rng.uniform(-40, 40, size=(50, 3))
    np.testing.assert_allclose(pose.to_ras(pose.to_own_frame(points)), points, atol=1e-9)
    np.testing.assert_allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-12)


def test_level_far_away_is_outside(parameters):
    points = np.array([parameters.structure.pose.centre_mm, (500.0, 0.0, 0.0)])
    level = parameters.structure.level(points)
    assert level[0] == pytest.approx(0, abs=1e-6)
    assert level[1] == LEVEL_OUTSIDE


def test_structure_at_the_rim_is_not_wholly_scanned(parameters):
    half_extent = tuple(n * step / 2 for n, step in zip(parameters.shape, parameters.spacing_mm, strict=True))
    moved = Pose((half_extent[0], 0.0, 0.0), np.eye(3))
    assert parameters.structure.is_scanned_by(parameters.sector, half_extent)
    assert not replace(parameters.structure, pose=moved).is_scanned_by(parameters.sector, half_extent)


def test_wall_is_brighter_than_both_sides(parameters):
    structure = replace(parameters.structure, echo_db=-10.0, wall_db=8.0)
    towards_probe = np.array([0.0, 1.0, 0.0]) * np.linspace(0, 60, 600)[:, None]
    points = (towards_probe + np.array(structure.pose.centre_mm)).reshape(600, 1, 1, 3)
    level = structure.level(points)
    echo_db = structure.echogenicity_db(np.zeros((600, 1, 1)), level, points, parameters.sector.apex_mm)
    assert echo_db[0] == pytest.approx(-10.0)
    assert echo_db[-1] == pytest.approx(0.0)
    assert level.ravel()[echo_db.argmax()] == pytest.approx(1.0, abs=0.03)
    assert echo_db.max() > 4
