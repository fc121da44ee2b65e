"""A latent space in the plane: its scans coloured by volume, by patient, and by any category."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np
from jaxtyping import Bool, Float

from volest.evaluation.latents.projection import Projection
from volest.records.latents import FoldLatents
from volest.report.plots.plot import Axis, Line, Mark, Plot, Points

SHADES = 5
"""Equal parts of the scans by volume, from light to dark."""

HUES = 12
"""Colours before they repeat."""

HELD = "held"
HELD_KEY = (f"dot {HELD} empty", "ringed: held out, the network has never seen them")

Keys = tuple[tuple[str, str], ...]


def latent_plots(
    projection: Projection,
    latents: FoldLatents,
    volume_ml: Mapping[str, float],
    columns: Mapping[str, Mapping[str, str]],
) -> list[Plot]:
    """One figure for each colouring.

    Args:
        projection: of the latents.
        latents: of one fold.
        volume_ml: reference of each scan, by scan_id.
        columns: categories: the value of each scan that has one.
    """
    space = _Space(projection, latents)
    return [
        _by_volume(space, np.array([volume_ml[scan_id] for scan_id in latents.scan_ids])),
        _by_patient(space),
        *(_by_category(space, name, value_of_scan) for name, value_of_scan in columns.items()),
    ]


class _Space:
    """The points and what all figures of them share."""

    def __init__(self, projection: Projection, latents: FoldLatents) -> None:
        self.projection, self.latents = projection, latents

    def plot(self, colouring: str, told: str, looks: Sequence[str], lines: Sequence[Mark], keys: Keys) -> Plot:
        x, y = self.projection.points.T
        scans, held_out = len(x), int(self.latents.held_out.sum())
        method, fold = self.projection.name, self.latents.fold
        return Plot(
            name=f"latents_{method.lower()}_by_{colouring}",
            title=f"Latents of fold {fold} by {colouring}, {method}",
            message=f"{scans} scans in the latent space of fold {fold} ({method}, fitted on its training scans), "
            f"{held_out} of them held out. {told}",
            x=Axis.over(self.projection.axes[0], x),
            y=Axis.over(self.projection.axes[1], y),
            marks=(*lines, *dots(self.projection.points, self.latents.held_out, looks)),
            keys=(*keys, HELD_KEY),
        )


def dots(
    points: Float[np.ndarray, "scan 2"], held_out: Bool[np.ndarray, " scan"], looks: Sequence[str]
) -> Iterator[Points]:
    """Held-out scans last, so that none is covered by one that the network knows."""
    places = sorted(range(len(looks)), key=lambda n: (held_out[n], looks[n]))
    for (is_held_out, look), group in groupby(places, key=lambda n: (bool(held_out[n]), looks[n])):
        own: Float[np.ndarray, "dot 2"] = points[list(group)]
        shown = f"{look} {HELD}" if is_held_out else look
        yield Points(own[:, 0].tolist(), own[:, 1].tolist(), shown)


def _by_volume(space: _Space, volume_ml: Float[np.ndarray, " scan"]) -> Plot:
    looks, keys, told = fifths(volume_ml)
    return space.plot("volume", told, looks, (), keys)


def fifths(volume_ml: Float[np.ndarray, " scan"]) -> tuple[list[str], Keys, str]:
    """Look of each scan by its volume, what the looks mean, and the same as a sentence."""
    edges = np.quantile(volume_ml, np.linspace(0, 1, SHADES + 1))
    shade = np.clip(np.searchsorted(edges, volume_ml, side="right") - 1, 0, SHADES - 1)
    ends = enumerate(pairwise(edges.tolist()))
    keys = tuple((f"dot shade-{n}", f"{low:.3g} to {high:.3g} mL") for n, (low, high) in ends)
    told = f"Colours are fifths of the scans by volume, {edges[0]:.3g} to {edges[-1]:.3g} mL, light to dark."
    return [f"shade-{n}" for n in shade], keys, told


def _by_patient(space: _Space) -> Plot:
    places: dict[str, list[int]] = {}
    for place, patient in enumerate(space.latents.patient_ids):
        places.setdefault(patient, []).append(place)
    several = [patient for patient, own in places.items() if len(own) > 1]
    hue = {patient: f"hue-{n % HUES}" for n, patient in enumerate(several)}
    looks = [hue.get(patient, "single") for patient in space.latents.patient_ids]
    points = space.projection.points
    lines = [Line(points[places[p], 0].tolist(), points[places[p], 1].tolist(), f"join {hue[p]}") for p in several]
    told = f"Scans of one patient are joined ({len(several)} patients have several); colours repeat after {HUES}."
    keys = (("join", "scans of one patient"), ("dot single", "the patient's only scan"))
    return space.plot("patient", told, looks, lines, keys)


def _by_category(space: _Space, column: str, value_of_scan: Mapping[str, str]) -> Plot:
    values = sorted({value_of_scan[s] for s in space.latents.scan_ids if s in value_of_scan})
    hue = {value: f"hue-{n % HUES}" for n, value in enumerate(values)}
    looks = [hue[value_of_scan[s]] if s in value_of_scan else "single" for s in space.latents.scan_ids]
    keys = tuple((f"dot {hue[value]}", value) for value in values)
    return space.plot(column, f"Colours are values of {column}.", looks, (), keys)
