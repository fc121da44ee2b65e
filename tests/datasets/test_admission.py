from dataclasses import replace

import numpy as np
import pytest

from volest.datasets.admission import admit_image, admit_manifest
from volest.errors import ScanError
from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.manifest import file_sha256


def test_a_sound_study_passes_and_its_facts_are_told(study):
    facts = admit_manifest(study)
    assert list(facts) == ["s0", "s1", "s2"]
    assert facts["s1"].shape == (10, 10, 10)
    assert facts["s1"].field_of_view_ml == pytest.approx(64)
    assert facts["s1"].sha256 == file_sha256(study.scans[1].path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_voxel_that_is_no_number_is_enough(image, value):
    voxels = image.voxels.astype(np.float32)
    voxels[3, 4, 5] = value
    with pytest.raises(ScanError, match="scan p7: 1 of 1000 voxels are NaN or infinite"):
        admit_image(Image(voxels, image.affine), "p7")


def test_a_constant_image_is_refused(image):
    with pytest.raises(ScanError, match="scan p7: every voxel is 9"):
        admit_image(Image(np.full_like(image.voxels, 9), image.affine), "p7")


def test_a_single_slice_is_refused(image):
    with pytest.raises(ScanError, match="single slice"):
        admit_image(Image(image.voxels[:, :, :1], image.affine), "p7")
    with pytest.raises(ScanError, match=r"has 3 slices along one axis; expected a 3D raster of at least 4"):
        admit_image(Image(image.voxels[:, :, :3], image.affine), "p7")


def test_a_reference_larger_than_the_field_of_view_is_refused(study, change):
    with pytest.raises(ScanError, match=r"'s1' .* volume_ml 65 is larger than the field of view, 64 mL"):
        admit_manifest(change(study, "s1", volume_ml=65.0))


def test_a_missing_file_is_named(study):
    study.scans[2].path.unlink()
    with pytest.raises(ScanError, match=r"scan_id 's2': scan .*s2\.nrrd does not exist"):
        admit_manifest(study)


def test_a_missing_mask_is_named(study, change, tmp_path):
    with pytest.raises(ScanError, match=r"'s0' .* mask .*gone\.nrrd does not exist"):
        admit_manifest(change(study, "s0", mask_path=tmp_path / "gone.nrrd"))


def test_a_file_changed_since_it_was_indexed_is_named(study, change, image):
    indexed = change(study, "s0", sha256=file_sha256(study.scans[0].path))
    admit_manifest(indexed)
    write_nrrd(image, study.scans[0].path)
    with pytest.raises(ScanError, match=r"'s0' .* has changed since the manifest was made"):
        admit_manifest(indexed)


def test_the_same_voxels_under_two_patients_are_a_leak_even_when_the_files_differ(study, image):
    write_nrrd(image, study.scans[0].path, compress=True)
    write_nrrd(image, study.scans[2].path, compress=False)
    with pytest.raises(ScanError, match="'s0' of patient 'A' and 's2' of patient 'B' hold the same voxels"):
        admit_manifest(study)


def test_a_repeated_scan_of_one_patient_is_no_leak(study, image):
    write_nrrd(image, study.scans[0].path)
    write_nrrd(image, study.scans[1].path)
    assert len(admit_manifest(study)) == 3


def test_all_faults_are_told_at_once(study, change):
    study.scans[0].path.write_bytes(study.scans[0].path.read_bytes()[:-40])
    with pytest.raises(ScanError, match=r"(?s)2 of 3 scans cannot be used:.*truncated.*field of view"):
        admit_manifest(change(study, "s1", volume_ml=70.0))


def test_sheared_axes_are_refused_and_oblique_ones_are_not(image):
    sheared, oblique = np.eye(4), np.eye(4)
    sheared[0, 1] = 0.5
    oblique[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    admit_image(replace(image, affine=oblique), "oblique")
    with pytest.raises(ScanError, match=r"scan tilted: its axes are not at right angles \(a voxel has 89% of"):
        admit_image(replace(image, affine=sheared), "tilted")


@pytest.mark.parametrize("mistake", [1000.0, 0.001], ids=["m for mm", "um for mm"])
def test_a_field_of_view_that_no_probe_has_is_refused(image, mistake):
    """Its volume would be wrong by the cube, and a grid that holds it would shrink all other scans to a voxel."""
    affine = image.affine @ np.diag([mistake] * 3 + [1.0])
    with pytest.raises(ScanError, match=r"the field of view is .* mm; expected edges of 5 mm to 1 m"):
        admit_image(Image(image.voxels, affine), "p7")
