"""L1 and L2 on the weights of convolutions, as strong as the data ask for."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)


@dataclass(frozen=True)
class WeightPenalty:
    """lambda_1 * sum |w| + lambda_2 * sum w^2 over the convolutions of a network.

    Attributes:
        strength_1: lambda_1, in units of the loss.
        strength_2: lambda_2.
    """

    weights: tuple[Tensor, ...]
    strength_1: float
    strength_2: float

    @staticmethod
    def fitted(network: nn.Module, rho_1: float, rho_2: float, loss_of_mean: float) -> "WeightPenalty":
        """Strengths for which each penalty is, at these weights, `rho` times the loss of predicting the mean.

        So rho means the same for any network, loss and data: lambda = rho * loss of the mean predictor / penalty.
        """
        weights = tuple(module.weight for module in network.modules() if isinstance(module, _CONVOLUTIONS))
        penalty = WeightPenalty(weights, 1.0, 1.0)
        return WeightPenalty(
            weights,
            rho_1 * loss_of_mean / float(penalty._absolute().detach()) if rho_1 else 0.0,
            rho_2 * loss_of_mean / float(penalty._squared().detach()) if rho_2 else 0.0,
        )

    def __call__(self) -> Float[Tensor, ""]:
        """The penalty now."""
        parts = []
        if self.strength_1:
            parts.append(self.strength_1 * self._absolute())
        if self.strength_2:
            parts.append(self.strength_2 * self._squared())
        return torch.stack(parts).sum()

    def __bool__(self) -> bool:
        """Whether there is anything to add."""
        return self.strength_1 > 0 or self.strength_2 > 0

    def _absolute(self) -> Tensor:
        return torch.stack([weight.abs().sum() for weight in self.weights]).sum()

    def _squared(self) -> Tensor:
        return torch.stack([weight.square().sum() for weight in self.weights]).sum()
