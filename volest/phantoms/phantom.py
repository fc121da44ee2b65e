"""One raster: from scatterers to grey levels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

from volest import geometry
from volest.geometry import Shape
from volest.images.image import Image
from volest.phantoms.sector import ScanLines, Sector
from volest.phantoms.speckle import Beam, scatter
from volest.phantoms.structure import Structure
from volest.phantoms.tissue import Surroundings

MID_GREY = 0.42
"""Grey, as a fraction of white, of average tissue at a gain of 0 dB."""


@dataclass(frozen=True)
class Receiver:
    """How echoes become grey levels.

    Attributes:
        attenuation_db_per_cm: of tissue, there and back.
        compensation: fraction of the attenuation that the time-gain compensation undoes.
        noise_db: of the electronics, relative to tissue at the face of the probe; amplified with depth like the echoes.
        gain_db: overall.
        dynamic_range_db: from black to white.
    """

    attenuation_db_per_cm: float
    compensation: float
    noise_db: float
    gain_db: float
    dynamic_range_db: float


@dataclass(frozen=True)
class PhantomParameters:
    """All that distinguishes one phantom from another, but for the noise.

    Attributes:
        shape: voxels of the raster along i, j, k.
        spacing_mm: of the raster, which is centred at the origin.
        samples: echoes along range, lateral and elevation angle.
    """

    shape: Shape
    spacing_mm: tuple[float, float, float]
    samples: Shape
    sector: Sector
    beam: Beam
    structure: Structure
    surroundings: Surroundings
    receiver: Receiver

    @property
    def volume_ml(self) -> float:
        """The truth, from the formula of the shape."""
        return self.structure.shape.volume_ml


@dataclass(frozen=True)
class Phantom:
    """A raster and the truth about it.

    Attributes:
        mask: 1 where the centre of a voxel lies inside the structure.
        volume_ml: analytic, not counted.
    """

    image: Image
    mask: UInt8[np.ndarray, "i j k"]
    volume_ml: float


def make_phantom(parameters: PhantomParameters, rng: np.random.Generator) -> Phantom:
    """Scan one structure: echoes along scan lines, compressed to grey levels, then converted to a raster."""
    affine = geometry.centred_affine(parameters.shape, parameters.spacing_mm)
    points_mm = _voxel_centres_mm(affine, parameters.shape)
    lines = ScanLines(parameters.sector, parameters.samples)
    voxels = _scan_convert(_grey_levels(_echoes_db(parameters, lines, rng), parameters.receiver), lines, points_mm)
    mask = parameters.structure.contains(points_mm).astype(np.uint8)
    return Phantom(Image(voxels, affine), mask, parameters.volume_ml)


def _echoes_db(parameters: PhantomParameters, lines: ScanLines, rng: np.random.Generator) -> Float[np.ndarray, "r l e"]:
    """Echo strength after time-gain compensation, in decibels above average tissue."""
    structure, receiver, points_mm = parameters.structure, parameters.receiver, lines.points_mm()
    level = structure.level(points_mm)
    tissue_db = parameters.surroundings.echogenicity_db(lines, points_mm, rng)
    echo_db = structure.echogenicity_db(tissue_db, level, points_mm, parameters.sector.apex_mm)
    step_cm = lines.steps[0] / 10
    depth_cm = (step_cm * np.arange(lines.samples[0], dtype=np.float32))[:, None, None]
    loss_db = receiver.attenuation_db_per_cm * depth_cm + parameters.surroundings.shadow_db(lines)
    # Fluid attenuates less than tissue and brightens what lies behind it; a dense body darkens it.
    loss_db += structure.attenuation_db_per_cm * step_cm * np.cumsum(level <= 1, axis=0, dtype=np.float32)
    echoes = scatter(_amplitude(echo_db), lines, parameters.beam, rng) * _amplitude(-loss_db)
    noise = rng.standard_normal((*lines.samples, 2), dtype=np.float32).view(np.complex64)[..., 0]
    echoes += np.float32(np.sqrt(0.5) * 10 ** (receiver.noise_db / 20)) * noise
    compensation_db = receiver.compensation * receiver.attenuation_db_per_cm * depth_cm
    return 20 * np.log10(np.maximum(np.abs(echoes), 1e-9)) + compensation_db


def _amplitude(decibels: Float[np.ndarray, "r l e"]) -> Float[np.ndarray, "r l e"]:
    return np.exp(decibels * np.float32(np.log(10) / 20))


def _grey_levels(echoes_db: Float[np.ndarray, "r l e"], receiver: Receiver) -> Float[np.ndarray, "r l e"]:
    """Logarithmic compression to 0-255."""
    return np.float32(255) * np.clip(MID_GREY + (echoes_db + receiver.gain_db) / receiver.dynamic_range_db, 0, 1)


def _scan_convert(
    grey: Float[np.ndarray, "r l e"], lines: ScanLines, points_mm: Float[np.ndarray, "i j k 3"]
) -> UInt8[np.ndarray, "i j k"]:
    """Interpolate the scan lines at voxel centres; exactly 0 outside the sector."""
    polar = lines.sector.polar(points_mm)
    scanned = lines.sector.contains(polar)
    voxels = np.zeros(points_mm.shape[:3], np.uint8)
    values = ndimage.map_coordinates(grey, lines.indices(polar[scanned]).T, order=1, mode="nearest")
    voxels[scanned] = np.rint(values).astype(np.uint8)
    return voxels


def _voxel_centres_mm(affine: geometry.Affine, shape: Shape) -> Float[np.ndarray, "i j k 3"]:
    centres = [affine[n, n] * np.arange(count) + affine[n, 3] for n, count in enumerate(shape)]
    return np.stack(np.meshgrid(*centres, indexing="ij"), axis=-1).astype(np.float32)
