"""What a training minimises: a distance between standardised predictions and targets, averaged over both axes."""

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from volest.models.observation import Observation
from volest.records.model import TargetScaling

HUBER_BEND = 0.5
"""In standard deviations of the target: smaller errors count squared, larger ones as they are."""

RANK_WEIGHT = 0.3
"""Of the order of the scans of a batch, against 1 for their targets."""

QUANTILES = (0.05, 0.5, 0.95)

Predicted = Float[Tensor, "batch network"]
Target = Float[Tensor, "batch network"]
Spread = Float[Tensor, "batch network parameter"]
Scalar = Float[Tensor, ""]

ObservationLoss = Callable[[Observation, Target], Scalar]


def huber(predicted: Predicted, target: Target) -> Scalar:
    """Squared below `HUBER_BEND`, absolute above (Huber 1964)."""
    return F.smooth_l1_loss(predicted, target, beta=HUBER_BEND)


def log_cosh(predicted: Predicted, target: Target) -> Scalar:
    """Log cosh of the error: half its square where it is small, its size less log 2 where it is large."""
    error = (predicted - target).abs()
    return (error + F.softplus(-2 * error) - math.log(2)).mean()  # cosh itself overflows from 90 on


def ranked_huber(predicted: Predicted, target: Target) -> Scalar:
    """Huber, and a word on the order: the logistic loss of every pair of a batch (RankNet, Burges et al. 2005).

    Pairs of equal targets have no order; a batch of one scan has no pair.
    """
    above = target[:, None] > target[None, :]
    if not above.any():
        return huber(predicted, target)
    lead = predicted[:, None] - predicted[None, :]
    return huber(predicted, target) + RANK_WEIGHT * F.softplus(-lead[above]).mean()


def relative_error(scaling: TargetScaling, predicted: Predicted, target: Target) -> Scalar:
    """|predicted - reference| / reference, in the quantity behind the target.

    Where that is a logarithm, a prediction above e times the reference goes on along the tangent: the exponential of
    an untrained network's error would be the only thing that trains it.
    """
    if not scaling.kind.startswith("log"):
        quantity = target * scaling.sd + scaling.mean
        return ((predicted - target) * scaling.sd / quantity).abs().mean()
    log_ratio = (predicted - target) * scaling.sd
    near = torch.expm1(log_ratio.clamp(max=1)).abs()
    return torch.where(log_ratio < 1, near, math.e * log_ratio - 1).mean()


def gaussian_nll(predicted: Predicted, spread: Spread, target: Target) -> Scalar:
    """Negative log-likelihood of a normal distribution whose log-variance is told too (Nix & Weigend 1994)."""
    return F.gaussian_nll_loss(predicted, target, spread[..., 0].clamp(-8, 8).exp())


def pinball(predicted: Predicted, spread: Spread, target: Target) -> Scalar:
    """Quantile loss (Koenker & Bassett 1978) of the median and of what lies `spread` below and above it.

    Both distances go through a softplus, so that quantiles never cross.
    """
    below, above = F.softplus(spread).unbind(-1)
    told = torch.stack([predicted - below, predicted, predicted + above])
    levels = torch.tensor(QUANTILES, dtype=told.dtype, device=told.device)[:, None, None]
    error = target - told
    return torch.maximum(levels * error, (levels - 1) * error).mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "huber": huber,
    "l1": F.l1_loss,
    "mse": F.mse_loss,
    "log_cosh": log_cosh,
    "ranked_huber": ranked_huber,
}
"""Of a number a scan."""

SPREAD_LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "gaussian_nll": gaussian_nll,
    "quantile": pinball,
}
"""Of a number a scan with its spread, which `model.head` tells."""


def choose_loss(name: str, scaling: TargetScaling) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of a number a scan; for a network that tells the spread too, Huber judges whatever has none."""
    if name == "relative":
        return partial(relative_error, scaling)
    return LOSSES["huber" if name in SPREAD_LOSSES else name]


def observation_loss(name: str, scaling: TargetScaling) -> ObservationLoss:
    """The loss `training.loss` on what a network tells, and its spread where the loss is about that too."""
    of_number = choose_loss(name, scaling)

    def loss(seen: Observation, target: Tensor) -> Tensor:
        if name in SPREAD_LOSSES:
            assert seen.spread is not None  # the configuration has seen to it
            return SPREAD_LOSSES[name](seen.regressed, seen.spread, target)
        return of_number(seen.regressed, target)

    return loss
