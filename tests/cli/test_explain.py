import json
import shutil

import numpy as np
import pytest
from PIL import Image as Picture

from volest.images.image import Image
from volest.images.nrrd import read_nrrd
from volest.images.nrrd_writer import write_nrrd
from volest.records.run import RunDirectory


@pytest.fixture
def turned(masked_study, tmp_path):
    """A scan and its mask, stored with other axes first and one of them backwards."""
    for kind, name in (("scans", "scan.nrrd"), ("masks", "scan_mask.nrrd")):
        image = read_nrrd(next(iter(sorted((masked_study.parent / kind).glob("*.nrrd")))))
        affine = image.affine.copy()
        affine[:3, 3] += affine[:3, 0] * (image.shape[0] - 1)
        affine[:3, 0] *= -1
        voxels = np.flip(image.voxels, 0).transpose(2, 0, 1).copy()
        write_nrrd(Image(voxels, affine[:, [2, 0, 1, 3]]), tmp_path / "new" / name)
    return tmp_path / "new" / "scan.nrrd"


def test_maps_lie_in_the_geometry_of_the_scan(command, finished_run, turned, tmp_path):
    outcome = command("explain", finished_run.path, turned, "--masks", "{scan}_mask.nrrd", "--out", tmp_path / "out")
    assert outcome.status == 0, outcome.stderr
    scan, folder = read_nrrd(turned), tmp_path / "out" / "scan"
    for name in ("integrated_gradients", "occlusion", "region"):
        written = read_nrrd(folder / f"{name}.nrrd")
        assert written.shape == scan.shape
        np.testing.assert_allclose(written.affine, scan.affine)
    np.testing.assert_array_equal(
        read_nrrd(folder / "region.nrrd").voxels, read_nrrd(turned.with_name("scan_mask.nrrd")).voxels
    )
    with Picture.open(folder / "overlay.png") as overlay:
        assert overlay.width > 600
    told = json.loads((folder / "explanation.json").read_text())
    density = read_nrrd(folder / "integrated_gradients.nrrd")
    assert density.voxels.sum() * density.voxel_volume_ml == pytest.approx(
        told["integrated_gradients"]["sum_ml"], rel=1e-3, abs=1e-3
    )
    assert 0 <= told["integrated_gradients"]["in_structure"] <= 1
    assert told["hiding"]["region"] == "the mask"
    assert (tmp_path / "out" / "findings.json").exists()
    assert "empty scan" in outcome.stdout


def test_a_network_that_tells_no_number_is_told_in_a_sentence(command, finished_run, turned, tmp_path):
    run = RunDirectory(shutil.copytree(finished_run.path, tmp_path / "run"))
    record = json.loads(run.fold(0).model_json.read_text())
    record["target"]["mean"] = 1e4  # e to which is no number
    run.fold(0).model_json.write_text(json.dumps(record))
    outcome = command("explain", run.path, turned, "--out", tmp_path / "out")
    assert outcome.status == 1
    assert "the run tells inf mL of the scan" in " ".join(outcome.stdout.split())
    assert not (tmp_path / "out" / "scan").exists()


def test_a_bad_scan_among_others_is_refused_and_the_others_are_explained(command, finished_run, turned, tmp_path):
    broken = tmp_path / "new" / "broken.nrrd"
    broken.write_text("NRRD0004\n")
    outcome = command("explain", finished_run.path, turned, broken, "--out", tmp_path / "out")
    assert outcome.status == 1
    assert "broken.nrrd" in outcome.stdout
    assert (tmp_path / "out" / "scan" / "overlay.png").exists()
    assert not (tmp_path / "out" / "broken").exists()


@pytest.mark.parametrize(
    ("masks", "said"),
    [
        ("gone/{scan}.nrrd", "has no mask at --masks"),
        ("{scan}_small.nrrd", "lies on another raster"),
        ("{scan}_empty.nrrd", "no voxel inside"),
    ],
)
def test_a_mask_that_cannot_be_used_is_told_and_its_scan_refused(command, finished_run, turned, tmp_path, masks, said):
    mask = read_nrrd(turned.with_name("scan_mask.nrrd"))
    write_nrrd(Image(mask.voxels[1:], mask.affine), turned.with_name("scan_small.nrrd"))
    write_nrrd(Image(mask.voxels * 0, mask.affine), turned.with_name("scan_empty.nrrd"))
    outcome = command("explain", finished_run.path, turned, "--masks", masks, "--out", tmp_path / "out", "--quiet")
    assert outcome.status == 1
    assert said in outcome.stdout
    assert outcome.stderr == ""


@pytest.mark.parametrize(
    ("masks", "said"),
    [("gone.nrrd", "there is no such file"), ("{other}.nrrd", "its fields are other"), ("*.nrrd", "no wildcard")],
)
def test_masks_that_no_scan_can_have_are_told_in_one_paragraph(command, finished_run, turned, tmp_path, masks, said):
    outcome = command("explain", finished_run.path, turned, "--masks", masks, "--out", tmp_path / "out", "--quiet")
    assert outcome.status == 2
    assert said in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_scan_of_the_run_is_flagged_as_predict_does(command, finished_run, masked_study, tmp_path):
    [own] = sorted((masked_study.parent / "scans").glob("*.nrrd"))[:1]
    outcome = command("explain", finished_run.path, own, "--out", tmp_path / "out")
    assert "one of the run's own scans" in outcome.stdout
    told = json.loads((tmp_path / "out" / own.stem / "explanation.json").read_text())
    assert any("its honest estimate" in flag for flag in told["flags"])
    assert told["integrated_gradients"]["sum_ml"] == pytest.approx(
        told["integrated_gradients"]["due_ml"], abs=0.02 * told["predicted_ml"]
    )


def test_what_is_no_run_and_what_is_no_scan_are_told(command, finished_run, turned, tmp_path):
    for run, scan, said in ((tmp_path, turned, "no finished fold"), (finished_run.path, "gone.nrrd", "no scan at")):
        outcome = command("explain", run, scan, "--out", tmp_path / "out")
        assert outcome.status == 2
        assert said in outcome.stderr


def test_two_scans_of_one_name_are_not_written_over_each_other(command, finished_run, turned, tmp_path):
    shutil.copy(turned, tmp_path / "new" / "scan.nhdr")
    outcome = command("explain", finished_run.path, turned, tmp_path / "new" / "scan.nhdr", "--out", tmp_path / "out")
    assert outcome.status == 2
    assert "would both be explained in" in outcome.stderr
