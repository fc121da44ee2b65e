import unicodedata
from datetime import date, datetime

import numpy as np
import openpyxl
import pytest

from volest.datasets.conversion import Conventions
from volest.datasets.fields import NamedFields
from volest.datasets.index import index_scans
from volest.datasets.labels import LabelSources
from volest.datasets.numerals import DecimalSign
from volest.datasets.pattern import PathPattern
from volest.datasets.units import Unit
from volest.errors import ManifestError, ScanError
from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.manifest import file_sha256, read_manifest, write_manifest

HEADERS = LabelSources(fields=NamedFields({"patient_id": "patient", "volume_ml": "volume"}))


@pytest.fixture
def labels(study, tmp_path):
    path = tmp_path / "labels.csv"
    write_manifest(study, path)
    return path


@pytest.fixture
def scan(tmp_path):
    """Write a scan of 64 mL below `tmp_path`; no two are equal."""
    count = iter(range(1000))

    def write(name: str, **fields: str):
        rng = np.random.default_rng(next(count))
        path = tmp_path / name
        write_nrrd(Image(rng.integers(0, 255, (8, 8, 8)).astype(np.uint8), np.diag([5.0, 5.0, 5.0, 1.0])), path, fields)
        return path

    return write


@pytest.fixture
def mask(tmp_path):
    """Write a mask of so many mL below `tmp_path`."""

    def write(name: str, volume_ml: int, value: int = 1):
        voxels = np.zeros(512, np.uint8)
        voxels[: volume_ml * 8] = value
        write_nrrd(Image(voxels.reshape(8, 8, 8), np.diag([5.0, 5.0, 5.0, 1.0])), tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def table(tmp_path):
    def write(text: str, encoding: str = "utf-8"):
        path = tmp_path / "labels.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


def indexed(folder, pattern=None, **sources):
    return index_scans(folder, LabelSources(pattern=PathPattern(pattern) if pattern else None, **sources))


def told(manifest):
    return {scan.scan_id: (scan.patient_id, scan.volume_ml) for scan in manifest}


def test_a_manifest_indexed_again_gains_only_the_hashes(study, labels, tmp_path):
    manifest, report = indexed(tmp_path, table=labels)
    assert [scan.path for scan in manifest] == [scan.path for scan in study]
    assert [scan.sha256 for scan in manifest] == [file_sha256(scan.path) for scan in study]
    assert report.range_ml == (10, 12)
    assert report.unlabelled == report.repeated == report.notes == ()
    write_manifest(manifest, labels)
    assert indexed(tmp_path, table=labels)[0] == manifest == read_manifest(labels)


def test_table_and_header_fields_give_the_same_scans(study, labels, tmp_path):
    assert indexed(tmp_path, table=labels)[0] == index_scans(tmp_path, HEADERS)[0]


def test_files_without_a_label_and_repeated_files_are_reported(study, labels, tmp_path, image):
    write_nrrd(image, tmp_path / "extra.nrrd")
    study.scans[1].path.write_bytes(study.scans[0].path.read_bytes())
    _, report = indexed(tmp_path, table=labels)
    assert report.unlabelled == (tmp_path / "extra.nrrd",)
    assert report.repeated == (("s0", "s1"),)


def test_a_row_whose_file_is_gone_is_named_and_left_out_only_when_asked(study, labels, tmp_path):
    study.scans[1].path.unlink()
    with pytest.raises(ManifestError, match=r"1 of 3 rows have no file: row 3 \('s1'\);.*--allow-missing"):
        indexed(tmp_path, table=labels)
    manifest, report = indexed(tmp_path, table=labels, allow_missing=True)
    assert [scan.scan_id for scan in manifest] == ["s0", "s2"]
    assert report.rows_without_file == ("row 3 ('s1')",)


def test_a_labelled_file_that_is_no_scan_is_named(study, labels, tmp_path):
    study.scans[1].path.write_bytes(b"NRRD0005\ntype: uint8\n\n")
    with pytest.raises(ScanError, match=r"scan_id 's1': scan .*s1\.nrrd"):
        indexed(tmp_path, table=labels)


def test_a_folder_without_scans_is_refused(labels, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match="holds no scan"):
        indexed(tmp_path / "empty", table=labels)


def test_patient_and_day_in_the_path_join_the_volumes_of_a_german_spreadsheet(scan, table, tmp_path):
    for name in ("P1/20240131_a.nrrd", "P1/20240301_b.nrrd", "P2/20240131_c.NRRD"):
        scan(f"Prüfling/{name}")
    content = "Datei;Volumen [cm³];Größe\na;12,5;1,70\nb;13,25;1,70\nc;1.234,5;1,65\n;;\n"
    sources = {"table": table(content, "cp1252"), "columns": {"scan_id": "Datei", "volume_ml": "Volumen [cm³]"}}
    manifest, report = indexed(tmp_path / "Prüfling", "{patient}/{date}_{scan}.nrrd", **sources)
    assert told(manifest) == {"a": ("P1", 12.5), "b": ("P1", 13.25), "c": ("P2", 1234.5)}
    assert [scan.acquired_on for scan in manifest] == [date(2024, 1, 31), date(2024, 3, 1), date(2024, 1, 31)]
    assert [scan.covariates["Größe"] for scan in manifest] == [1.7, 1.7, 1.65]
    assert report.columns == {
        "scan_id": "column 'Datei', and the same in {scan} of --pattern",
        "patient_id": "{patient} of --pattern",
        "path": "files below the folder",
        "volume_ml": "column 'Volumen [cm³]' in mL, decimal comma",
        "acquired_on": "{date} of --pattern",
        "Größe": "column 'Größe'",
    }
    assert report.table == "3 rows, semicolon between cells, Windows-1252"


def test_a_row_without_scan_id_is_found_by_its_patient_and_day(scan, table, tmp_path):
    for name in ("P1/2024-01-31", "P1/2024-03-01", "P2/2024-01-31"):
        scan(f"{name}.nrrd")
    labels = table("patient_id,acquired_on,volume_ml\nP2,01/31/2024,3\nP1,03/01/2024,2\nP1,01/31/2024,1\n")
    manifest, report = indexed(tmp_path, "{patient}/{date}.nrrd", table=labels)
    assert told(manifest) == {"P2/2024-01-31": ("P2", 3), "2024-03-01": ("P1", 2), "P1/2024-01-31": ("P1", 1)}
    assert any("2 scans share a scan_id" in note for note in report.notes)


def test_files_of_one_name_are_told_apart_by_their_patient(scan, table, tmp_path):
    for patient in ("P1", "P2"):
        scan(f"{patient}/s0.nrrd")
    labels = table("scan_id,patient_id,volume_ml\ns0,P2,20\ns0,P1,10\n")
    with pytest.raises(ManifestError, match=r"row 2 \('s0'\) could be .*P1/s0\.nrrd or .*P2/s0\.nrrd.*--pattern"):
        indexed(tmp_path, table=labels)
    manifest, _ = indexed(tmp_path, "{patient}/{scan}.nrrd", table=labels)
    assert told(manifest) == {"P2/s0": ("P2", 20), "P1/s0": ("P1", 10)}


def test_sources_that_contradict_each_other_are_refused(scan, table, tmp_path):
    scan("P1/s0.nrrd", patient="P2")
    labels = table("scan_id,patient_id,volume_ml\ns0,P3,20\n")
    with pytest.raises(ManifestError, match=r"row 2 \('s0'\): patient_id is 'P1' in one place and 'P3' in another"):
        indexed(tmp_path, "{patient}/{scan}.nrrd", table=labels)
    with pytest.raises(ManifestError, match=r"s0\.nrrd: patient_id is 'P1' in one place and 'P2'"):
        indexed(tmp_path, "{patient}/{scan}.nrrd", fields=NamedFields({"patient_id": "patient"}), masks="{scan}_m")


def test_ids_that_excel_made_numbers_of_find_their_files(scan, tmp_path):
    for name in ("007/001", "007/002", "008/003"):
        scan(f"{name}.nrrd")
    book = openpyxl.Workbook()
    for row in (
        ["Bild", "Patient", "vol", "Tag"],
        [1, 7, 10.5, datetime(2024, 1, 31)],
        [2.0, "7", "11,5", None],
        ["003", 8, 12, None],
        [],
    ):
        book.active.append(row)
    book.save(tmp_path / "labels.xlsx")
    columns = {"scan_id": "Bild", "patient_id": "Patient", "volume_ml": "vol", "acquired_on": "Tag"}
    manifest, report = indexed(tmp_path, "{patient}/{scan}", table=tmp_path / "labels.xlsx", columns=columns)
    assert told(manifest) == {"001": ("007", 10.5), "002": ("007", 11.5), "003": ("008", 12)}
    assert manifest.scans[0].acquired_on == date(2024, 1, 31)
    assert "2 cells of scan_id are not written as the files are: '1' of row 2 for '001' was taken" in report.notes


def test_a_number_that_could_be_two_files_is_none(scan, table, tmp_path):
    scan("01.nrrd")
    scan("001.nrrd")
    with pytest.raises(ManifestError, match=r"row 2 \('1'\)"):
        indexed(tmp_path, table=table("scan_id,patient_id,volume_ml\n1,P1,5\n"))


def test_a_scan_id_may_be_written_with_its_suffix_and_with_accents_of_another_system(scan, table, tmp_path):
    scan(unicodedata.normalize("NFD", "Ärzte haus/Müller.nrrd"))
    scan("s.nrrd")
    labels = table("scan_id,patient_id,volume_ml\nMüller.nrrd,P1,5\ns.NRRD,P1,6\n")
    assert told(indexed(tmp_path, table=labels)[0]) == {"Müller": ("P1", 5), "s": ("P1", 6)}


@pytest.mark.parametrize("path", ["Ärzte haus\\Müller.nrrd", "Ärzte haus/Müller.NRRD", "./Ärzte haus/Müller.nrrd"])
def test_a_path_may_be_written_as_another_system_writes_it(scan, table, tmp_path, path):
    file = scan(unicodedata.normalize("NFD", "Ärzte haus/Müller.nrrd"))
    labels = table(f"scan_id,path,patient_id,volume_ml\nx,{path},P1,5\n")
    assert [scan.path for scan in indexed(tmp_path, table=labels)[0]] == [file]


def test_paths_may_be_relative_to_the_folder_that_is_searched(scan, table, tmp_path):
    scan("scans/s0.nrrd")
    manifest, report = indexed(tmp_path / "scans", table=table("path,patient_id,volume_ml\ns0.nrrd,P1,5\n"))
    assert told(manifest) == {"s0": ("P1", 5)}
    assert any("relative to" in note for note in report.notes)


@pytest.mark.parametrize("rows", ["s0,P1,5\ns0,P1,5", "s0,P1,5\ns0.nrrd,P1,6"])
def test_two_rows_of_one_scan_are_refused(scan, table, tmp_path, rows):
    scan("s0.nrrd")
    with pytest.raises(ManifestError, match=r"row 2 \('s0'\) and row 3 \('s0'\) are both of .*s0\.nrrd"):
        indexed(tmp_path, table=table(f"scan_id,patient_id,volume_ml\n{rows}\n"))


def test_one_scan_id_for_two_paths_is_refused(scan, table, tmp_path):
    scan("a.nrrd")
    scan("b.nrrd")
    labels = table("scan_id,path,patient_id,volume_ml\nx,a.nrrd,P1,5\nx,b.nrrd,P1,5\n")
    with pytest.raises(ManifestError, match=r"scan_id 'x' stands in row 2 \('x'\) and row 3"):
        indexed(tmp_path, table=labels)


def test_a_link_to_a_scan_is_the_same_file_content(scan, table, tmp_path):
    (tmp_path / "s1.nrrd").symlink_to(scan("s0.nrrd"))
    _, report = indexed(tmp_path, table=table("scan_id,patient_id,volume_ml\ns0,P1,5\ns1,P2,5\n"))
    assert report.repeated == (("s0", "s1"),)


def test_one_scan_in_two_formats_is_refused(scan, tmp_path):
    fields = {"patient": "P1", "volume": "5"}
    scan("a.nrrd", **fields).rename(tmp_path / "a.NRRD")
    scan("a.nrrd", **fields)
    with pytest.raises(ManifestError, match=r"a\.NRRD and .*a\.nrrd have one name"):
        index_scans(tmp_path, HEADERS)


def test_header_labels_tell_apart_files_of_one_name_by_their_folder(study, tmp_path, image):
    write_nrrd(image, tmp_path / "scans" / "later" / "s0.nrrd", {"patient": "B", "volume": "9"})
    manifest, _ = index_scans(tmp_path, HEADERS)
    assert sorted(told(manifest)) == ["s1", "s2", "scans/later/s0", "scans/s0"]


def test_a_file_without_a_label_takes_no_name_from_another(study, scan, tmp_path):
    scan("later/s0.nrrd")
    assert sorted(told(index_scans(tmp_path, HEADERS)[0])) == ["s0", "s1", "s2"]


def test_files_that_do_not_fit_the_pattern_are_left_out_and_told(scan, tmp_path):
    for name in ("P1/a.nrrd", "P2/b.nrrd", "old.nrrd"):
        scan(name, volume="5")
    manifest, report = indexed(tmp_path, "{patient}/{scan}.nrrd", fields=NamedFields({"volume_ml": "volume"}))
    assert told(manifest) == {"a": ("P1", 5), "b": ("P2", 5)}
    assert report.unfit == (tmp_path / "old.nrrd",)


def test_a_pattern_that_fits_nothing_says_what_paths_look_like(scan, tmp_path):
    scan("P1/first_a.nrrd")
    for pattern, hint in (("{patient}.nrrd", r"such as 'P1/first_a\.nrrd'"), ("{patient}/{date}_{scan}", r"\{visit\}")):
        with pytest.raises(ManifestError, match=hint):
            indexed(tmp_path, pattern, masks="{scan}_mask")


@pytest.mark.parametrize(
    "masks, beside",
    [("{scan}_mask.nrrd", "P1/a_mask.nrrd"), ("../masks/{scan}", "masks/a.NRRD"), ("m/{scan}", "m/a.nrrd")],
)
def test_masks_beside_scans_give_the_volume(scan, mask, tmp_path, masks, beside):
    scan("P1/a.nrrd")
    scan("P1/b.nrrd")
    path, lonely = mask(beside, 7, value=255), mask(beside.replace("a.", "c.").replace("a_", "c_"), 3)
    manifest, report = indexed(tmp_path, "{patient}/{scan}", masks=masks)
    assert told(manifest) == {"a": ("P1", 7)}
    assert manifest.scans[0].mask_path == path
    assert report.unlabelled == (tmp_path / "P1/b.nrrd",)
    assert report.masks_without_scan == (lonely,)
    assert report.columns["mask_path"].endswith("1 of 2 scans")


def test_masks_leave_volumes_of_a_table_alone(scan, mask, table, tmp_path):
    scan("a.nrrd")
    mask("a_mask.nrrd", 7)
    labels = table("scan_id,patient_id,volume_ml\na,P1,8\n")
    manifest, report = indexed(tmp_path, table=labels, masks="{scan}_mask.nrrd")
    assert told(manifest) == {"a": ("P1", 8)}
    assert manifest.scans[0].mask_path == tmp_path / "a_mask.nrrd"
    _, report = indexed(tmp_path, table=labels)
    assert any("--masks" in note for note in report.notes)


def test_patients_of_a_table_and_volumes_of_masks_go_together(scan, mask, table, tmp_path):
    scan("a.nrrd")
    mask("P1_a_seg.nrrd", 7, value=2)
    labels = table("scan_id,patient_id\na,P1\n")
    manifest, _ = indexed(tmp_path, table=labels, masks="{patient}_{scan}_seg", mask_labels=(2,))
    assert told(manifest) == {"a": ("P1", 7)}
    with pytest.raises(ScanError, match=r"scan_id 'a': mask .* has no voxel of 1"):
        indexed(tmp_path, table=labels, masks="{patient}_{scan}_seg", mask_labels=(1,))


@pytest.mark.parametrize(
    "masks, told",
    [
        ("{scan}.nrrd", "every file below .* fits it"),
        ("mask.nrrd", "expected fields of the scan"),
        ("*_mask.nrrd", "expected fields of the scan"),
        ("{scan}_{date}_mask.nrrd", "its fields are scan, date, but a scan has scan_id"),
        ("{scan}_seg.nrrd", "none of 1 scans has such a mask"),
    ],
)
def test_masks_that_cannot_be_found_are_told(scan, mask, table, tmp_path, masks, told):
    scan("a.nrrd")
    with pytest.raises(ManifestError, match=told):
        indexed(tmp_path, table=table("scan_id,patient_id\na,P1\n"), masks=masks)


def test_a_mask_is_not_taken_for_its_scan(study, table, tmp_path, image):
    write_nrrd(image, tmp_path / "masks" / "s0.nrrd")
    labels = table("scan_id,patient_id,volume_ml,mask_path\ns0,A,10,masks/s0.nrrd\n")
    manifest, _ = indexed(tmp_path, table=labels)
    assert [scan.path for scan in manifest] == [study.scans[0].path]
    with pytest.raises(ManifestError, match="mask_path stands in the table, and --masks"):
        indexed(tmp_path, table=labels, masks="../masks/{scan}")
    (tmp_path / "masks" / "s0.nrrd").unlink()
    with pytest.raises(ManifestError, match=r"row 2 \('s0'\): its mask masks/s0\.nrrd does not exist"):
        indexed(tmp_path, table=labels)


def test_units_and_decimal_signs_that_are_asked_for_are_taken(scan, table, tmp_path):
    scan("a.nrrd")
    labels = table("scan_id;patient_id;volume_ml\na;P1;62,056\n")
    with pytest.raises(ManifestError, match="--decimal comma"):
        indexed(tmp_path, table=labels)
    conventions = Conventions(unit=Unit.L, decimal=DecimalSign.COMMA)
    assert told(indexed(tmp_path, table=labels, conventions=conventions)[0]) == {"a": ("P1", 62056)}


def test_patients_that_look_alike_are_told(scan, table, tmp_path):
    scan("a.nrrd")
    scan("b.nrrd")
    _, report = indexed(tmp_path, table=table("scan_id,patient_id,volume_ml,Volume2\na,P-01,5,5\nb,p1,6,6\n"))
    assert any("'P-01' and 'p1' look alike" in note for note in report.notes)
    assert any("'Volume2' looks like a volume" in note for note in report.notes)


def test_patients_whose_numbers_differ_do_not_look_alike(scan, table, tmp_path):
    scan("a.nrrd")
    scan("b.nrrd")
    _, report = indexed(tmp_path, table=table("scan_id,patient_id,volume_ml\na,1-11,5\nb,11-1,6\n"))
    assert report.notes == ()


def test_a_row_without_a_mask_is_named_and_left_out_only_when_asked(scan, mask, table, tmp_path):
    scan("a.nrrd")
    scan("b.nrrd")
    mask("a_mask.nrrd", 7)
    sources = {"table": table("scan_id,patient_id\na,P1\nb,P2\n"), "masks": "{scan}_mask"}
    with pytest.raises(ManifestError, match=r"1 of 2 rows have no mask to measure: 'b'\. .*--allow-missing"):
        indexed(tmp_path, **sources)
    manifest, report = indexed(tmp_path, **sources, allow_missing=True)
    assert told(manifest) == {"a": ("P1", 7)}
    assert report.unlabelled == (tmp_path / "b.nrrd",)


def test_a_table_of_labels_needs_something_to_find_files_by(scan, table, tmp_path):
    scan("a.nrrd")
    with pytest.raises(ManifestError, match=r"'scan_id' is missing; it has patient_id, volume_ml, Datei\. .*Datei"):
        indexed(tmp_path, table=table("patient_id,volume_ml,Datei\nP1,5,a\n"))
    with pytest.raises(ManifestError, match=r"row 2 .* has an empty scan_id"):
        indexed(tmp_path, table=table("scan_id,patient_id,volume_ml\n,P1,5\n"))


def test_an_unknown_scan_id_is_answered_with_its_neighbour(scan, table, tmp_path):
    scan("scan_a.nrrd")
    with pytest.raises(ManifestError, match=r"Did you mean 'scan_a'\?"):
        indexed(tmp_path, table=table("scan_id,patient_id,volume_ml\nscan-a,P1,5\n"))


def test_a_path_that_the_pattern_does_not_fit_is_told(scan, table, tmp_path):
    scan("a.nrrd")
    scan("P1/b.nrrd")
    labels = table("path,volume_ml\na.nrrd,5\n")
    with pytest.raises(ManifestError, match=r"names .*a\.nrrd, which is no scan here: it does not fit --pattern"):
        indexed(tmp_path, "{patient}/{scan}", table=labels)


def test_columns_without_a_table_are_refused(scan, tmp_path):
    scan("a.nrrd")
    with pytest.raises(ManifestError, match="Add --labels TABLE"):
        indexed(tmp_path, columns={"patient_id": "x"})
