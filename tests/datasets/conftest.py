from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.manifest import Manifest, Scan


@pytest.fixture
def image():
    """40 x 40 x 40 mm: a field of view of 64 mL."""
    voxels = np.random.default_rng(7).integers(0, 255, (10, 10, 10)).astype(np.uint8)
    return Image(voxels, np.diag([4.0, 4.0, 4.0, 1.0]))


@pytest.fixture
def study(tmp_path):
    """Three scans of two patients on disk, all different."""
    scans = []
    for number, patient in enumerate(("A", "A", "B")):
        voxels = np.random.default_rng(number).integers(0, 255, (10, 10, 10)).astype(np.uint8)
        path = tmp_path / "scans" / f"s{number}.nrrd"
        fields = {"patient": patient, "volume": str(10 + number), "age": str(30 + number)}
        write_nrrd(Image(voxels, np.diag([4.0, 4.0, 4.0, 1.0])), path, fields)
        scans.append(Scan(f"s{number}", patient, path, 10.0 + number))
    return Manifest(tuple(scans))


@pytest.fixture
def change():
    """The manifest with one scan changed."""

    def changed(manifest: Manifest, scan_id: str, **fields) -> Manifest:
        return Manifest(tuple(replace(scan, **fields) if scan.scan_id == scan_id else scan for scan in manifest))

    return changed


@pytest.fixture
def realistic():
    """Manifests as hospitals have them: 2-15 scans a patient, lognormal volumes that differ mostly between patients."""

    def make(seed: int, patients: int, scans: int, between=0.3, within=0.1, fewest=2, most=15) -> Manifest:
        rng = np.random.default_rng(seed)
        counts = rng.integers(fewest, most + 1, patients)
        while counts.sum() != scans:
            one = rng.integers(patients)
            counts[one] = np.clip(counts[one] + np.sign(scans - counts.sum()), fewest, most)
        rows = []
        for patient, count in enumerate(counts):
            typical_ml = 60 * np.exp(between * rng.standard_normal())
            for number in range(count):
                volume_ml = float(typical_ml * np.exp(within * rng.standard_normal()))
                scan_id = f"P{patient:02}-{number}"
                rows.append(Scan(scan_id, f"P{patient:02}", Path(f"/scans/{scan_id}.nrrd"), volume_ml))
        return Manifest(tuple(rows))

    return make
