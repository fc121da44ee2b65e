import pytest
import torch

from volest.augmentation.noise import Noise, NoiseParameters
from volest.config import augmentation as config


def test_noise_has_zero_mean_and_the_drawn_sd():
    flat = torch.full((32, 32, 32), 0.5)
    noise = Noise(config.Noise()).apply(flat, NoiseParameters(sd=0.03, seed=1)) - flat
    assert noise.mean().item() == pytest.approx(0, abs=0.001)
    assert noise.std().item() == pytest.approx(0.03, rel=0.02)


def test_another_seed_is_other_noise(tensor):
    noise = Noise(config.Noise())
    one, other = (noise.apply(tensor, NoiseParameters(sd=0.03, seed=seed)) for seed in (1, 2))
    assert not torch.equal(one, other)
