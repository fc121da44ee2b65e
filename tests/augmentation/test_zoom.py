import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volest.augmentation.zoom import Zoom, ZoomParameters
from volest.config import augmentation as config

SCALE = st.floats(0.5, 2.0)


@settings(deadline=None)
@given(SCALE)
def test_a_common_scale_counts_three_times(scale):
    assert Zoom(config.Zoom()).volume_factor(ZoomParameters((scale,) * 3)) == pytest.approx(scale**3)


@settings(deadline=None)
@given(SCALE, SCALE, SCALE)
def test_the_inverse_zoom_has_the_inverse_factor(i, j, k):
    zoom = Zoom(config.Zoom())
    there, back = ZoomParameters((i, j, k)), ZoomParameters((1 / i, 1 / j, 1 / k))
    assert zoom.volume_factor(there) * zoom.volume_factor(back) == pytest.approx(1)


def test_growing_and_shrinking_are_equally_likely(rng):
    zoom = Zoom(config.Zoom())
    logs = np.log([zoom.volume_factor(zoom.sample(rng, (8, 8, 8))) for _ in range(2000)])
    assert logs.mean() == pytest.approx(0, abs=0.03)
    assert np.abs(logs).max() <= 3 * np.log(1.2 * 1.1)


def test_without_a_scale_per_axis_the_zoom_is_isotropic(rng):
    scales = Zoom(config.Zoom(per_axis=1)).sample(rng, (8, 8, 8)).scales
    assert scales == pytest.approx([scales[0]] * 3)
