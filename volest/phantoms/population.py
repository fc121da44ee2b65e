"""Patients, their visits, and everything that varies between two scans."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

from volest.geometry import Shape
from volest.phantoms.phantom import PhantomParameters, Receiver
from volest.phantoms.sector import draw_sector
from volest.phantoms.shape import StarShape, draw_shape
from volest.phantoms.speckle import Beam
from volest.phantoms.structure import Structure, draw_pose
from volest.phantoms.tissue import draw_surroundings

SMALLEST_ML, LARGEST_ML = 8.5, 72.0
"""A patient's volume at the first visit; growth stays within 8 and 80 mL."""

FIRST_DAY = date(2020, 1, 6)


@dataclass(frozen=True)
class PhantomPreset:
    """A study.

    Attributes:
        shape: nominal voxels along i, j, k.
        shape_jitter: a raster has up to so many voxels more or fewer along each axis.
        spacing_mm: lowest and highest.
        samples: echoes along range, lateral and elevation angle.
        resolution_mm: SD of the point spread along the beam.
        hyperechoic_share: of the patients, whose structure is brighter than the tissue around it, not darker.
        mean_ml, sd_ml: of the patients' volumes at their first visit.
    """

    patients: int
    scans: int
    shape: Shape
    shape_jitter: int
    spacing_mm: tuple[float, float]
    samples: Shape
    resolution_mm: float
    hyperechoic_share: float
    mean_ml: float = 30.0
    sd_ml: float = 12.0


PRESETS = MappingProxyType(
    {
        "small": PhantomPreset(
            patients=30,
            scans=90,
            shape=(48, 48, 48),
            shape_jitter=2,
            spacing_mm=(1.7, 2.05),
            samples=(72, 64, 64),
            resolution_mm=1.0,
            hyperechoic_share=0.0,
        ),
        # All rasters 128^3, at spacings that differ: who looks at the array alone has lost the millimetres.
        "question": PhantomPreset(
            patients=30,
            scans=200,
            shape=(128, 128, 128),
            shape_jitter=0,
            spacing_mm=(0.64, 0.77),
            samples=(168, 128, 128),
            resolution_mm=0.5,
            hyperechoic_share=0.25,
        ),
    }
)


@dataclass(frozen=True)
class PhantomVisit:
    """One scan that can be made."""

    scan_id: str
    acquired_on: date
    parameters: PhantomParameters


@dataclass(frozen=True)
class PhantomPatient:
    """One patient and all visits, in order of time."""

    patient_id: str
    visits: tuple[PhantomVisit, ...]


def draw_population(preset: PhantomPreset, rng: np.random.Generator, prefix: str = "p") -> list[PhantomPatient]:
    """Draw the patients of a study and their visits; nothing of the header, the pose or the gain depends on volume.

    The patients' volumes are stratified: one from each of as many equally likely slices of a log-normal distribution,
    so that a study of a few patients has the spread it should.
    """
    volumes_ml = _stratified_lognormal(preset, rng)
    least = min(2, preset.scans // preset.patients)
    more = preset.scans - least * preset.patients
    visits = least + rng.multinomial(more, rng.dirichlet(np.full(preset.patients, 4.0)))
    return [
        _draw_patient(f"{prefix}{number:02d}", float(volume_ml), int(count), preset, rng)
        for number, (volume_ml, count) in enumerate(zip(volumes_ml, visits, strict=True), start=1)
    ]


def _stratified_lognormal(preset: PhantomPreset, rng: np.random.Generator) -> Float[np.ndarray, " patients"]:
    variance = np.log1p((preset.sd_ml / preset.mean_ml) ** 2)
    mean, sd = np.log(preset.mean_ml) - variance / 2, np.sqrt(variance)
    low, high = ndtr((np.log([SMALLEST_ML, LARGEST_ML]) - mean) / sd)
    slices = (rng.permutation(preset.patients) + rng.uniform(size=preset.patients)) / preset.patients
    return np.exp(mean + sd * ndtri(low + (high - low) * slices))


def _draw_patient(
    patient_id: str, volume_ml: float, visits: int, preset: PhantomPreset, rng: np.random.Generator
) -> PhantomPatient:
    shape = draw_shape(rng, volume_ml)
    echo_db = rng.uniform(7, 10) if rng.random() < preset.hyperechoic_share else -rng.uniform(11, 17)
    growth_per_year = rng.uniform(-0.02, 0.08)
    days = np.cumsum(rng.integers(20, 60, size=visits)) + rng.integers(0, 365)
    drawn = []
    for number, day in enumerate(days.tolist(), start=1):
        filling = rng.uniform(0.97, 1.03)
        grown_ml = volume_ml * filling * np.exp(growth_per_year * (day - int(days[0])) / 365.25)
        parameters = draw_parameters(preset, shape.scaled_to(grown_ml), echo_db, rng)
        drawn.append(PhantomVisit(f"{patient_id}_s{number:02d}", FIRST_DAY + timedelta(days=day), parameters))
    return PhantomPatient(patient_id, tuple(drawn))


def draw_parameters(
    preset: PhantomPreset, shape: StarShape, echo_db: float, rng: np.random.Generator
) -> PhantomParameters:
    """Draw one visit: raster, probe, pose, surroundings and the settings of the machine."""
    i, j, k = (int(n + rng.integers(-preset.shape_jitter, preset.shape_jitter + 1)) for n in preset.shape)
    stretch = rng.uniform(0.96, 1.04, size=3) if rng.random() < 0.5 else np.ones(3)
    di, dj, dk = (rng.uniform(*preset.spacing_mm) * stretch).tolist()
    sector = draw_sector(rng, height_mm=j * dj)
    return PhantomParameters(
        shape=(i, j, k),
        spacing_mm=(di, dj, dk),
        samples=preset.samples,
        sector=sector,
        beam=_draw_beam(preset.resolution_mm, rng),
        structure=_draw_structure(shape, echo_db, rng),
        surroundings=draw_surroundings(rng, sector, (i * di / 2, j * dj / 2, k * dk / 2)),
        receiver=_draw_receiver(rng),
    )


def _draw_structure(shape: StarShape, echo_db: float, rng: np.random.Generator) -> Structure:
    # The pose is drawn blind to the size, and rasters are large enough for all: a position that had to fit would tell.
    return Structure(
        shape=shape,
        pose=draw_pose(rng, middle_mm=(0.0, -2.0, 0.0)),
        echo_db=echo_db + rng.uniform(-1, 1),
        wall_db=rng.uniform(10, 15),
        wall_sd_mm=rng.uniform(0.8, 1.3),
        attenuation_db_per_cm=-rng.uniform(0.3, 1.5) if echo_db < 0 else rng.uniform(0.0, 0.8),
    )


def _draw_beam(resolution_mm: float, rng: np.random.Generator) -> Beam:
    axial_mm = resolution_mm * rng.uniform(0.85, 1.15)
    return Beam(
        axial_sd_mm=axial_mm,
        lateral_sd_mm=1.3 * axial_mm,
        elevation_sd_mm=1.6 * axial_mm,
        focus_mm=rng.uniform(35, 65),
        focal_zone_mm=rng.uniform(25, 45),
    )


def _draw_receiver(rng: np.random.Generator) -> Receiver:
    return Receiver(
        attenuation_db_per_cm=rng.uniform(2.0, 4.0),
        compensation=rng.uniform(0.85, 1.0),
        noise_db=rng.uniform(-52, -42),
        gain_db=rng.uniform(-4, 4),
        dynamic_range_db=rng.uniform(52, 62),
    )
