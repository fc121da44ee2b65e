import pytest

from volest.datasets.index import index_scans
from volest.datasets.labels import HeaderFields
from volest.errors import ManifestError, ScanError
from volest.images.nrrd import write_nrrd
from volest.records.manifest import file_sha256, read_manifest, write_manifest


@pytest.fixture
def labels(study, tmp_path):
    path = tmp_path / "labels.csv"
    write_manifest(study, path)
    return path


def test_a_manifest_indexed_again_gains_only_the_hashes(study, labels, tmp_path):
    manifest, report = index_scans(tmp_path, labels)
    assert [scan.path for scan in manifest] == [scan.path for scan in study]
    assert [scan.sha256 for scan in manifest] == [file_sha256(scan.path) for scan in study]
    assert report.range_ml == (10, 12)
    assert report.unlabelled == report.repeated == ()
    write_manifest(manifest, labels)
    assert index_scans(tmp_path, labels)[0] == manifest == read_manifest(labels)


def test_table_and_header_fields_give_the_same_scans(study, labels, tmp_path):
    by_table, _ = index_scans(tmp_path, labels)
    by_header, _ = index_scans(tmp_path, header_fields=HeaderFields("patient", "volume"))
    assert by_table == by_header


def test_files_without_a_label_and_repeated_files_are_reported(study, labels, tmp_path, image):
    write_nrrd(image, tmp_path / "extra.nrrd")
    study.scans[1].path.write_bytes(study.scans[0].path.read_bytes())
    _, report = index_scans(tmp_path, labels)
    assert report.unlabelled == (tmp_path / "extra.nrrd",)
    assert report.repeated == (("s0", "s1"),)


def test_a_label_whose_file_is_gone_is_named(study, labels, tmp_path):
    study.scans[1].path.unlink()
    with pytest.raises(ManifestError, match=r"1 of 3 scans have no file: 's1'"):
        index_scans(tmp_path, labels)


def test_a_labelled_file_that_is_no_scan_is_named(study, labels, tmp_path):
    study.scans[1].path.write_bytes(b"NRRD0005\ntype: uint8\n\n")
    with pytest.raises(ScanError, match=r"scan_id 's1': scan .*s1\.nrrd cannot be read"):
        index_scans(tmp_path, labels)


def test_labels_come_from_exactly_one_place(study, labels, tmp_path):
    for given in ({}, {"labels": labels, "header_fields": HeaderFields("patient", "volume")}):
        with pytest.raises(ManifestError, match="Name one of them"):
            index_scans(tmp_path, **given)


def test_a_folder_without_scans_is_refused(labels, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match="holds no scan"):
        index_scans(tmp_path / "empty", labels)
