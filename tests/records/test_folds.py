import pytest

from volest.errors import FoldError
from volest.records.folds import Folds, read_folds, write_folds


def test_writing_and_reading_is_the_identity(tmp_path):
    folds = Folds({"007": 0, "b": 1, "P,1": 0, "locked": None})
    write_folds(folds, tmp_path / "folds.csv")
    assert read_folds(tmp_path / "folds.csv") == folds


def test_a_patient_is_held_out_or_trained_on_and_a_locked_one_is_neither():
    folds = Folds({"a": 0, "b": 1, "c": 1, "d": None})
    assert (folds.count, folds.test) == (2, {"d"})
    assert (folds.held_out(1), folds.training(1)) == ({"b", "c"}, {"a"})


def test_an_untrained_patient_is_held_out_and_never_trained_on_also_after_reading(tmp_path):
    folds = Folds({"a": 0, "b": 0, "c": 1, "007": 1}, frozenset({"b", "007"}))
    write_folds(folds, tmp_path / "folds.csv")
    assert read_folds(tmp_path / "folds.csv") == folds
    assert (folds.held_out(0), folds.training(1)) == ({"a", "b"}, {"a"})


@pytest.mark.parametrize("fold", [-1, 2])
def test_a_fold_out_of_range_is_refused(fold):
    with pytest.raises(FoldError, match=f"fold {fold} does not exist: there are 2 folds, numbered 0 to 1"):
        Folds({"a": 0, "b": 1}).held_out(fold)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("patient_id,fold\na,0\nb,1\na,1\n", "patient 'a' stands in two parts"),
        ("patient_id,fold\na,0\nb,2\n", r"numbered 0 to k-1, got \[0, 2\]"),
        ("patient_id,fold\na,0\nb,0\n", "at least two parts"),
        ("patient_id,fold\na,0\nb,one\n", "patient 'b' has fold 'one'"),
        ("patient_id,fold,trains\na,0,yes\nb,1,maybe\n", "column trains has 'maybe'; expected yes or no"),
        ("patient,fold\na,0\n", "expected a CSV with columns patient_id and fold"),
        ("", "expected a CSV with columns patient_id and fold"),
    ],
)
def test_a_table_that_is_no_set_of_folds_says_why(tmp_path, rows, message):
    path = tmp_path / "folds.csv"
    path.write_text(rows)
    with pytest.raises(FoldError, match=message):
        read_folds(path)


def test_no_table_says_how_to_make_one(tmp_path):
    with pytest.raises(FoldError, match="Make them with `volest split`"):
        read_folds(tmp_path / "gone.csv")
