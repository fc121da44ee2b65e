import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from volest.report.thumbnail import SIDE_PX, data_uri, draw_planes, outline_path


def _corners(path):
    return np.array([[float(x), float(y)] for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)])


def test_a_picture_has_the_proportions_of_its_millimetres(plane):
    (drawn,), _ = draw_planes([plane(shape=(40, 80), spacing_mm=(3.0, 1.0))])
    assert drawn.height_px / drawn.width_px == pytest.approx(120 / 80, rel=0.01)


def test_planes_of_a_scan_share_one_scale(plane):
    (wide, narrow), bar = draw_planes([plane(shape=(50, 100)), plane("coronal", shape=(50, 25))])
    assert wide.width_px == SIDE_PX
    assert narrow.width_px == pytest.approx(SIDE_PX / 4)
    assert bar.length_mm == 20
    assert bar.length_px == pytest.approx(20 / 100 * SIDE_PX)


def test_the_picture_is_the_plane(plane):
    pixels = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    encoded = base64.b64decode(data_uri(pixels).partition(",")[2])
    decoded = np.asarray(Image.open(io.BytesIO(encoded)))
    assert decoded.shape == (48, 64)
    assert np.abs(decoded.astype(int) - pixels).max() < 10


def test_a_fan_that_fills_the_plane_is_outlined_along_its_edge():
    corners = _corners(outline_path(np.ones((30, 40), dtype=bool), 80.0, 60.0))
    np.testing.assert_allclose(corners.min(axis=0), [0, 0], atol=0.01)
    np.testing.assert_allclose(corners.max(axis=0), [80, 60], atol=0.01)


def test_the_outline_of_a_disc_lies_on_its_circle():
    row, column = np.mgrid[:96, :96] + 0.5
    corners = _corners(outline_path(np.hypot(row - 48, column - 48) < 40, 96.0, 96.0))
    np.testing.assert_allclose(np.hypot(*(corners - 48).T), 40, atol=1)
    assert len(corners) < 100


def test_no_fan_has_no_outline():
    assert outline_path(np.zeros((30, 40), dtype=bool), 80.0, 60.0) == ""


def test_specks_are_not_outlined():
    fan = np.zeros((96, 96), dtype=bool)
    fan[4:7, 4:7] = True
    fan[30:80, 30:80] = True
    assert outline_path(fan, 96.0, 96.0).count("M") == 1


def test_a_picture_of_one_row_can_still_be_seen(plane):
    (drawn,), _ = draw_planes([plane(shape=(1, 90), spacing_mm=(0.1, 1.0))])
    assert drawn.height_px >= 2


def test_right_lies_to_the_right_and_anterior_up(plane):
    (axial, sagittal), _ = draw_planes([plane("axial"), plane("sagittal")])
    assert axial.letters == ("L", "A", "R", "P")
    assert sagittal.letters == ("P", "S", "A", "I")
