"""Scans that a network takes for alike."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from volest.errors import RunError
from volest.evaluation.latents.space import squared_distances, standardised
from volest.records.latents import FoldLatents

NEIGHBOURS = 5


@dataclass(frozen=True)
class Neighbour:
    """A scan near the one asked about.

    Attributes:
        distance: in SDs of a feature over the training scans, root mean square over the features.
        held_out: whether the network was not trained on it.
    """

    scan_id: str
    patient_id: str
    distance: float
    held_out: bool


@dataclass(frozen=True)
class Neighbourhood:
    """The nearest scans of one scan, the nearest first, in the space of the fold that held it out."""

    scan_id: str
    patient_id: str
    fold: int
    nearest: tuple[Neighbour, ...]


def neighbourhood(scan_id: str, latents: Sequence[FoldLatents], count: int = NEIGHBOURS) -> Neighbourhood:
    """The `count` nearest scans of a scan, training scans among them.

    Raises:
        RunError: no fold has held out a scan of this name.
    """
    space = _space_of(scan_id, latents)
    place = space.scan_ids.index(scan_id)
    features = standardised(space)
    squares = squared_distances(features[place : place + 1], features)[0] / features.shape[1]
    order = [other for other in np.argsort(squares, kind="stable") if other != place][:count]
    nearest = [
        Neighbour(space.scan_ids[n], space.patient_ids[n], float(np.sqrt(squares[n])), bool(space.held_out[n]))
        for n in order
    ]
    return Neighbourhood(scan_id, space.patient_ids[place], space.fold, tuple(nearest))


def require_scan(scan_id: str, known: Sequence[str]) -> None:
    """Raise RunError unless `scan_id` is one of the held-out scans that are `known`."""
    if scan_id in known:
        return
    near = difflib.get_close_matches(scan_id, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known[:3])} and others."
    raise RunError(
        f"--nearest {scan_id}: no finished fold has held out a scan of this name; {hint} Give a scan_id of the run's "
        "manifest.csv."
    )


def _space_of(scan_id: str, latents: Sequence[FoldLatents]) -> FoldLatents:
    held_out = {
        name: part
        for part in latents
        for name, is_held_out in zip(part.scan_ids, part.held_out, strict=True)
        if is_held_out
    }
    require_scan(scan_id, list(held_out))
    return held_out[scan_id]
