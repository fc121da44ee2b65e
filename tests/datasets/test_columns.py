import pytest

from volest.datasets.columns import clean, parse_columns, rename_columns, suggest
from volest.errors import ManifestError


def test_short_names_stand_for_columns():
    named = parse_columns(["patient=Pat", "volume_ml=Volumen [cm³]", "side=Seite"])
    assert named == {"patient_id": "Pat", "volume_ml": "Volumen [cm³]", "side": "Seite"}


@pytest.mark.parametrize("texts", [["volume_ml"], ["=x"], ["x="], ["scan=a", "scan_id=b"], ["scan=a", "patient=a"]])
def test_what_names_no_column_is_refused(texts):
    with pytest.raises(ManifestError, match=r"expected COLUMN=NAME|named before"):
        parse_columns(texts)


def test_a_named_column_is_found_whatever_its_case_or_answered_with_its_neighbour():
    assert rename_columns(["PAT", "x"], {"patient_id": "Pat"}, "t") == {"PAT": "patient_id", "x": "x"}
    with pytest.raises(ManifestError, match=r"t: no column 'Volume' for volume_ml; .* Did you mean 'Volumen'\?"):
        rename_columns(["Volumen"], {"volume_ml": "Volume"}, "t")


def test_one_column_is_not_read_from_two():
    with pytest.raises(ManifestError, match="patient_id is to be read from 'Pat', but a column 'patient_id'"):
        rename_columns(["Pat", "patient_id"], {"patient_id": "Pat"}, "t")


def test_spaces_of_all_kinds_are_one():
    assert clean("\ufeff\u00a0a\u202fb ") == "a b"


def test_a_column_that_looks_like_nothing_is_not_suggested():
    assert suggest("volume_ml", ["age", "sex"]) is None
    assert suggest("scan_id", ["File name", "volume_ml"]) == "File name"
