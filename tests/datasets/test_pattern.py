import unicodedata

import pytest

from volest.datasets.pattern import PathPattern, path_key
from volest.errors import ManifestError


@pytest.mark.parametrize(
    "pattern, path, fields",
    [
        (
            "{patient}/{date}_{scan}.nrrd",
            "P 1/2024-01-31_a_b.nrrd",
            {"patient_id": "P 1", "acquired_on": "2024-01-31", "scan_id": "a_b"},
        ),
        ("{patient}/{scan}.nrrd", "P1/s.NRRD", {"patient_id": "P1", "scan_id": "s"}),
        ("{patient}/{scan}", "P1/s.nhdr", {"patient_id": "P1", "scan_id": "s"}),
        ("./{patient}/{scan}", "P1/s.nhdr", {"patient_id": "P1", "scan_id": "s"}),
        ("{patient}/{patient}_{scan}.nrrd", "P1/P1_s.nrrd", {"patient_id": "P1", "scan_id": "s"}),
        ("{patient}/{patient}_{scan}.nrrd", "P1/P2_s.nrrd", None),
        ("**/{patient}/{scan}.nrrd", "a/b/P1/s.nrrd", {"patient_id": "P1", "scan_id": "s"}),
        ("**/{patient}/{scan}.nrrd", "P1/s.nrrd", {"patient_id": "P1", "scan_id": "s"}),
        ("site*/{patient}/{scan}.nrrd", "site-2/P1/s.nrrd", {"patient_id": "P1", "scan_id": "s"}),
        (r"{patient:P_\d{3}}_{scan}.nrrd", "P_001_a_b.nrrd", {"patient_id": "P_001", "scan_id": "a_b"}),
        ("{patient}/{device}/{side}.nrrd", "P1/GE/left.nrrd", {"patient_id": "P1", "device": "GE", "side": "left"}),
        ("a.b(c)/{scan}.nrrd", "a.b(c)/s.nrrd", {"scan_id": "s"}),
        ("a.b(c)/{scan}.nrrd", "aXb(c)/s.nrrd", None),
        ("{patient}/{scan}.nrrd", "s.nrrd", None),
        ("{patient}/{scan}.nrrd", "P1/deep/s.nrrd", None),
        ("{patient}/{date}.nrrd", "P1/first.nrrd", None),
    ],
)
def test_a_path_tells_what_the_pattern_asks(pattern, path, fields):
    assert PathPattern(pattern).match(path) == fields


def test_accents_match_whatever_system_wrote_them():
    path, text = unicodedata.normalize("NFD", "Müller/s.nrrd"), unicodedata.normalize("NFC", "Müller/{scan}.nrrd")
    assert PathPattern(text).match(path) == {"scan_id": "s"}


def test_a_path_that_can_be_read_in_two_ways_is_refused():
    with pytest.raises(ManifestError, match=r"patient_id=P, scan_id=001_a or as patient_id=P_001, scan_id=a\. Give a"):
        PathPattern("{patient}_{scan}.nrrd").match("P_001_a.nrrd")


@pytest.mark.parametrize("text", ["{patient", "{}/{scan}", "{a b}.nrrd", "{0}.nrrd", "}{scan}"])
def test_brackets_that_are_no_field_are_refused(text):
    with pytest.raises(ManifestError, match="is no field"):
        PathPattern(text)


def test_paths_and_hashes_cannot_come_from_a_path():
    with pytest.raises(ManifestError, match=r"\{mask\} cannot come from a path"):
        PathPattern("{mask}/{scan}.nrrd")


def test_a_form_that_is_no_regular_expression_is_told():
    with pytest.raises(ManifestError, match="no regular expression"):
        PathPattern("{patient:(}/{scan}.nrrd")


def test_filling_is_the_inverse_of_matching():
    pattern = PathPattern("{patient}/{date}_{scan}.nrrd")
    assert pattern.fill(pattern.match("P1/20240131_s.nrrd")) == "P1/20240131_s.nrrd"
    assert pattern.fill({"patient_id": "P1"}) is None


def test_spellings_of_one_path_share_a_key(tmp_path):
    one = tmp_path / unicodedata.normalize("NFC", "Müller") / "s.NRRD"
    other = tmp_path / "x" / ".." / unicodedata.normalize("NFD", "Müller") / "s.nrrd"
    assert path_key(one) == path_key(other) != path_key(tmp_path / "s.nrrd")
