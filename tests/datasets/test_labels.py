import pytest

from volest.datasets.labels import HeaderFields, labels_from_headers, labels_from_table
from volest.errors import ManifestError
from volest.images.formats import find_scans
from volest.images.nrrd import write_nrrd


@pytest.fixture
def table(tmp_path):
    def write(text: str):
        path = tmp_path / "labels.csv"
        path.write_text(text)
        return path

    return write


def test_without_a_path_the_file_is_named_as_its_scan_id(study, table, tmp_path):
    found = labels_from_table(table("scan_id,patient_id,volume_ml\ns2,B,12\ns0,A,10\n"), find_scans(tmp_path))
    assert found["path"].tolist() == [str(study.scans[2].path), str(study.scans[0].path)]


def test_a_path_that_is_given_is_kept_and_an_empty_one_is_found(study, table, tmp_path):
    found = labels_from_table(
        table("scan_id,patient_id,path,volume_ml\nx,A,scans/s0.nrrd,1\ns1,A,,2\n"), find_scans(tmp_path)
    )
    assert found["path"].tolist() == ["scans/s0.nrrd", str(study.scans[1].path)]


def test_two_files_of_one_name_are_ambiguous(study, table, tmp_path, image):
    write_nrrd(image, tmp_path / "other" / "s0.nrrd")
    labels = table("scan_id,patient_id,volume_ml\ns0,A,10\n")
    with pytest.raises(ManifestError, match=r"'s0' could be .*other/s0\.nrrd or .*scans/s0\.nrrd"):
        labels_from_table(labels, find_scans(tmp_path))


def test_a_mask_is_not_taken_for_its_scan(study, table, tmp_path, image):
    write_nrrd(image, tmp_path / "masks" / "s0.nrrd")
    labels = table("scan_id,patient_id,volume_ml,mask_path\ns0,A,10,masks/s0.nrrd\n")
    assert labels_from_table(labels, find_scans(tmp_path))["path"].tolist() == [str(study.scans[0].path)]


def test_labels_without_a_file_are_named(study, table, tmp_path):
    labels = table("scan_id,patient_id,volume_ml\ns0,A,10\nghost,A,10\n")
    with pytest.raises(ManifestError, match="no scan below the folder is named as scan_id 'ghost'"):
        labels_from_table(labels, find_scans(tmp_path))


def test_a_table_without_scan_ids_says_what_it_has(study, table, tmp_path):
    with pytest.raises(ManifestError, match="column 'scan_id' is missing; it has patient_id, volume_ml"):
        labels_from_table(table("patient_id,volume_ml\nA,10\n"), find_scans(tmp_path))


def test_labels_are_read_from_named_header_fields(study, tmp_path):
    names = HeaderFields("patient", "volume", covariates=("age",))
    found = labels_from_headers(names, find_scans(tmp_path), tmp_path)
    assert found["patient_id"].tolist() == ["A", "A", "B"]
    assert found["volume_ml"].tolist() == ["10", "11", "12"]
    assert found["age"].tolist() == ["30", "31", "32"]


def test_header_labels_tell_apart_files_of_one_name_by_their_folder(study, tmp_path, image):
    write_nrrd(image, tmp_path / "scans" / "later" / "s0.nrrd", {"patient": "B", "volume": "9"})
    found = labels_from_headers(HeaderFields("patient", "volume"), find_scans(tmp_path), tmp_path)
    assert sorted(found["scan_id"]) == ["s1", "s2", "scans/later/s0", "scans/s0"]


def test_header_fields_that_no_scan_has_are_answered_with_those_that_are_there(study, tmp_path):
    with pytest.raises(ManifestError, match=r"none of 3 scans .* Fields found: age, patient, volume"):
        labels_from_headers(HeaderFields("name", "volume"), find_scans(tmp_path), tmp_path)
