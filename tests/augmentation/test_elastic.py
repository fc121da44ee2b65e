import numpy as np
import pytest
import torch

from volest.augmentation.elastic import Elastic, ElasticParameters
from volest.config import augmentation as config

SHAPE = (40, 50, 30)


@pytest.fixture
def elastic():
    return Elastic(config.Elastic())


def displacement_of(elastic, parameters, shape=SHAPE):
    return np.moveaxis(elastic.displacement(parameters, shape, torch.device("cpu")).numpy(), 0, -1)


def jacobian_determinants(displacement):
    gradient = np.stack(np.gradient(displacement, axis=(0, 1, 2)), axis=-1)
    return np.linalg.det(np.eye(3) + gradient)[1:-1, 1:-1, 1:-1]


@pytest.mark.parametrize("seed", range(10))
def test_volume_is_kept_everywhere_and_nothing_folds(elastic, seed):
    parameters = ElasticParameters(control_points=10, displacement=0.05, seed=seed)
    determinants = jacobian_determinants(displacement_of(elastic, parameters))
    assert determinants.std() < 0.01
    assert np.abs(determinants - 1).max() < 0.1


def test_the_largest_displacement_is_the_drawn_fraction_of_the_raster(elastic):
    parameters = ElasticParameters(control_points=10, displacement=0.05, seed=3)
    displacement = np.abs(displacement_of(elastic, parameters)).reshape(-1, 3).max(axis=0) / SHAPE
    assert displacement.max() == pytest.approx(0.05, rel=0.15)


def test_borders_stay_where_they_are(elastic):
    parameters = ElasticParameters(control_points=10, displacement=0.05, seed=3)
    displacement = displacement_of(elastic, parameters)
    for axis in range(3):
        assert np.abs(np.take(displacement, [0, -1], axis)).max() < 0.25


def test_displacement_is_drawn_up_to_the_configured_one(elastic, rng):
    always = Elastic(config.Elastic(probability=1, displacement=0.03))
    drawn = [always.sample(rng, SHAPE).displacement for _ in range(200)]
    assert 0.028 < max(drawn) <= 0.03
