"""A clean study of phantoms, measured once; tests spoil copies of it."""

from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from volest.audit import similarity
from volest.audit.audit import audit_measures
from volest.audit.measures import ScanMeasures, measure_scan, measure_scans
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.records.findings import Finding
from volest.records.manifest import Manifest, read_manifest


@dataclass(frozen=True)
class Study:
    """Scans on disk, their measures, and how to audit them when some have changed."""

    folder: Path
    manifest: Manifest
    measures: tuple[ScanMeasures, ...]

    def audit(self, manifest: Manifest | None = None, folds: int = 5) -> list[Finding]:
        """Measure again what differs from the clean study."""
        return audit_measures(self.measure(manifest or self.manifest), folds, np.random.default_rng(0))

    def measure(self, manifest: Manifest) -> list[ScanMeasures]:
        known = {self._read(measures.scan): measures for measures in self.measures}
        return [
            replace(known[self._read(scan)], scan=scan) if self._read(scan) in known else measure_scan(scan)
            for scan in manifest
        ]

    @staticmethod
    def _read(scan):
        """What of a row decides what is read; files of the clean study are never changed."""
        return scan.path, scan.mask_path


@pytest.fixture(scope="session", autouse=True)
def _spectra_kept():
    """Most scans of a spoilt study are those of the clean one: their spectra are made once."""
    make, kept = similarity._spectra, {}

    def spectra(thumbnail):
        key = thumbnail.tobytes()
        return kept[key] if key in kept else kept.setdefault(key, make(thumbnail))

    with mock.patch.object(similarity, "_spectra", spectra):
        yield


@pytest.fixture(scope="session")
def clean(tmp_path_factory) -> Study:
    """24 patients with 48 scans and masks: enough for every check, small enough for seconds."""
    preset = replace(
        PRESETS["question"],
        patients=24,
        scans=40,
        shape=(32, 32, 32),
        spacing_mm=(2.6, 3.0),
        samples=(48, 40, 40),
        hyperechoic_share=0.25,
    )
    folder = tmp_path_factory.mktemp("clean")
    manifest = read_manifest(write_phantoms(preset, folder, seed=3, masks=True))
    return Study(folder, manifest, tuple(measure_scans(manifest, workers=1)))
