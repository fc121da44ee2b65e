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
from jaxtyping import Bool, Float
from scipy import fft, ndimage

Voxels = Float[np.ndarray, "n n n"]

DARKEST = 0.02
"""Of a thumbnail in [0, 1]: below it lies what was not scanned."""

BAND_VOXELS = (0.6, 2.0)
"""Standard deviations of the two Gaussians whose difference is the texture."""

CONTRAST_VOXELS = 2.5
"""Standard deviation of the neighbourhood whose contrast becomes 1, so that a bright wall does not decide alone."""

FAINTEST = 0.03
"""Contrast, in a thumbnail in [0, 1], that is taken for noise."""

ZOOMS = (1.0, 1.1, 1.2)
"""Zooms of either scan that the first stage tries; a zoom between two of them is found by its neighbours."""

FREQUENCIES = 6
"""Highest frequency, in periods over the raster, that the first stage looks at."""

PARTNERS = 4
"""Scans that the first stage proposes for each scan."""

LEAST_ALIKE = 0.4
"""Correlation of two spectra below which no pair is proposed. Of copies of transrectal scans, one in 50 falls to 0.44,
the others reach 0.57; scans of different patients reach 0.27 in one pair of 100."""

FARTHEST = 4
"""Voxels of the thumbnail, a sixth of the raster, by which a copy may be shifted."""

LEAST_OVERLAP = 0.4
"""Of the larger fan, what both must share."""

_PADDED = 32
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
    target = _Texture.of(thumbnails[fixed])

    def agreement(zoom: float, mirrored: tuple[int, ...]) -> float:
        return target.correlation(_Texture.of(np.flip(zoomed(thumbnails[moving], zoom), mirrored)))

    reached, mirrored = max((agreement(zoom, axes), axes) for axes in mirrors)
    for step in _STEPS:
        if reached < _HOPELESS:
            break
        found = max((agreement(near, mirrored), near) for near in (zoom - step, zoom + step))
        if found[0] > reached:
            reached, zoom = found
    return Likeness(moving, fixed, reached, zoom, mirrored)


def zoomed(thumbnail: Voxels, zoom: float) -> Voxels:
    """Enlarge the middle of a thumbnail; what is pushed out is cut off."""
    if zoom == 1:
        return thumbnail
    centre = (np.array(thumbnail.shape) - 1) / 2
    return ndimage.affine_transform(thumbnail, np.eye(3) / zoom, offset=centre - centre / zoom, order=1)


@dataclass(frozen=True)
class _Texture:
    """Transforms of a band-passed thumbnail, of its square, and of its fan."""

    value: np.ndarray
    square: np.ndarray
    fan: np.ndarray
    fan_voxels: float

    @classmethod
    def of(cls, thumbnail: Voxels) -> "_Texture":
        texture, fan = _band_passed(thumbnail)
        padded = (_PADDED,) * 3
        value, square, inside = fft.rfftn(
            np.stack([texture, texture**2, fan.astype(np.float32)]), padded, axes=(1, 2, 3)
        )
        return cls(value, square, inside, float(fan.sum()))

    def correlation(self, other: "_Texture") -> float:
        """Highest normalised correlation over shifts up to `FARTHEST` voxels; -1 where the fans never overlap."""
        product, energy, others_energy, overlap = _near_shifts(
            np.stack(
                [
                    self.value * other.value.conj(),
                    self.square * other.fan.conj(),
                    self.fan * other.square.conj(),
                    self.fan * other.fan.conj(),
                ]
            )
        )
        enough = overlap > max(LEAST_OVERLAP * max(self.fan_voxels, other.fan_voxels), 1.0)
        if not enough.any():
            return -1.0
        normalised = product / np.sqrt(np.maximum(energy * others_energy, 1e-12))
        return _peak(np.where(enough, normalised, -1.0))


def _peak(correlation: Voxels) -> float:
    """Height of the highest peak between whole voxels: a parabola through it and its neighbours along each axis."""
    order = np.argsort(np.r_[0 : FARTHEST + 1, -FARTHEST:0])
    field = correlation[np.ix_(order, order, order)]
    top = np.unravel_index(int(field.argmax()), field.shape)
    height = float(field[top])
    gain = 0.0
    for axis, place in enumerate(top):
        if 0 < place < field.shape[axis] - 1:
            before, after = (float(field[(*top[:axis], place + step, *top[axis + 1 :])]) for step in (-1, 1))
            if min(before, after) > -1 and (bend := 2 * height - before - after) > 0:
                gain += (before - after) ** 2 / (8 * bend)
    return min(height + gain, 1.0)


def _near_shifts(transforms: np.ndarray) -> Float[np.ndarray, "fields n n n"]:
    """Back to space, shifts up to `FARTHEST` along each axis alone: axis by axis, so that no other one is computed."""
    near = np.r_[0 : FARTHEST + 1, _PADDED - FARTHEST : _PADDED]
    partial = fft.ifft(transforms, axis=1)[:, near]
    partial = fft.ifft(partial, axis=2)[:, :, near]
    return fft.irfft(partial, _PADDED, axis=3)[..., near]


def _band_passed(thumbnail: Voxels) -> tuple[Voxels, Bool[np.ndarray, "n n n"]]:
    """Texture inside the fan, blurred within it alone so that its edge leaves no trace; and the fan inside its edge."""
    fan = ndimage.uniform_filter((thumbnail > DARKEST).astype(np.float32), 3) > 0.5
    weight = fan.astype(np.float32)
    fine, coarse = (
        ndimage.gaussian_filter(thumbnail * weight, sd) / np.maximum(ndimage.gaussian_filter(weight, sd), 1e-3)
        for sd in BAND_VOXELS
    )
    inner = ndimage.binary_erosion(fan, border_value=1)
    texture = (fine - coarse) * inner
    weight = inner.astype(np.float32)
    power, share = (ndimage.gaussian_filter(field, CONTRAST_VOXELS) for field in (texture**2, weight))
    texture /= np.sqrt(power / np.maximum(share, 1e-3) + FAINTEST**2)
    return texture.astype(np.float32), inner


def _spectra(thumbnail: Voxels) -> tuple[np.ndarray, ...]:
    """At each of the zooms."""
    return tuple(_spectrum(zoomed(thumbnail, zoom)) for zoom in ZOOMS)


def _spectrum(thumbnail: Voxels) -> np.ndarray:
    """Square root of the magnitudes of the low frequencies: the root keeps a few of them from deciding alone."""
    size = thumbnail.shape[0]
    taper = np.hanning(size + 2)[1:-1]
    texture, _ = _band_passed(thumbnail)
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
