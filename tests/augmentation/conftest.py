import numpy as np
import pytest
import torch

from volest.augmentation.drawn import Drawn
from volest.config.augmentation import AugmentationConfig

NAMES = tuple(Drawn.__dataclass_fields__)
SHAPE = (24, 32, 20)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def scan(rng):
    """A sector of speckled tissue on a background of 0, its apex at the low end of j."""
    i, j, _ = np.mgrid[tuple(slice(n) for n in SHAPE)]
    inside = np.abs(i - (SHAPE[0] - 1) / 2) <= 3 + 0.25 * j
    return np.where(inside, rng.uniform(0.05, 0.9, SHAPE), 0).astype(np.float32)


@pytest.fixture
def tensor(scan):
    """The same on the device."""
    return torch.from_numpy(scan)


@pytest.fixture
def only():
    """Configuration in which the named transforms are always drawn, all others never."""

    def config(*names, **options):
        sections = {name: {"probability": 1.0 if name in names else 0.0} for name in NAMES}
        return AugmentationConfig(**sections, **options)

    return config
