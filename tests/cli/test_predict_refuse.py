"""`volest predict --refuse`."""

import json
import shutil

import numpy as np
import pytest

from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd


@pytest.fixture(scope="module")
def noise(scan_paths, tmp_path_factory):
    """A raster of the size of the others, with nothing but noise in it."""
    image = read_nrrd(scan_paths[0])
    path = tmp_path_factory.mktemp("noise") / "noise.nrrd"
    voxels = np.random.default_rng(0).integers(0, 256, image.shape).astype(np.uint8)
    write_nrrd(Image(voxels, image.affine), path)
    return path


def test_a_scan_unlike_the_training_scans_has_no_number_and_the_status_is_1(
    command, finished_run, noise, scan_paths, tmp_path
):
    out = tmp_path / "volumes.json"
    outcome = command("predict", finished_run.path, noise, scan_paths[0], "--refuse", "--out", out, "--quiet")
    refused, kept = json.loads(out.read_text())
    assert outcome.status == 1
    assert refused["volume_ml"] is None
    assert refused["refusal"].startswith("unlike the training scans by ")
    assert kept["volume_ml"] > 0
    assert 0 < kept["typicality"] <= 1


def test_without_refuse_it_is_flagged_and_keeps_its_number(command, finished_run, noise, tmp_path):
    out = tmp_path / "volumes.json"
    outcome = command("predict", finished_run.path, noise, "--out", out, "--quiet")
    (row,) = json.loads(out.read_text())
    assert outcome.status == 0
    assert row["volume_ml"] > 0
    assert any("unlike the training scans" in flag for flag in row["flags"])
    assert row["typicality"] == pytest.approx(1 / 7)  # less typical than the six patients of the study


def test_refusing_every_scan_is_no_wrong_use(command, finished_run, noise):
    assert command("predict", finished_run.path, noise, "--refuse", "--quiet").status == 1


def test_the_order_of_the_scans_changes_nothing(command, finished_run, noise, scan_paths, tmp_path):
    names = [noise, scan_paths[3], scan_paths[7]]
    for order, out in ((names, tmp_path / "there.json"), (names[::-1], tmp_path / "back.json")):
        command("predict", finished_run.path, *order, "--out", out, "--quiet")
    there, back = (json.loads((tmp_path / name).read_text()) for name in ("there.json", "back.json"))
    assert back[::-1] == there


@pytest.mark.parametrize("lost", [("reference.safetensors", "novelty.csv"), ("reference.safetensors",)])
def test_a_run_that_does_not_know_its_training_scans_says_so(command, finished_run, scan_paths, tmp_path, lost):
    old = shutil.copytree(finished_run.path, tmp_path / "old")
    for fold in range(len(lost)):  # both files of both folds, as in runs of earlier versions, or one of one fold
        for name in lost:
            (old / f"fold_{fold}" / name).unlink()
    plain = command("predict", old, scan_paths[0], "--quiet")
    assert plain.status == 0
    assert "No scan is called unlike the training scans" in plain.stdout.replace("\n", " ") + plain.stderr
    outcome = command("predict", old, scan_paths[0], "--refuse", "--quiet")
    assert outcome.status == 2
    assert "has not recorded how its training scans look" in outcome.stderr
