import json

import pytest

from volest.datasets.fields import NamedFields, parse_fields, read_fields, sidecar_path
from volest.errors import ManifestError


@pytest.fixture
def sidecars(study):
    def write(**changes):
        for number, scan in enumerate(study):
            content = {"patient": {"id": scan.patient_id}, "volume": scan.volume_ml, "age": 30 + number, **changes}
            sidecar_path(scan.path).write_text(json.dumps(content), encoding="utf-8-sig")
        return [scan.path for scan in study]

    return write


def test_fields_are_named_by_column():
    named = parse_fields("PatientID", None, ["age", "date=StudyDate"])
    assert named == NamedFields({"patient_id": "PatientID", "age": "age", "acquired_on": "StudyDate"})
    assert parse_fields(None, None) is None
    with pytest.raises(ManifestError, match="two fields are named for patient_id"):
        parse_fields("a", "b", ["patient=c"])
    with pytest.raises(ManifestError, match="--sidecar reads the fields"):
        parse_fields(None, None, in_sidecar=True)


def test_a_sidecar_tells_numbers_text_and_what_lies_within(sidecars, tmp_path):
    named = NamedFields({"patient_id": "patient.id", "volume_ml": "volume", "age": "age"}, in_sidecar=True)
    rows = read_fields(named, sidecars(), tmp_path)
    assert rows[2] == {"patient_id": "B", "volume_ml": 12.0, "age": "32"}


def test_a_scan_without_a_sidecar_tells_nothing(sidecars, tmp_path):
    files = sidecars()
    sidecar_path(files[1]).unlink()
    assert read_fields(NamedFields({"volume_ml": "volume"}, True), files, tmp_path)[1] == {}


def test_fields_that_no_scan_has_are_answered_with_those_that_are_there(study, sidecars, tmp_path):
    files = [scan.path for scan in study]
    with pytest.raises(ManifestError, match=r"none of 3 scans .* in the headers\. Fields found: age, patient, volume"):
        read_fields(NamedFields({"patient_id": "name"}), files, tmp_path)
    with pytest.raises(ManifestError, match=r"found: none \(a sidecar is NAME\.json"):
        read_fields(NamedFields({"patient_id": "name"}, True), files, tmp_path)
    with pytest.raises(ManifestError, match=r"found: age, patient\.id, volume"):
        read_fields(NamedFields({"patient_id": "name"}, True), sidecars(), tmp_path)


@pytest.mark.parametrize("content", ["{", "[1]", '{"volume": [1]}', "[" * 100_000])
def test_a_sidecar_that_tells_no_field_is_named(study, tmp_path, content):
    files = [scan.path for scan in study]
    sidecar_path(files[0]).write_text(content)
    with pytest.raises(ManifestError, match=r"s0.*(is no JSON|expected)"):
        read_fields(NamedFields({"volume_ml": "volume"}, True), files, tmp_path)
