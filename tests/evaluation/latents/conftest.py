"""Latent spaces in which what they hold is known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from volest.records.latents import FoldLatents
from volest.records.manifest import Scan

PATIENTS, SCANS_EACH, FOLDS, FEATURES = 30, 3, 3, 40


@dataclass(frozen=True)
class Study:
    scans: dict[str, Scan]
    latents: tuple[FoldLatents, ...]

    @property
    def volume_ml(self):
        return {scan_id: scan.volume_ml for scan_id, scan in self.scans.items()}


@pytest.fixture
def study(rng):
    """A study whose latents are noise, plus what is planted: `strength` SDs along a direction of each fold's own."""

    def made(volume=0.0, patient=0.0, noise=1.0, each=SCANS_EACH):
        patients = [f"P{n:02d}" for n in range(PATIENTS) for _ in range(each)]
        centre = rng.uniform(np.log(20), np.log(150), PATIENTS).repeat(each)
        volumes_ml = np.exp(centre + rng.normal(0, 0.02, len(patients)))
        scan_ids = [f"s{n:03d}" for n in range(len(patients))]
        scans = {
            scan_id: Scan(scan_id, who, Path(f"/{scan_id}.nrrd"), float(ml))
            for scan_id, who, ml in zip(scan_ids, patients, volumes_ml, strict=True)
        }
        size = (np.log(volumes_ml) - np.log(volumes_ml).mean()) / np.log(volumes_ml).std()
        fold_of = np.arange(PATIENTS).repeat(each) % FOLDS
        latents = []
        for fold in range(FOLDS):
            direction = rng.normal(size=FEATURES)
            vectors = noise * rng.normal(size=(len(scan_ids), FEATURES))
            vectors += volume * np.outer(size, direction / np.linalg.norm(direction))
            vectors += patient * rng.normal(size=(PATIENTS, FEATURES)).repeat(each, axis=0)
            latents.append(FoldLatents(fold, tuple(scan_ids), tuple(patients), fold_of == fold, vectors))
        return Study(scans, tuple(latents))

    return made
