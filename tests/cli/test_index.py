import json

import numpy as np
import openpyxl
import pytest
from typer.testing import CliRunner

from volest.cli.main import app
from volest.errors import ManifestError
from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.manifest import read_manifest


@pytest.fixture
def scans(tmp_path):
    """Six scans of three patients, volumes in their headers."""
    for number in range(6):
        voxels = np.random.default_rng(number).integers(0, 255, (6, 6, 6)).astype(np.uint8)
        fields = {"patient": f"P{number // 2}", "volume": str(0.1 + number / 100)}
        write_nrrd(Image(voxels, np.eye(4)), tmp_path / "scans" / f"P{number // 2}" / f"s{number}.nrrd", fields)
    return tmp_path / "scans"


def run(*arguments):
    return CliRunner().invoke(app, ["index", *(str(argument) for argument in arguments)], catch_exceptions=True)


def test_header_fields_make_a_manifest(scans, tmp_path):
    out = tmp_path / "m.csv"
    result = run(scans, "--patient-field", "patient", "--volume-field", "volume", "--out", out)
    assert result.exit_code == 0
    assert "6 scans of 3 patients" in result.stdout
    assert "volume_ml    field 'volume' of the headers in mL, decimal point" in result.stdout
    assert len(read_manifest(out).patients) == 3


def test_files_without_a_label_are_mentioned(scans, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("scan_id,patient_id,volume_ml\ns0,A,0.1\ns1,B,0.1\n")
    result = run(scans, "--labels", labels, "--out", tmp_path / "m.csv")
    assert "4 files without a label" in result.stdout


def test_every_source_goes_with_every_other(scans, tmp_path):
    """Patient from the path, volume in litres and a US date from one sheet of a workbook, age from sidecars."""
    book = openpyxl.Workbook()
    book.active.append(["made", "by hand"])
    sheet = book.create_sheet("Werte")
    for row in (
        ["Bild", "Volumen [L]", "Tag"],
        ["s0", 0.0001, "12/31/2025"],
        ["s1", "0,0002", "03/04/2025"],
        ["s9", 1],
    ):
        sheet.append(row)
    book.save(tmp_path / "l.xlsx")
    (scans / "P0" / "s1.json").write_text(json.dumps({"patient": {"age": 61}}))
    out = tmp_path / "m.csv"
    arguments = [scans, "--pattern", "{patient}/{scan}.nrrd", "--labels", tmp_path / "l.xlsx", "--out", out]
    arguments += ["--column", "scan=Bild", "--column", "volume=Volumen [L]", "--column", "date=Tag"]
    arguments += ["--sidecar", "--covariate-field", "age=patient.age"]
    for more, remedy in (
        (("--sheet", "Werte"), "--unit l"),
        (("--unit", "L"), "--sheet"),
        (("--sheet", "Werte", "--unit", "L"), "--allow-missing"),
    ):
        refused = run(*arguments, *more)
        assert remedy in str(refused.exception)
        assert not out.exists()
    result = run(*arguments, "--sheet", "Werte", "--unit", "L", "--allow-missing")
    assert result.exit_code == 0, result.exception
    first, second = read_manifest(out)
    assert (first.patient_id, first.volume_ml, str(first.acquired_on)) == ("P0", 0.1, "2025-12-31")
    assert (second.volume_ml, str(second.acquired_on), second.covariates) == (0.2, "2025-03-04", {"age": 61})
    for told in (
        "sheet 'Werte'",
        "us dates",
        "in L, decimal comma",
        "1 rows without a file",
        "4 files without a label",
    ):
        assert told in result.stdout


def test_masks_give_the_volume(scans, tmp_path):
    write_nrrd(Image(np.ones((5, 5, 4), np.uint8), np.eye(4)), scans / "P0" / "s0_mask.nrrd")
    result = run(scans, "--pattern", "{patient}/{scan}", "--masks", "{scan}_mask", "--out", tmp_path / "m.csv")
    assert [scan.volume_ml for scan in read_manifest(tmp_path / "m.csv")] == [0.1]
    assert "1 of 6 scans" in result.stdout


def test_quiet_prints_nothing(scans, tmp_path):
    fields = ("--patient-field", "patient", "--volume-field", "volume")
    result = run(scans, *fields, "--out", tmp_path / "m.csv", "--quiet")
    assert result.output == ""


@pytest.mark.parametrize(
    "arguments, told",
    [
        ((), "no source was named"),
        (("--patient-field", "patient"), "no source tells volume_ml"),
        (("--pattern", "{patient"), "is no field"),
        (("--column", "x"), "expected COLUMN=NAME"),
        (("--sidecar",), "--sidecar reads the fields"),
    ],
)
def test_without_labels_nothing_is_written(scans, tmp_path, arguments, told):
    out = tmp_path / "m.csv"
    result = run(scans, *arguments, "--out", out)
    assert isinstance(result.exception, ManifestError)
    assert told in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not out.exists()
