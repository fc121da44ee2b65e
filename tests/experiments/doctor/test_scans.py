import pytest

from volest.experiments.doctor import subject as subject_module
from volest.experiments.doctor.scans import SCANS
from volest.experiments.doctor.subject import Subject
from volest.records.manifest import read_manifest


@pytest.fixture
def copied(phantom_study, tmp_path):
    """The table of the study, with absolute paths, after a change of its text."""

    def copy(change):
        text = phantom_study.read_text().replace("scans/", f"{phantom_study.parent}/scans/")
        path = tmp_path / "copied.csv"
        path.write_text(change(text))
        return f"data.manifest={path}"

    return copy


def test_headers_folds_and_grid_are_told(outcome, subject):
    found = outcome(SCANS, subject())
    assert found.state == "ok", found
    assert found.measured.startswith("12 of 12 headers, 6 patients, 2 folds; ")
    assert "; grid " in found.measured


def test_of_a_large_study_a_sample_is_read(outcome, subject, monkeypatch):
    monkeypatch.setattr(subject_module, "HEADERS", 5)
    assert outcome(SCANS, subject()).measured.startswith("5 of 12 headers")


def test_without_a_manifest_there_is_nothing_to_examine(outcome, tmp_path, monkeypatch):
    from volest.config import load_config

    monkeypatch.chdir(tmp_path)
    found = outcome(SCANS, Subject(load_config(), tmp_path))
    assert (found.state, "volest index" in found.remedy) == ("skipped", True)


def test_a_manifest_that_was_named_and_is_not_there_is_a_failure(outcome, subject):
    found = outcome(SCANS, subject("data.manifest=gone.csv"))
    assert (found.state, "gone.csv does not exist" in found.remedy) == ("failed", True)


def test_a_scan_that_is_gone_is_named(outcome, subject, copied, phantom_study):
    victim = read_manifest(phantom_study).scans[3]
    found = outcome(SCANS, subject(copied(lambda text: text.replace(victim.path.name, "gone.nrrd"))))
    assert (found.state, repr(victim.scan_id) in found.remedy) == ("failed", True)


def test_a_reference_that_has_no_room_in_its_scan_is_named(outcome, subject, copied, phantom_study):
    victim = read_manifest(phantom_study).scans[3]
    found = outcome(SCANS, subject(copied(lambda text: text.replace(f"{victim.volume_ml:.10g}"[:6], "900000"))))
    assert (found.state, "larger than the field of view" in found.remedy) == ("failed", True), found


def test_folds_that_cannot_be_made_are_a_failure(outcome, subject):
    assert "split.folds" in outcome(SCANS, subject("split.folds=7")).remedy
