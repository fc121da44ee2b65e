"""Everything about a scan that tells whether a network has seen its like, and how much of it needs what."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import torch
from torch import nn

from volest.errors import RunError
from volest.geometry import AXES
from volest.inference.appearance import Trait, appearance
from volest.inference.distance import TraitDistance
from volest.inference.doubt import TOLD, VIEWS, doubts
from volest.inference.drawn import DRAWN_BORDER, drawn_traits
from volest.inference.gaze import BORDER, gaze
from volest.models.deep_ensemble import Network
from volest.preprocessing.intensity import Voxels, standardise
from volest.records.model import ModelRecord

OF_ITSELF = (BORDER, DRAWN_BORDER, *TOLD)
"""Traits of one number that needs no training scans to say how far it goes."""

ANEW = "Train the fold again with `volest train --fold K --restart`, or take the version that trained it."

LEAST, MOST = 1e-3, 1e6
"""Of a distance, and of a relative change of the volume: smaller ones say nothing, and have no useful logarithm; the
largest one stands too for what is no number, as of a network whose estimate is none."""


def traits_of(
    network: nn.Module, record: ModelRecord, voxels: Voxels, spacing_mm: Sequence[float], fov_ml: float
) -> dict[str, Trait]:
    """Traits of a scan, by name, as numbers of which only training scans say what is usual.

    Args:
        network: of one fold.
        record: how it is used.
        voxels: (i, j, k) of the scan on its grid, in [0, 1].
        spacing_mm: of the raster as acquired, along i, j, k.
        fov_ml: of the raster as acquired.
    """
    flip = record.moved_by.flip
    mirrored = [AXES.index(axis) for axis in flip.axes] if record.moved_by.enabled and flip.probability > 0 else []
    looks = {**appearance(voxels, spacing_mm, fov_ml, mirrored), **gaze(network, voxels)}
    return {**looks, **_told(network, record, voxels)}


def _told(network: nn.Module, record: ModelRecord, voxels: Voxels) -> dict[str, Trait]:
    """What a network says beside the volume; a plain one, which says nothing else, is not asked."""
    model = record.model
    if model.members == 1 and model.head == "point" and not model.mask_head:
        return {}
    batch = torch.from_numpy(standardise(voxels))[None, None].contiguous(memory_format=torch.channels_last_3d)
    with torch.inference_mode():
        seen = cast(Network, network).observe(batch)
    told = {source: np.array([share]) for source, share in doubts(seen, record).items()}
    if seen.occupancy is None:
        return told
    return {**told, **drawn_traits(seen.occupancy[0].sigmoid().mean(dim=0).numpy(), voxels)}


def distances_of(
    traits: Mapping[str, Trait], usual: Mapping[str, TraitDistance], views_ml: Sequence[float]
) -> dict[str, float]:
    """How far a scan lies from the training scans of a fold, by trait; some traits speak for themselves.

    These are the spread of its views, the shares of the evidence and of the drawn structure that lie at its border, and
    what the network tells of its doubt.

    Raises:
        RunError: `usual` is of other traits than those of the scan.
    """
    for name, distance in usual.items():
        if name not in traits or len(traits[name]) != distance.size:
            raise RunError(
                f"reference.safetensors of a fold holds {name!r} as this version does not measure it. {ANEW}"
            )
    distances = {name: distance(traits[name]) for name, distance in usual.items()}
    with np.errstate(
        invalid="ignore", over="ignore"
    ):  # of infinite volumes it is no number, which is bounded like others
        spread = float(np.std(views_ml)) / max(abs(float(np.mean(views_ml))), 1e-9)
    of_itself = {VIEWS: spread, **{name: float(traits[name][0]) for name in OF_ITSELF if name in traits}}
    return {name: _bounded(far) for name, far in {**distances, **of_itself}.items()}


def _bounded(far: float) -> float:
    return min(max(far, LEAST), MOST) if math.isfinite(far) else MOST
