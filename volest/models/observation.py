"""What a network says of a batch while it learns."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Observation(NamedTuple):
    """Every way in which the network tells the volume; a prediction weighs them, and each has its own loss.

    A loss on their mean would let one way make up for another's error.

    Attributes:
        regressed: in the unit of the target, by each network.
        drawn: likewise, the volume of the map that each network draws; None where none does.
        occupancy: logits of these maps: of the share of each coarse voxel that lies inside the structure.
        spread: what else the head of each network tells of where the target may lie; None where it tells a number.
        drawn_share: weight of `drawn` in the prediction, against `regressed`.
    """

    regressed: Float[Tensor, "batch network"]
    drawn: Float[Tensor, "batch network"] | None = None
    occupancy: Float[Tensor, "batch network i j k"] | None = None
    spread: Float[Tensor, "batch network parameter"] | None = None
    drawn_share: float = 0.0

    @property
    def prediction(self) -> Float[Tensor, " batch"]:
        """Of all networks on average, in the unit of the target."""
        regressed = self.regressed.mean(dim=1)
        if self.drawn is None:
            return regressed
        return (1 - self.drawn_share) * regressed + self.drawn_share * self.drawn.mean(dim=1)

    @staticmethod
    def beside(observations: "list[Observation]") -> "Observation":
        """Those of several networks of one kind as one."""
        regressed, drawn, occupancy, spread, shares = zip(*observations, strict=True)
        return Observation(torch.cat(regressed, 1), _joined(drawn), _joined(occupancy), _joined(spread), shares[0])


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    present = [part for part in parts if part is not None]
    return torch.cat(present, 1) if present else None
