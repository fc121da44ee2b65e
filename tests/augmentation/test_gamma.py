import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volest.augmentation.gamma import Gamma, GammaParameters
from volest.config import augmentation as config


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.5, 2.0))
def test_gamma_is_a_power_of_the_intensity(scan, tensor, gamma):
    out = Gamma(config.Gamma()).apply(tensor, GammaParameters(gamma))
    assert out.numpy() == pytest.approx(scan.astype(np.float64) ** gamma, abs=1e-5)


def test_brightening_and_darkening_are_equally_likely(rng):
    gamma = Gamma(config.Gamma(probability=1, log_gamma=0.4))
    logs = [math.log(gamma.sample(rng, (8, 8, 8)).gamma) for _ in range(1000)]
    assert np.mean(logs) == pytest.approx(0, abs=0.03)
    assert max(map(abs, logs)) <= 0.4
