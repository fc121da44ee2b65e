import random
from datetime import date
from pathlib import Path

import pytest

from volest.errors import ManifestError
from volest.records.manifest import Manifest, Scan, file_sha256, read_manifest, write_manifest

HEAD = "scan_id,patient_id,path,volume_ml"


@pytest.fixture
def table(tmp_path):
    def write(*lines: str) -> Path:
        path = tmp_path / "manifest.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def test_writing_and_reading_is_the_identity(tmp_path):
    manifest = Manifest(
        (
            Scan("007", "P1", tmp_path / "a.nrrd", 31.25, covariates={"age": 40.0, "site": "north"}),
            Scan(
                "b,c",
                "P\u00fc",
                Path("/elsewhere/b.nrrd"),
                0.1 + 0.2,
                mask_path=tmp_path / "m" / "b.nrrd",
                acquired_on=date(2024, 2, 29),
                device="probe 2",
                sha256="ab" * 32,
            ),
        )
    )
    write_manifest(manifest, tmp_path / "manifest.csv")
    again = read_manifest(tmp_path / "manifest.csv")
    assert [scan.volume_ml for scan in again] == pytest.approx([31.25, 0.3])
    assert again.scans[0] == manifest.scans[0]
    assert again.scans[1].mask_path == tmp_path / "m" / "b.nrrd"
    assert again.scans[1].acquired_on == date(2024, 2, 29)
    assert again.scans[1].covariates == {}


def test_paths_are_relative_to_the_table_so_that_a_folder_can_be_moved(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    write_manifest(Manifest((Scan("a", "P", old / "scans" / "a.nrrd", 1.0),)), old / "manifest.csv")
    old.rename(new)
    assert read_manifest(new / "manifest.csv").scans[0].path == new / "scans" / "a.nrrd"


def test_ids_that_look_like_numbers_stay_text(table):
    manifest = read_manifest(table(HEAD, "001,07,a.nrrd,5", "1,7,b.nrrd,6"))
    assert [scan.scan_id for scan in manifest] == ["001", "1"]
    assert manifest.patients == ("07", "7")


def test_patients_and_their_scans(table):
    manifest = read_manifest(table(HEAD, "a,P,a.nrrd,5", "b,Q,b.nrrd,6", "c,P,c.nrrd,7"))
    assert manifest.patients == ("P", "Q")
    assert [scan.scan_id for scan in manifest.of({"P"})] == ["a", "c"]


@pytest.mark.parametrize("value", ["0", "-3", "nan", "inf", "a lot", "12,5"])
def test_a_volume_that_is_no_positive_number_names_the_scan(table, value):
    with pytest.raises(ManifestError, match="scan 'a' has volume_ml"):
        read_manifest(table(HEAD, f'a,P,a.nrrd,"{value}"'))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((HEAD,), "no rows"),
        ((HEAD, "a,P,a.nrrd,5", "a,P,b.nrrd,6"), "scan_id 'a' stands in 2 rows"),
        ((HEAD, "a,,a.nrrd,5"), "scan 'a' has an empty patient_id"),
        ((HEAD, "a,P,a.nrrd,"), "scan 'a' has an empty volume_ml"),
        (("scan_id,patient,path,volume_ml", "a,P,a.nrrd,5"), r"'patient_id' is missing.*Did you mean.*'patient'"),
        (("scan_id,patient_id,path", "a,P,a.nrrd"), "column 'volume_ml' is missing"),
        ((f"{HEAD},mask_paths", "a,P,a.nrrd,5,m.nrrd"), "unknown column 'mask_paths'; did you mean 'mask_path'"),
        ((f"{HEAD},acquired_on", "a,P,a.nrrd,5,yesterday"), "scan 'a' has acquired_on 'yesterday'"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(table, lines, message):
    with pytest.raises(ManifestError, match=message):
        read_manifest(table(*lines))


def test_no_table_says_how_to_make_one(tmp_path):
    with pytest.raises(ManifestError, match="volest index DIR --labels TABLE"):
        read_manifest(tmp_path / "gone.csv")


def test_the_hash_is_that_of_the_bytes(tmp_path):
    content = random.Random(0).randbytes(1000)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "c").write_bytes(content[1:])
    assert file_sha256(tmp_path / "a") == file_sha256(tmp_path / "b") != file_sha256(tmp_path / "c")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. Each scan needs a row with scan_id"),
        (b"\x1f\x8b\xff\x00\xa2", "is no text in UTF-8.*volest index DIR --labels TABLE"),
        (f"{HEAD}\na,P,a.nrrd,5,\nb,P,b.nrrd,6,\n".encode(), "more cells than there are names of columns"),
        (
            f"{HEAD}\na,P,a.nrrd,5\nb,P,b.nrrd,5,6\n".encode(),
            "Expected 4 fields in line 3, saw 5. A comma within a cell",
        ),
        (HEAD.replace(",", ";").encode() + b"\na;P;a.nrrd;5\n", "'scan_id' is missing.*let `volest index DIR --labels"),
    ],
)
def test_what_is_no_table_of_commas_says_which_command_reads_it(tmp_path, content, message):
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_a_folder_is_no_manifest(tmp_path):
    with pytest.raises(ManifestError, match=r"is a folder\. Name the table in it"):
        read_manifest(tmp_path)
