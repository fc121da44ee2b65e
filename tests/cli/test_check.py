import json
from dataclasses import replace

import pytest

from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.records.findings import read_findings
from volest.records.manifest import Manifest, read_manifest, write_manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    preset = replace(
        PRESETS["small"], patients=20, scans=20, shape=(20, 20, 20), spacing_mm=(4.1, 4.9), samples=(30, 26, 26)
    )
    return write_phantoms(preset, tmp_path_factory.mktemp("check"), seed=1, masks=True).parent


def spoilt(folder, name, **fields):
    scans = list(read_manifest(folder / "labels.csv"))
    scans[0] = replace(scans[0], **fields)
    write_manifest(Manifest(tuple(scans)), folder / name)
    return folder / name


def test_a_sound_study_ends_with_status_0_and_leaves_its_findings(command, folder):
    outcome = command("check", folder / "labels.csv", "-q", "--workers", 1)
    assert outcome.status == 0, outcome.stdout
    assert "20 scans of 20 patients" in outcome.stdout
    assert "0 errors, 0 warnings" in outcome.stdout
    assert read_findings(folder / "check" / "findings.json") == []
    assert (folder / "check" / "check.html").exists()


def test_an_error_ends_with_status_1(command, folder, tmp_path):
    table = spoilt(folder, "litres.csv", volume_ml=1e6)
    outcome = command("check", table, "-q", "--workers", 1, "--out", tmp_path)
    assert outcome.status == 1
    assert "VOL020" in outcome.stdout
    rows = json.loads((tmp_path / "findings.json").read_text())["findings"]
    assert "VOL020" in {row["code"] for row in rows}


def test_many_equal_findings_are_one_line(command, folder, tmp_path):
    scans = [replace(scan, mask_path=folder / "gone.nrrd") for scan in read_manifest(folder / "labels.csv")]
    write_manifest(Manifest(tuple(scans)), folder / "gone.csv")
    outcome = command("check", folder / "gone.csv", "-q", "--workers", 1, "--out", tmp_path)
    assert outcome.status == 1
    assert outcome.stdout.count("VOL030") == 1
    assert len(read_findings(tmp_path / "findings.json")) == 20


def test_fix_writes_a_corrected_table_and_says_what_it_changed(command, folder, tmp_path):
    true_ml = read_manifest(folder / "labels.csv").scans[0].volume_ml
    table = spoilt(folder, "cubic.csv", volume_ml=true_ml * 1000)
    before = table.read_bytes()
    outcome = command("check", table, "--fix", "-q", "--workers", 1, "--out", tmp_path)
    assert outcome.status == 1
    assert "mm^3 is now" in outcome.stdout
    assert table.read_bytes() == before
    assert read_manifest(folder / "cubic.fixed.csv").scans[0].volume_ml == pytest.approx(true_ml)
    again = command("check", folder / "cubic.fixed.csv", "-q", "--workers", 1, "--out", tmp_path)
    assert again.status == 0, again.stdout


def test_the_manifest_of_the_configuration_is_the_default(command, folder):
    outcome = command("check", "--set", "data.manifest=labels.csv", "-q", "--workers", 1, folder=folder)
    assert outcome.status == 0, outcome.stderr + outcome.stdout


def test_a_manifest_that_does_not_exist_is_wrong_use(command, tmp_path):
    outcome = command("check", tmp_path / "none.csv", "-q")
    assert outcome.status == 2
    assert "does not exist" in outcome.stderr
