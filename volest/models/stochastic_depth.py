"""Residual branches left out at random."""

from torch import Tensor, nn
from torchvision.ops import stochastic_depth


class SkippedBranch:
    """A forward hook on the last layer of a residual branch: for a scan now and then the branch adds nothing.

    A hook has no weights and no name, so that weights fit networks with and without it. Branches that are kept are
    scaled up, and evaluation keeps all (Huang et al., Deep Networks with Stochastic Depth, 2016).
    """

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """The output of the branch, or zero, scan by scan."""
        return stochastic_depth(output, self.probability, "row", training=layer.training)


def skip_branches(last_layers: list[nn.Module], probability: float) -> None:
    """Leave out the last of these branches with `probability`, the earlier ones linearly less often."""
    for place, layer in enumerate(last_layers, start=1):
        layer.register_forward_hook(SkippedBranch(probability * place / len(last_layers)))
