import numpy as np
import pytest

from volest.experiments.studies.trial import Result
from volest.records.predictions import Prediction


@pytest.fixture
def result():
    """A trial of an arm whose errors have the given mean and a spread of 1 mL; the scans of all arms are the same."""

    def made(arm, error_ml, seed=0, fold=0, patients=20, noise=0):
        rng = np.random.default_rng([noise, seed, fold, 7])
        spread = rng.normal(size=2 * patients)
        held_out = [
            Prediction(f"s{fold}_{n}", f"p{fold}_{n // 2}", fold, 30 + max(0.0, error_ml + float(spread[n])), 30.0)
            for n in range(2 * patients)
        ]
        return Result({"arm": arm, "seed": seed, "fold": fold}, held_out)

    return made
