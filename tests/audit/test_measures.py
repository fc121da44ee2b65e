from dataclasses import replace

import numpy as np
import pytest

from volest.audit.measures import THUMBNAIL_SIZE, measure_scan, measure_scans
from volest.audit.plane import MOST_PIXELS, middle_planes
from volest.images.formats import read_image
from volest.images.image import Image
from volest.records.manifest import Manifest


def test_measures_stand_in_the_order_of_the_manifest_whoever_reads(clean):
    few = Manifest(clean.manifest.scans[:6])
    alone, together = measure_scans(few, workers=1), measure_scans(few, workers=2)
    assert [m.scan for m in together] == list(few)
    assert [m.facts for m in together] == [m.facts for m in alone]
    assert [m.intensity for m in together] == [m.intensity for m in alone]


def test_a_scan_that_cannot_be_read_is_a_measure_with_a_fault(clean, tmp_path):
    measures = measure_scan(replace(clean.manifest.scans[0], path=tmp_path / "gone.nrrd"))
    assert "does not exist" in measures.fault
    assert measures.facts is None
    assert measures.planes == ()


def test_planes_show_the_fan_and_keep_the_millimetres(clean):
    measures = clean.measures[0]
    assert [plane.name for plane in measures.planes] == ["axial", "coronal", "sagittal"]
    extent = np.array(measures.facts.shape) * measures.facts.spacing_mm
    axial = measures.planes[0]
    assert np.multiply(axial.pixels.shape, axial.spacing_mm) == pytest.approx(extent[[1, 0]])
    assert axial.fan.shape == axial.pixels.shape
    assert 0.2 < axial.fan.mean() < 0.95
    assert measures.thumbnail.shape == (THUMBNAIL_SIZE,) * 3


def test_a_large_plane_is_averaged_down():
    voxels = np.random.default_rng(0).integers(1, 255, (200, 150, 90)).astype(np.uint8)
    planes = middle_planes(Image(voxels, np.eye(4)), 0.0, (0.0, 255.0))
    assert all(max(plane.pixels.shape) <= MOST_PIXELS for plane in planes)
    assert planes[0].spacing_mm == pytest.approx((150 / 96, 200 / 96))
    assert planes[0].pixels.mean() == pytest.approx(128, abs=3)


def test_the_volume_of_a_mask_is_that_of_its_phantom(clean):
    for measures in clean.measures:
        assert measures.mask.volume_ml == pytest.approx(measures.scan.volume_ml, rel=0.05)
        assert measures.mask.same_grid


def test_a_content_does_not_depend_on_how_the_file_stores_it(clean, tmp_path):
    from volest.images.nrrd import write_nrrd

    scan = clean.manifest.scans[0]
    write_nrrd(read_image(scan.path), tmp_path / "raw.nrrd", compress=False)
    again = measure_scan(replace(scan, path=tmp_path / "raw.nrrd"))
    assert again.content_sha256 == clean.measures[0].content_sha256
    assert again.facts.sha256 != clean.measures[0].facts.sha256
