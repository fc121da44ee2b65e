import pandas as pd
import pytest

from volest.errors import RunError
from volest.records.evaluation import Figure
from volest.records.search import SearchedKey, SearchRecord, SearchTrial, read_search, write_search


@pytest.fixture
def record():
    keys = (
        SearchedKey("training.learning_rate", "float", 0.0001, 0.01, True),
        SearchedKey("model.widths", "choice", choices=("[8, 8]", "[16, 16]")),
    )
    values = {"training.learning_rate": 0.001, "model.widths": "[8, 8]"}
    trials = (
        SearchTrial(0, "complete", values, Figure(5.0, 4.0, 6.0), (4.0, 6.0), None, 100, 12.5),
        SearchTrial(1, "pruned", values, last_mae_ml=9.0, share_percent=30, seconds=4.0, reason="given up"),
        SearchTrial(2, "failed", values, seconds=1.0, attempts=3, reason="the loss is not finite, alas"),
        SearchTrial(3, "complete", values, Figure(4.5, None, None), (4.5,), None, 100, 12.5),
    )
    return SearchRecord("mine", "The best.", keys, trials, 4, 1, 2, 20, 31, 5, "tpe", "asha", {"model.widths": 1.0})


def test_a_record_comes_back_as_it_was(record, tmp_path):
    write_search(record, tmp_path)
    assert read_search(tmp_path) == record


def test_the_best_comes_first(record):
    assert [trial.number for trial in record.complete] == [3, 0]


def test_the_table_has_a_row_for_each_trial_and_a_column_for_each_key(record, tmp_path):
    write_search(record, tmp_path)
    table = pd.read_csv(tmp_path / "trials.csv")
    assert list(table["trial"]) == [0, 1, 2, 3]
    assert list(table["state"]) == ["complete", "pruned", "failed", "complete"]
    assert list(table["model.widths"].unique()) == ["[8, 8]"]
    assert table["mae_ml"][0] == 5.0
    assert table["fold_sd_ml"][0] == pytest.approx(2**0.5, rel=1e-5)
    assert table["last_mae_ml"][1] == 9.0
    assert table["reason"][2] == "the loss is not finite, alas"


def test_a_search_without_a_record_is_told(tmp_path):
    with pytest.raises(RunError, match=r"search.json does not exist: no trial of the search has ended"):
        read_search(tmp_path)


def test_a_damaged_record_is_told(tmp_path):
    (tmp_path / "search.json").write_text("{}")
    with pytest.raises(RunError, match=r"search.json"):
        read_search(tmp_path)
