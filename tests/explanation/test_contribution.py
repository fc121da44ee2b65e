import math

import numpy as np
import pytest

from volest.explanation.contribution import integrated_contributions, ml_per_unit, occluded_contributions
from volest.images.image import Image
from volest.inference.ensemble import Ensemble
from volest.progress import Silent
from volest.records.model import TargetScaling


@pytest.mark.parametrize("kind", ["ml", "log_ml", "fraction", "log_fraction"])
def test_the_map_of_several_networks_adds_up_in_millilitres(scan, kind, trained, smooth):
    mean, sd = {"ml": (30.0, 8.0), "log_ml": (3.4, 0.3), "fraction": (0.2, 0.05), "log_fraction": (-1.6, 0.3)}[kind]
    models = [trained(smooth(seed), kind, mean, sd, intercept=0.4) for seed in (0, 1)]
    told = integrated_contributions(models, scan, Silent())
    assert told.predicted_ml == pytest.approx(Ensemble(models).estimate(scan).volume_ml, rel=1e-4)
    assert abs(told.predicted_ml - told.baseline_ml) > 0.1
    assert told.sum_ml == pytest.approx(told.predicted_ml - told.baseline_ml, rel=0.03)


def test_a_network_that_counts_has_a_density_of_one_inside_and_zero_outside(scan, structure, counter, trained):
    told = integrated_contributions([trained(counter)], scan, Silent())
    assert told.predicted_ml == pytest.approx(structure.sum() * 0.008, rel=0.01)
    assert told.baseline_ml == pytest.approx(0, abs=1e-3)
    assert told.density.voxels[10, 12, 13] == pytest.approx(1, abs=0.03)
    assert told.density.voxels[20, 4, 4] == pytest.approx(0, abs=0.01)
    assert told.sum_ml == pytest.approx(told.predicted_ml, rel=0.02)


def test_occlusion_has_the_same_unit(scan, structure, counter, trained):
    told = occluded_contributions([trained(counter)], scan, Silent())
    assert told.density.voxels[10, 12, 13] == pytest.approx(1, abs=0.1)
    assert told.density.voxels[20, 4, 4] == pytest.approx(0, abs=0.01)


def test_maps_lie_on_the_voxels_of_the_scan_in_its_own_axes(scan, structure, counter, trained):
    turned = Image(np.flip(scan.voxels, 0).transpose(2, 0, 1).copy(), scan.affine.copy())
    turned.affine[:3, :3] = [[0, -2, 0], [0, 0, 2], [2, 0, 0]]
    for made in (integrated_contributions, occluded_contributions):
        density = made([trained(counter)], turned, Silent()).density
        np.testing.assert_array_equal(density.affine, turned.affine)
        assert density.shape == turned.shape
        inside = np.flip(structure, 0).transpose(2, 0, 1)
        assert density.voxels[inside].mean() > 5 * np.abs(density.voxels[~inside]).mean()


def test_the_order_of_the_networks_changes_nothing(scan, trained, smooth):
    models = [trained(smooth(seed), "log_ml", 3.4, 0.3) for seed in (0, 1)]
    there, back = (integrated_contributions(order, scan, Silent()).density.voxels for order in (models, models[::-1]))
    np.testing.assert_allclose(there, back, rtol=1e-4, atol=1e-5)


def test_logarithms_become_millilitres_by_their_logarithmic_mean():
    scaling = TargetScaling(kind="log_ml", mean=0, sd=1)
    assert ml_per_unit(scaling, 30.0, 10.0, 500.0) * math.log(3) == pytest.approx(20.0)
    assert ml_per_unit(scaling, 30.0, 30.0, 500.0) == pytest.approx(30.0)
    assert ml_per_unit(scaling.model_copy(update={"kind": "fraction"}), 30.0, 10.0, 500.0) == 500.0
