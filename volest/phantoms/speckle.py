"""Fully developed speckle: many random scatterers within each resolution cell."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy import fft

from volest.phantoms.sector import ScanLines


@dataclass(frozen=True)
class Beam:
    """The point spread function: Gaussian along and across the beam, narrowest at the focus.

    Attributes:
        axial_sd_mm: along the beam, the same at all depths.
        lateral_sd_mm: across the beam, at the focus.
        elevation_sd_mm: across the imaging plane, at the focus.
        focus_mm: depth of the focus below the face of the probe.
        focal_zone_mm: distance from the focus at which the beam is sqrt(2) times as wide.
    """

    axial_sd_mm: float
    lateral_sd_mm: float
    elevation_sd_mm: float
    focus_mm: float
    focal_zone_mm: float

    def widening(self, depth_mm: Float[np.ndarray, " r"]) -> Float[np.ndarray, " r"]:
        """Width at a depth over the width at the focus, as of a Gaussian beam (Siegman 1986, Lasers, chapter 17)."""
        return np.sqrt(1 + ((depth_mm - self.focus_mm) / self.focal_zone_mm) ** 2)


def scatter(
    amplitude: Float[np.ndarray, "r l e"], lines: ScanLines, beam: Beam, rng: np.random.Generator
) -> Complex[np.ndarray, "r l e"]:
    """Complex baseband echoes of random scatterers seen through the beam.

    Each scatterer is a circular complex Gaussian number, so the modulus of their blurred sum is Rayleigh distributed
    (Wagner et al. 1983, IEEE Trans Sonics Ultrason 30:156): mean / SD = 1.91 where `amplitude` is uniform. The
    spectra are scaled so that the mean power is amplitude squared at every depth.
    """
    parts = rng.standard_normal((*amplitude.shape, 2), dtype=np.float32)
    echoes = amplitude * parts.view(np.complex64)[..., 0] * np.float32(np.sqrt(0.5))
    ranges_mm, _, _ = lines.axes
    widening = beam.widening(ranges_mm - lines.sector.probe_radius_mm)
    _, lateral_step, elevation_step = lines.steps
    lateral = _response(beam.lateral_sd_mm * widening / (ranges_mm * lateral_step), amplitude.shape[1])
    elevation = _response(beam.elevation_sd_mm * widening / (ranges_mm * elevation_step), amplitude.shape[2])
    axial = _response(np.array([beam.axial_sd_mm / lines.steps[0]]), amplitude.shape[0])[0]
    spectrum = fft.fft2(echoes, axes=(1, 2), overwrite_x=True)
    spectrum *= lateral[:, :, None]
    spectrum *= elevation[:, None, :]
    echoes = fft.ifft2(spectrum, axes=(1, 2), overwrite_x=True)
    return fft.ifft(fft.fft(echoes, axis=0) * axial[:, None, None], axis=0, overwrite_x=True)


def _response(sd_samples: Float[np.ndarray, " rows"], count: int) -> Float[np.ndarray, "rows {count}"]:
    """Transfer functions of Gaussian blurs that leave the power of white noise unchanged, a row per blur."""
    omega = 2 * np.pi * fft.fftfreq(count)
    gain = np.exp(-0.5 * (sd_samples[:, None] * omega) ** 2)
    return (gain / np.sqrt(np.mean(gain**2, axis=1, keepdims=True))).astype(np.float32)
