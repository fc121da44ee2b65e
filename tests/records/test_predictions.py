import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.errors import RunError
from volest.records.predictions import Prediction, read_predictions, write_predictions

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)
VOLUMES_ML = st.floats(0.001, 5000).map(lambda ml: float(f"{ml:.6g}"))
PREDICTIONS = st.builds(
    Prediction,
    scan_id=NAMES | st.sampled_from(["NA", "null", "007", "1e5", 'a"b', "a,b"]),
    patient_id=NAMES | st.sampled_from(["NA", "nan", "12"]),
    fold=st.integers(0, 30),
    predicted_ml=VOLUMES_ML,
    reference_ml=VOLUMES_ML,
    interval_low_ml=st.none() | VOLUMES_ML,
    interval_high_ml=st.none() | VOLUMES_ML,
    flags=st.sampled_from(["", "far;dark"]),
)


@given(st.lists(PREDICTIONS))
def test_writing_and_reading_is_the_identity(tmp_path_factory, predictions):
    path = tmp_path_factory.mktemp("records") / "predictions.csv"
    write_predictions(predictions, path)
    assert read_predictions(path) == predictions


def test_the_columns_are_those_of_the_design(tmp_path):
    write_predictions([], tmp_path / "p.csv")
    expected = "scan_id,patient_id,fold,predicted_ml,reference_ml,interval_low_ml,interval_high_ml,flags"
    assert (tmp_path / "p.csv").read_text().strip() == expected


def test_a_missing_table_says_how_to_make_one(tmp_path):
    with pytest.raises(RunError, match=r"gone\.csv does not exist\. Train the fold first"):
        read_predictions(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"\xff\xfe\x00", "is damaged"),
        (b'scan_id\n"half', "is damaged"),
        (b"scan_id,patient_id,fold,predicted_ml\n", "column 'reference_ml' is missing"),
    ],
)
def test_another_table_is_refused(tmp_path, content, message):
    (tmp_path / "p.csv").write_bytes(content)
    with pytest.raises(RunError, match=message):
        read_predictions(tmp_path / "p.csv")
