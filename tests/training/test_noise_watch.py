import pytest
import torch
from torch import nn

from volest.config.schema import TrainingConfig
from volest.models.head import VolumeRegressor
from volest.training.module import VolumeRegression
from volest.training.noise_watch import measure

FEATURES = 20


def linear_gaussian(distance, noise_sd):
    """Half the squared error of a linear network on normal inputs, its weights `distance` from the truth."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.randn(FEATURES, generator=generator)
    head = nn.Linear(FEATURES, 1, bias=False)
    off = torch.randn(FEATURES, generator=generator)
    head.weight.data = (truth + distance * off / off.norm())[None]
    module = VolumeRegression(VolumeRegressor(nn.Flatten(), head), TrainingConfig(loss="mse"), 0, 1)

    def scans(count):
        inputs = torch.randn(count, 1, FEATURES, 1, 1, generator=generator)
        targets = inputs.flatten(1) @ truth + noise_sd * torch.randn(count, generator=generator)
        return [(inputs[n : n + 1], targets[n : n + 1]) for n in range(count)]

    return module, scans


@pytest.mark.parametrize("distance, noise_sd", [(1.0, 1.0), (0.7, 2.0), (2.0, 0.0)])
def test_the_noise_scale_of_a_linear_gaussian_problem_is_the_analytic_one(distance, noise_sd):
    """The gradient of one scan is 2 x (x.d + e): mean 2 d, E|g|^2 = 4 ((n + 2) |d|^2 + n s^2)."""
    module, scans = linear_gaussian(distance, noise_sd)
    found = None
    signals, noises = 0.0, 0.0
    for _ in range(1500):
        found = measure(module, scans(8))
        signals, noises = signals + found.signal, noises + found.noise
    noise = 4 * ((FEATURES + 1) * distance**2 + FEATURES * noise_sd**2)
    assert noises / signals == pytest.approx(noise / (4 * distance**2), rel=0.1)


def test_a_measurement_leaves_weights_statistics_gradients_and_random_numbers_alone():
    network = VolumeRegressor(nn.Sequential(nn.BatchNorm3d(1), nn.Flatten(), nn.Dropout(0.5)), nn.Linear(8, 1))
    module = VolumeRegression(network, TrainingConfig(), 0, 1).train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    random = torch.random.get_rng_state()
    found = measure(module, [(torch.randn(1, 1, 2, 2, 2), torch.zeros(1)) for _ in range(6)])
    assert found is not None
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.network.parameters())
    assert not torch.equal(torch.random.get_rng_state(), random)  # the scans themselves were drawn
    random = torch.random.get_rng_state()
    measure(module, [(torch.zeros(1, 1, 2, 2, 2), torch.zeros(1)) for _ in range(6)])
    assert torch.equal(torch.random.get_rng_state(), random)


def test_two_scans_that_share_their_statistics_have_no_two_gradients():
    network = VolumeRegressor(nn.Sequential(nn.BatchNorm3d(1), nn.Flatten()), nn.Linear(8, 1))
    module = VolumeRegression(network, TrainingConfig(), 0, 1)
    scan = (torch.randn(1, 1, 2, 2, 2), torch.zeros(1))
    assert measure(module, [scan, scan]) is None
    assert measure(module, [scan] * 4) is not None
