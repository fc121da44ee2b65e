"""How alike two scans look, whichever way one was mirrored, zoomed or cropped.

Grey levels of ultrasound are alike everywhere: bright near the probe, black outside the fan. What tells one scan from
another is its texture, so thumbnails are band-passed and compared inside the fan alone. The search has two stages:
magnitudes of the Fourier transform, which do not depend on the position, propose a few partners for each scan with the
zoom and mirror that fit best; normalised cross-correlation over the overlap of both fans (Padfield 2012, "Masked object
registration in the Fourier domain", eq. 5, its means left out after the band-pass) decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import fft

from volest.audit.texture import Texture, Voxels, band_passed, zoomed

ZOOMS = (1.0, 1.1, 1.2)
"""Zooms of either scan that the first stage tries; a zoom between two of them is found by its neighbours."""

FREQUENCIES = 6
"""Highest frequency, in periods over the raster, that the first stage looks at."""

PARTNERS = 4
"""Scans that the first stage proposes for each scan."""

LEAST_ALIKE = 0.4
"""Correlation of two spectra below which no pair is proposed. Of copies of transrectal scans, one in 50 falls to 0.44,
the others reach 0.57; scans of different patients reach 0.27 in one pair of 100."""

_STEPS = (0.06, 0.03, 0.015)
"""Changes of the zoom by which the second stage climbs."""

_HOPELESS = 0.5
"""Correlation at the start of a climb from which no copy is reached."""


@dataclass(frozen=True)
class Likeness:
    """How well two scans agree where they agree best.

    Attributes:
        first, second: places of the scans in the sequence that was given.
        correlation: of the textures, over the overlap of both fans.
        zoom: of the first scan, that makes it most like the second.
        mirrored: axes of the first scan that had to be flipped for that.
    """

    first: int
    second: int
    correlation: float
    zoom: float
    mirrored: tuple[int, ...]


def likenesses(thumbnails: Sequence[Voxels], sides: Sequence[bool] | None = None) -> Iterator[Likeness]:
    """Compare the pairs that look alike at all, each once; others are left out.

    Args:
        thumbnails: of the scans.
        sides: of each scan; only scans of different sides are then paired, so that a crowd of copies on one side hides
            none of them from the other.
    """
    for first, second, zoom, mirrored in _proposals(thumbnails, sides):
        yield _best(first, second, thumbnails, zoom, mirrored)


def _proposals(
    thumbnails: Sequence[Voxels], sides: Sequence[bool] | None
) -> list[tuple[int, int, float, tuple[int, ...]]]:
    """Pairs with the zoom of the first and the mirrored axes, up to a mirror of all three, which magnitudes hide."""
    if len(thumbnails) < 2:
        return []
    spectra = list(zip(*map(_spectra, thumbnails), strict=True))
    typical = np.mean(spectra[0], axis=0) + 1e-9
    plain = _normalised([spectrum / typical for spectrum in spectra[0]])
    best = np.full((len(thumbnails),) * 2, -1.0, np.float32)
    pose = np.zeros(best.shape, int)
    poses = [(level, mirrored) for level in range(len(ZOOMS)) for mirrored in ((), (0,), (1,), (0, 1))]
    for number, (level, mirrored) in enumerate(poses):
        turned = _normalised([_mirrored_spectrum(spectrum / typical, mirrored) for spectrum in spectra[level]])
        alike = turned @ plain.T
        better = alike > best
        best[better], pose[better] = alike[better], number
    np.fill_diagonal(best, -1)
    if sides is not None:
        best[np.equal.outer(sides, sides)] = -1
    found: dict[frozenset[int], tuple[int, int]] = {}
    for scan, row in enumerate(np.maximum(best, best.T)):
        for other in np.argsort(-row)[:PARTNERS].tolist():
            if row[other] >= LEAST_ALIKE:
                pair = (scan, other) if best[scan, other] >= best[other, scan] else (other, scan)
                found[frozenset(pair)] = pair
    return [(a, b, ZOOMS[poses[pose[a, b]][0]], poses[pose[a, b]][1]) for a, b in sorted(found.values())]


def _best(first: int, second: int, thumbnails: Sequence[Voxels], zoom: float, mirrored: tuple[int, ...]) -> Likeness:
    """Climb from a proposal to the zoom at which the textures agree best.

    A copy was made from its original by one interpolation, so that it is the original that must be zoomed: either the
    first scan is enlarged or the second shrunk, whichever agrees better in the end.
    """
    opposite = tuple(axis for axis in range(3) if axis not in mirrored)
    ways = [(first, second, zoom), (second, first, 1 / zoom)][: 1 if zoom == 1 else 2]
    return max(
        (_climb(moving, fixed, thumbnails, start, (mirrored, opposite)) for moving, fixed, start in ways),
        key=lambda likeness: likeness.correlation,
    )


def _climb(
    moving: int, fixed: int, thumbnails: Sequence[Voxels], zoom: float, mirrors: Sequence[tuple[int, ...]]
) -> Likeness:
    """The zoom near `zoom`, and the one of several mirrors, at which two scans agree best."""
    target = Texture.of(thumbnails[fixed])

    def agreement(zoom: float, mirrored: tuple[int, ...]) -> float:
        return target.correlation(Texture.of(np.flip(zoomed(thumbnails[moving], zoom), mirrored)))

    reached, mirrored = max((agreement(zoom, axes), axes) for axes in mirrors)
    for step in _STEPS:
        if reached < _HOPELESS:
            break
        found = max((agreement(near, mirrored), near) for near in (zoom - step, zoom + step))
        if found[0] > reached:
            reached, zoom = found
    return Likeness(moving, fixed, reached, zoom, mirrored)


def _spectra(thumbnail: Voxels) -> tuple[np.ndarray, ...]:
    """At each of the zooms."""
    return tuple(_spectrum(zoomed(thumbnail, zoom)) for zoom in ZOOMS)


def _spectrum(thumbnail: Voxels) -> np.ndarray:
    """Square root of the magnitudes of the low frequencies: the root keeps a few of them from deciding alone."""
    size = thumbnail.shape[0]
    taper = np.hanning(size + 2)[1:-1]
    texture, _ = band_passed(thumbnail)
    magnitude = np.abs(fft.fftn(texture * taper[:, None, None] * taper[:, None] * taper))
    low = np.r_[0 : FREQUENCIES + 1, size - FREQUENCIES : size]
    return np.sqrt(magnitude[np.ix_(low, low, np.arange(FREQUENCIES + 1))])


def _mirrored_spectrum(spectrum: np.ndarray, mirrored: tuple[int, ...]) -> np.ndarray:
    """Spectrum of the mirrored thumbnail: positive and negative frequencies change places."""
    swapped = np.r_[0, np.arange(2 * FREQUENCIES, 0, -1)]
    for axis in mirrored:
        spectrum = spectrum.take(swapped, axis=axis)
    return spectrum


def _normalised(spectra: Sequence[np.ndarray]) -> Float[np.ndarray, "n f"]:
    rows = np.stack([spectrum.ravel() for spectrum in spectra]).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
