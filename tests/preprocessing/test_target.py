import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.config import Config
from volest.preprocessing.target import fit_target, target_kind
from volest.records.model import TargetScaling

KINDS = ("log_ml", "ml", "log_fraction", "fraction")


@given(st.sampled_from(KINDS), st.floats(0.5, 500), st.floats(600, 3000), st.floats(-3, 5), st.floats(0.1, 30))
def test_decoding_undoes_encoding(kind, volume_ml, fov_ml, mean, sd):
    scaling = TargetScaling(kind=kind, mean=mean, sd=sd)
    assert scaling.decode(scaling.encode(volume_ml, fov_ml), fov_ml) == pytest.approx(volume_ml, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_training_targets_have_zero_mean_and_unit_variance(kind, rng):
    volumes_ml, fovs_ml = rng.uniform(10, 90, 50).tolist(), rng.uniform(300, 600, 50).tolist()
    scaling = fit_target(kind, volumes_ml, fovs_ml)
    targets = [scaling.encode(v, fov) for v, fov in zip(volumes_ml, fovs_ml, strict=True)]
    assert np.mean(targets) == pytest.approx(0, abs=1e-9)
    assert np.std(targets) == pytest.approx(1)


def test_halving_the_spacing_divides_the_prediction_by_eight_where_the_fraction_is_learnt():
    scaling = fit_target("log_fraction", [20.0, 40.0], [400.0, 500.0])
    assert scaling.decode(0.3, 400 / 8) == pytest.approx(scaling.decode(0.3, 400) / 8)


def test_halving_the_spacing_and_the_volume_eightfold_keeps_the_fraction_and_shifts_the_logarithm():
    fraction = TargetScaling(kind="fraction", mean=0, sd=1)
    assert fraction.encode(40 / 8, 400 / 8) == pytest.approx(fraction.encode(40, 400))
    logarithm = TargetScaling(kind="log_ml", mean=0, sd=1)
    assert logarithm.encode(40, 400) - logarithm.encode(40 / 8, 400 / 8) == pytest.approx(math.log(8))


def test_equal_references_leave_a_finite_target():
    assert fit_target("log_ml", [30.0, 30.0], [400.0, 400.0]).encode(30, 400) == 0


@pytest.mark.parametrize("fit, kind", [("physical", "log_ml"), ("stretch", "log_fraction")])
def test_stretched_rasters_are_judged_by_their_fraction(fit, kind):
    assert target_kind(Config.model_validate({"preprocessing": {"fit": fit}})) == kind
