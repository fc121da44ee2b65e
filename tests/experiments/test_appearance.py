from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from volest.experiments.appearance import record_appearance
from volest.experiments.preparation import prepare_run
from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.progress import Silent
from volest.records.headers import read_headers
from volest.records.image_quality import read_image_quality
from volest.records.manifest import Manifest, Scan, read_manifest, write_manifest
from volest.records.near_copies import read_near_copies


@pytest.fixture
def study(tmp_path):
    """Six phantoms of six patients, and a copy of one that was enlarged by 1.1."""
    preset = replace(PRESETS["small"], patients=6, scans=6, shape=(32, 32, 32), spacing_mm=(2.6, 2.6))
    scans = list(read_manifest(write_phantoms(preset, tmp_path, seed=0)))
    image = read_image(scans[2].path)
    centre = (np.array(image.shape) - 1) / 2
    voxels = ndimage.affine_transform(image.voxels, np.eye(3) / 1.1, centre - centre / 1.1, order=1)
    write_nrrd(Image(voxels, image.affine), tmp_path / "copy.nrrd")
    scans.append(Scan("copy", scans[2].patient_id, tmp_path / "copy.nrrd", scans[2].volume_ml))
    write_manifest(Manifest(tuple(scans)), tmp_path / "copied.csv")
    return tmp_path / "copied.csv"


def test_a_zoomed_copy_is_recorded_with_its_zoom_and_every_scan_with_its_quality(study, tiny):
    run = prepare_run(tiny(f"data.manifest={study}"), Silent())
    record_appearance(run, Silent())
    everyone = {scan.scan_id for scan in run.manifest}
    assert read_headers(run.directory.headers).keys() == everyone
    assert read_image_quality(run.directory.image_quality).keys() == everyone
    (pair,) = read_near_copies(run.directory.near_copies)
    original = run.manifest.scans[2].scan_id
    assert {pair.first, pair.second} == {original, "copy"}
    assert (pair.zoom if pair.first == original else 1 / pair.zoom) == pytest.approx(1.1, abs=0.03)


def test_scans_are_looked_at_once(study, tiny, monkeypatch):
    run = prepare_run(tiny(f"data.manifest={study}"), Silent())
    record_appearance(run, Silent())
    monkeypatch.setattr("volest.experiments.appearance.read_image", None)
    record_appearance(run, Silent())
