import numpy as np
import pytest
from typer.testing import CliRunner

from volest.cli.main import app
from volest.errors import ManifestError
from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.manifest import read_manifest


@pytest.fixture
def scans(tmp_path):
    for number in range(6):
        voxels = np.random.default_rng(number).integers(0, 255, (6, 6, 6)).astype(np.uint8)
        fields = {"patient": f"P{number // 2}", "volume": str(0.1 + number / 100)}
        write_nrrd(Image(voxels, np.eye(4)), tmp_path / "scans" / f"s{number}.nrrd", fields)
    return tmp_path / "scans"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def test_header_fields_make_a_manifest(scans, tmp_path):
    out = tmp_path / "m.csv"
    result = run("index", scans, "--patient-field", "patient", "--volume-field", "volume", "--out", out)
    assert result.exit_code == 0
    assert "6 scans of 3 patients" in result.stdout
    assert len(read_manifest(out).patients) == 3


def test_files_without_a_label_are_mentioned(scans, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("scan_id,patient_id,volume_ml\ns0,A,0.1\ns1,B,0.1\n")
    result = run("index", scans, "--labels", labels, "--out", tmp_path / "m.csv")
    assert "4 files without a label" in result.stdout


def test_quiet_prints_nothing(scans, tmp_path):
    fields = ("--patient-field", "patient", "--volume-field", "volume")
    result = run("index", scans, *fields, "--out", tmp_path / "m.csv", "--quiet")
    assert result.output == ""


@pytest.mark.parametrize("arguments", [(), ("--patient-field", "patient")])
def test_without_labels_nothing_is_written(scans, tmp_path, arguments):
    out = tmp_path / "m.csv"
    result = run("index", scans, *arguments, "--out", out)
    assert isinstance(result.exception, ManifestError)
    assert not out.exists()
