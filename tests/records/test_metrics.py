import json
import math

import pytest

from volest.errors import RunError
from volest.records.metrics import Agreement, Metrics, read_metrics, write_metrics

GOOD = Agreement(mae_ml=9.5, mape_percent=21.0, rmse_ml=12.0, r2=0.7, pearson_r=0.85, n_scans=40, n_patients=12)
ONE_SCAN = Agreement(
    mae_ml=1.0, mape_percent=2.0, rmse_ml=1.0, r2=math.nan, pearson_r=math.nan, n_scans=1, n_patients=1
)


def test_what_was_written_is_what_is_read(tmp_path):
    metrics = Metrics(oof=GOOD, folds={0: GOOD, 1: GOOD}, baselines={"mean": GOOD})
    write_metrics(metrics, tmp_path / "metrics.json")
    assert read_metrics(tmp_path / "metrics.json") == metrics


def test_the_file_has_the_keys_that_others_read(tmp_path):
    write_metrics(Metrics(GOOD, {10: GOOD, 2: GOOD}, {"mean": GOOD}), tmp_path / "metrics.json")
    tree = json.loads((tmp_path / "metrics.json").read_text())
    assert list(tree) == ["oof", "folds", "baselines"]
    assert list(tree["folds"]) == ["2", "10"]
    expected = {"mae_ml", "mape_percent", "rmse_ml", "r2", "pearson_r", "n_scans", "n_patients"}
    assert set(tree["oof"]) == set(tree["baselines"]["mean"]) == expected


def test_nan_is_null_in_the_file_and_nan_again_in_memory(tmp_path):
    write_metrics(Metrics(oof=ONE_SCAN), tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_text())["oof"]["r2"] is None
    read = read_metrics(tmp_path / "metrics.json").oof
    assert math.isnan(read.r2)
    assert math.isnan(read.pearson_r)


def test_an_infinite_number_is_never_written(tmp_path):
    infinite = Agreement(math.inf, 1.0, 1.0, 0.0, 0.0, 2, 2)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_metrics(Metrics(oof=infinite), tmp_path / "metrics.json")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_says_which_command_makes_it(tmp_path):
    with pytest.raises(RunError, match="volest cv"):
        read_metrics(tmp_path / "metrics.json")


@pytest.mark.parametrize("text", ["{", "{}", '{"oof": {"mae_ml": 1}}', '{"oof": null, "folds": {}, "baselines": {}}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "metrics.json").write_text(text)
    with pytest.raises(RunError, match=r"metrics.json is damaged or from another version"):
        read_metrics(tmp_path / "metrics.json")
