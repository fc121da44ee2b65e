import numpy as np
import pytest
from scipy.optimize import curve_fit

from volest.evaluation.power_law import fit_power_laws

SIZES = np.array([10.0, 20.0, 30.0, 40.0])


def law(n, floor, excess, exponent):
    return floor + excess * (n / SIZES[-1]) ** -exponent


@pytest.mark.parametrize("truth", [(4.0, 6.0, 0.5), (0.0, 10.0, 0.3), (8.0, 2.0, 1.0)])
def test_a_curve_without_noise_gives_its_law_back(truth):
    found = fit_power_laws(SIZES, law(SIZES, *truth)[None])
    assert (found.floor_ml[0], found.excess_ml[0], found.exponent[0]) == pytest.approx(truth, abs=1e-6)
    assert found.mae_ml(25.0)[0] == pytest.approx(law(25.0, *truth))
    assert found.patients(float(law(100.0, *truth)))[0] == pytest.approx(100)


def test_noisy_curves_fit_as_well_as_scipy_fits_them(rng):
    for _ in range(10):
        mae_ml = law(SIZES, 3.0, 6.0, 0.5) * rng.normal(1, 0.03, size=4)
        ours = fit_power_laws(SIZES, mae_ml[None])
        bounds = ([0, 0, 0.1], [np.inf, np.inf, 2.0])
        theirs, _ = curve_fit(law, SIZES, mae_ml, p0=(3, 6, 0.5), sigma=mae_ml, bounds=bounds, max_nfev=20_000)
        distance = [np.square(fit / mae_ml - 1).sum() for fit in (ours_at(ours), law(SIZES, *theirs))]
        assert distance[0] <= distance[1] * 1.05 + 1e-6  # the exponent is looked for in steps


def ours_at(laws):
    return np.array([laws.mae_ml(n)[0] for n in SIZES])


def test_each_draw_is_fitted_for_itself(rng):
    curves = law(SIZES, 3.0, 6.0, 0.5) * rng.normal(1, 0.03, size=(5, 4))
    together = fit_power_laws(SIZES, curves)
    for place in range(5):
        alone = fit_power_laws(SIZES, curves[place : place + 1])
        assert together.floor_ml[place] == pytest.approx(alone.floor_ml[0])


@pytest.mark.parametrize("mae_ml", [[5.0, 5.0, 5.0, 5.0], [5.0, 6.0, 7.0, 8.0]])
def test_an_error_that_does_not_fall_is_all_floor(mae_ml):
    found = fit_power_laws(SIZES, np.array([mae_ml]))
    assert found.excess_ml[0] == pytest.approx(0, abs=1e-9)
    assert found.patients(4.0)[0] == np.inf


def test_three_sizes_show_no_floor():
    found = fit_power_laws(SIZES[1:], law(SIZES[1:], 4.0, 6.0, 0.5)[None])
    assert found.floor_ml[0] == 0
