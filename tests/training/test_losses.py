import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats

from volest.models.observation import Observation
from volest.records.model import TargetScaling
from volest.training.losses import (
    QUANTILES,
    choose_loss,
    gaussian_nll,
    huber,
    log_cosh,
    observation_loss,
    pinball,
    ranked_huber,
)

LOG = TargetScaling(kind="log_ml", mean=3.0, sd=0.4)
ML = TargetScaling(kind="ml", mean=40.0, sd=15.0)


def column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_log_cosh_is_what_it_says_and_does_not_overflow():
    error = np.array([-2.0, -0.1, 0.0, 0.7])
    assert log_cosh(column(*error), column(0, 0, 0, 0)).item() == pytest.approx(np.log(np.cosh(error)).mean())
    assert log_cosh(column(500.0), column(0.0)).item() == pytest.approx(500 - math.log(2))


@pytest.mark.parametrize("scaling", [LOG, ML])
def test_relative_error_is_that_of_the_volumes(scaling):
    predicted_ml, reference_ml = np.array([20.0, 33.0, 50.0]), np.array([25.0, 30.0, 50.0])
    predicted, target = (column(*(scaling.encode(v, 1.0) for v in ml)) for ml in (predicted_ml, reference_ml))
    expected = (np.abs(predicted_ml - reference_ml) / reference_ml).mean()
    assert choose_loss("relative", scaling)(predicted, target).item() == pytest.approx(expected)


def test_a_prediction_far_too_large_pulls_no_harder_than_the_tangent():
    predicted = column(2.0, 50.0).requires_grad_()
    choose_loss("relative", TargetScaling(kind="log_ml", mean=0.0, sd=1.0))(predicted, column(0.0, 0.0)).backward()
    assert predicted.grad.ravel().tolist() == pytest.approx([math.e / 2] * 2)


def test_a_wrong_order_costs_more_than_the_same_errors_in_the_right_order():
    target = column(-0.2, 0.2)
    right, wrong = column(-0.5, 0.5), column(0.1, -0.1)
    assert huber(right, target).item() == pytest.approx(huber(wrong, target).item())
    assert ranked_huber(wrong, target) > ranked_huber(right, target)


def test_without_two_different_targets_there_is_no_order():
    for predicted, target in ((column(1.0), column(0.3)), (column(1.0, 2.0), column(0.3, 0.3))):
        assert ranked_huber(predicted, target) == huber(predicted, target)


def test_the_gaussian_loss_is_the_likelihood_but_for_a_constant():
    rng = np.random.default_rng(0)
    mean, log_variance, target = rng.normal(size=(3, 50))
    expected = -stats.norm.logpdf(target, mean, np.exp(log_variance / 2)).mean() - math.log(2 * math.pi) / 2
    spread = torch.tensor(log_variance)[:, None, None]
    assert gaussian_nll(column(*mean), spread, column(*target)).item() == pytest.approx(expected)


def test_the_quantile_loss_is_least_at_the_quantiles():
    """Fitted to many draws of one distribution, the three outputs are its 5%, 50% and 95% quantiles."""
    target = torch.tensor(stats.expon.ppf((np.arange(4000) + 0.5) / 4000))[:, None]
    median = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    spread = torch.zeros(1, 1, 2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([median, spread], lr=0.05)
    for _ in range(800):
        optimiser.zero_grad()
        pinball(median.expand(4000, 1), spread.expand(4000, 1, 2), target).backward()
        optimiser.step()
    below, above = F.softplus(spread.detach()).ravel().tolist()
    middle = median.item()
    assert [middle - below, middle, middle + above] == pytest.approx(stats.expon.ppf(QUANTILES), abs=0.06)


@pytest.mark.parametrize("name", ["gaussian_nll", "quantile"])
def test_losses_of_a_spread_judge_what_tells_none_by_huber(name):
    assert choose_loss(name, LOG) is huber
    seen = Observation(torch.zeros(3, 1), spread=torch.zeros(3, 1, 1 if name == "gaussian_nll" else 2))
    assert torch.isfinite(observation_loss(name, LOG)(seen, torch.ones(3, 1)))
