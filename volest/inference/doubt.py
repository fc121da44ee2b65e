"""What a network tells of its own doubt about a scan, beside the volume."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import torch.nn.functional as F
from torch import Tensor

from volest.models.observation import Observation
from volest.records.model import ModelRecord

TOLD = ("members", "head", "drawing")
"""Sources of doubt that are asked of the network."""

VIEWS = "views"
"""One more: the SD of what it says of a scan that is moved a little."""

NORMAL_95 = 1.6449
"""The 95% quantile of a normal distribution, in its SD: what a head of quantiles tells becomes an SD by it."""


def mean_doubts(distances: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Geometric mean of each doubt over the folds, as `distances_of` has them."""
    sources = [source for source in (VIEWS, *TOLD) if source in distances[0]]
    return {source: math.exp(fmean(math.log(of_fold[source]) for of_fold in distances)) for source in sources}


def doubts(seen: Observation, record: ModelRecord) -> dict[str, float]:
    """Shares of the volume by source, as far as the network has any: a plain one tells its volume and nothing else.

    - `members`: SD of networks trained side by side (Lakshminarayanan et al., NeurIPS 2017).
    - `head`: SD that the head tells with the volume (Nix & Weigend 1994), or half its 90% range in SD.
    - `drawing`: difference between the volume that is drawn and the one that is regressed.

    Args:
        seen: of one scan, by the network of one fold.
        record: how the network is used.
    """
    share = record.target.share_of_volume
    told = float(seen.prediction)
    return {source: share(told, float(sd)) for source, sd in _standardised(seen, record.model.head).items()}


def _standardised(seen: Observation, head: str) -> dict[str, Tensor]:
    """In the unit of the target, of one scan."""
    found = {}
    if seen.regressed.shape[1] > 1:
        found["members"] = seen.regressed.std()
    if seen.drawn is not None:
        found["drawing"] = (seen.drawn - seen.regressed).mean().abs()
    if seen.spread is not None and head == "gaussian":
        found["head"] = (seen.spread / 2).exp().mean()
    elif seen.spread is not None:
        found["head"] = F.softplus(seen.spread).mean() / NORMAL_95
    return found
