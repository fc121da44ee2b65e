import numpy as np
import pytest

from volest.images.nrrd import read_nrrd
from volest.phantoms.phantom import make_phantom
from volest.phantoms.population import PRESETS, draw_population
from volest.phantoms.study import write_new_patients, write_phantoms
from volest.records.manifest import file_sha256, read_manifest


@pytest.fixture(scope="module")
def study(tiny_preset, tmp_path_factory):
    return write_phantoms(tiny_preset, tmp_path_factory.mktemp("study"), seed=5, masks=True)


def test_labels_are_a_manifest_of_readable_scans(study, tiny_preset):
    manifest = read_manifest(study)
    assert study.name == "labels.csv"
    assert (len(manifest), len(manifest.patients)) == (tiny_preset.scans, tiny_preset.patients)
    assert all(scan.acquired_on for scan in manifest)
    for scan in manifest:
        image, mask = read_nrrd(scan.path), read_nrrd(scan.mask_path)
        assert image.shape == mask.shape
        assert mask.voxels.sum() * mask.voxel_volume_ml == pytest.approx(scan.volume_ml, rel=0.06)  # 4 mm voxels


def test_files_hold_the_voxels_and_the_affine_that_were_made(study, tiny_preset):
    drawing, noise, *_ = np.random.SeedSequence([5, 0]).spawn(1 + tiny_preset.scans)
    first = draw_population(tiny_preset, np.random.default_rng(drawing))[0].visits[0]
    phantom = make_phantom(first.parameters, np.random.default_rng(noise))
    scan = read_manifest(study).scans[0]
    image = read_nrrd(scan.path)
    np.testing.assert_array_equal(image.voxels, phantom.image.voxels)
    np.testing.assert_allclose(image.affine, phantom.image.affine, atol=1e-9)
    assert scan.volume_ml == pytest.approx(phantom.volume_ml, rel=1e-9)


def test_same_seed_same_bytes(study, tiny_preset, tmp_path):
    again = write_phantoms(tiny_preset, tmp_path, seed=5, masks=True)
    assert again.read_bytes() == study.read_bytes()
    for one, other in zip(read_manifest(again), read_manifest(study), strict=True):
        assert file_sha256(one.path) == file_sha256(other.path)


def test_new_patients_are_not_those_of_the_study(study, tiny_preset, tmp_path):
    truth = read_manifest(write_new_patients(tiny_preset, tmp_path, seed=5))
    known = read_manifest(study)
    assert len(truth) == len(truth.patients) == 5
    assert not set(truth.patients) & set(known.patients)
    assert not {round(scan.volume_ml, 6) for scan in truth} & {round(scan.volume_ml, 6) for scan in known}


def test_small_preset_is_the_default_size_of_the_demo():
    assert PRESETS["small"].shape == (48, 48, 48)
