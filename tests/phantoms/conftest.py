from dataclasses import replace

import numpy as np
import pytest

from volest.phantoms.population import PRESETS, PhantomPreset, draw_population


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def tiny_preset() -> PhantomPreset:
    return replace(
        PRESETS["small"], patients=4, scans=9, shape=(24, 24, 24), spacing_mm=(3.6, 4.1), samples=(32, 28, 28)
    )


@pytest.fixture(scope="session")
def many_parameters():
    """Visits of three studies of each preset."""
    studies = [draw_population(preset, np.random.default_rng(seed)) for preset in PRESETS.values() for seed in range(3)]
    return [visit.parameters for study in studies for patient in study for visit in patient.visits]


@pytest.fixture(scope="session")
def parameters(many_parameters):
    return many_parameters[0]
