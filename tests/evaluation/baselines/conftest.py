from datetime import date, timedelta

import numpy as np
import pytest

from volest.evaluation.baselines import BaselineScan


def baseline_scan(
    scan_id, patient_id, volume_ml, *, spacing_mm=(0.5, 0.5, 0.5), day=None, thumbnail=None, **covariates
):
    shape = (100, 100, 100)
    return BaselineScan(
        scan_id=scan_id,
        patient_id=patient_id,
        volume_ml=float(volume_ml),
        shape=shape,
        spacing_mm=spacing_mm,
        field_of_view_ml=float(np.prod(shape) * np.prod(spacing_mm) / 1000),
        thumbnail=np.zeros((12, 12, 12)) if thumbnail is None else thumbnail,
        covariates=covariates,
        acquired_on=None if day is None else date(2024, 1, 1) + timedelta(days=day),
    )


def ball(volume_ml, spacing_mm=5.0):
    """Thumbnail of a ball with a soft edge."""
    radius_mm = (3 * 1000 * volume_ml / (4 * np.pi)) ** (1 / 3)
    axis = (np.arange(12) - 5.5) * spacing_mm
    distance = np.sqrt(sum(np.square(a) for a in np.meshgrid(axis, axis, axis)))
    return 1 / (1 + np.exp((distance - radius_mm) / 2))


@pytest.fixture
def scan():
    return baseline_scan


@pytest.fixture
def cohort():
    """30 patients, two scans each, whose volume is written in spacing, thumbnail and age."""
    rng = np.random.default_rng(0)
    scans = []
    for patient in range(30):
        for visit in range(2):
            volume_ml = float(rng.uniform(10, 80))
            scans.append(
                baseline_scan(
                    f"s{patient}-{visit}",
                    f"p{patient}",
                    volume_ml,
                    spacing_mm=(0.02 * volume_ml,) * 3,
                    thumbnail=ball(volume_ml),
                    day=100 * visit,
                    age=volume_ml * rng.lognormal(0, 0.05),
                    noise=float(rng.normal()),
                )
            )
    return scans
