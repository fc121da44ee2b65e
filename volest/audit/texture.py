"""The texture of a thumbnail: what is left of it when brightness and fan are taken away, and how two of them agree."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy import fft, ndimage

Voxels = Float[np.ndarray, "n n n"]
AxisMap = Float32[np.ndarray, "n n"]

DARKEST = 0.02
"""Of a thumbnail in [0, 1]: below it lies what was not scanned."""

BAND_VOXELS = (0.6, 2.0)
"""Standard deviations of the two Gaussians whose difference is the texture."""

CONTRAST_VOXELS = 2.5
"""Standard deviation of the neighbourhood whose contrast becomes 1, so that a bright wall does not decide alone."""

FAINTEST = 0.03
"""Contrast, in a thumbnail in [0, 1], that is taken for noise."""

FARTHEST = 4
"""Voxels of the thumbnail, a sixth of the raster, by which a copy may be shifted."""

LEAST_OVERLAP = 0.4
"""Of the larger fan, what both must share."""

_PADDED = 32


@dataclass(frozen=True)
class Texture:
    """Transforms of a band-passed thumbnail, of its square, and of its fan."""

    value: np.ndarray
    square: np.ndarray
    fan: np.ndarray
    fan_voxels: float

    @classmethod
    def of(cls, thumbnail: Voxels) -> "Texture":
        """That of a thumbnail in [0, 1]."""
        texture, fan = band_passed(thumbnail)
        padded = (_PADDED,) * 3
        value, square, inside = fft.rfftn(
            np.stack([texture, texture**2, fan.astype(np.float32)]), padded, axes=(1, 2, 3)
        )
        return cls(value, square, inside, float(fan.sum()))

    def correlation(self, other: "Texture") -> float:
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


def zoomed(thumbnail: Voxels, zoom: float) -> Voxels:
    """Enlarge the middle of a thumbnail; what is pushed out is cut off."""
    return thumbnail if zoom == 1 else _along_axes(thumbnail, _zoom(len(thumbnail), zoom))


def band_passed(thumbnail: Voxels) -> tuple[Voxels, Bool[np.ndarray, "n n n"]]:
    """Texture inside the fan, blurred within it alone so that its edge leaves no trace; and the fan inside its edge."""
    fan = ndimage.uniform_filter((thumbnail > DARKEST).astype(np.float32), 3) > 0.5
    weight = fan.astype(np.float32)
    fine, coarse = (_blurred(thumbnail * weight, sd) / np.maximum(_blurred(weight, sd), 1e-3) for sd in BAND_VOXELS)
    inner = ndimage.binary_erosion(fan, border_value=1)
    texture = (fine - coarse) * inner
    weight = inner.astype(np.float32)
    power, share = (_blurred(field, CONTRAST_VOXELS) for field in (texture**2, weight))
    texture /= np.sqrt(power / np.maximum(share, 1e-3) + FAINTEST**2)
    return texture.astype(np.float32), inner


def _blurred(field: Voxels, sd_voxels: float) -> Voxels:
    return _along_axes(field, _gaussian(len(field), sd_voxels))


def _along_axes(field: Voxels, matrix: AxisMap) -> Voxels:
    """A linear map along each axis: on thumbnails a product of matrices takes a fraction of scipy's time."""
    for _ in range(3):
        field = np.tensordot(field, matrix, (0, 1))  # the axis goes to the end, and the next one comes first
    return field


@lru_cache
def _gaussian(n: int, sd_voxels: float) -> AxisMap:
    return ndimage.gaussian_filter1d(np.eye(n, dtype=np.float32), sd_voxels, axis=0)


@lru_cache
def _zoom(n: int, zoom: float) -> AxisMap:
    """Linear interpolation about the middle; 0 beyond the outermost voxels."""
    middle = (n - 1) / 2
    places = (np.arange(n) - middle) / zoom + middle
    matrix = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(n)))
    return (matrix * ((places >= 0) & (places <= n - 1))[:, None]).astype(np.float32)
