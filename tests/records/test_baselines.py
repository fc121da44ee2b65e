import pytest

from volest.errors import RunError
from volest.records.baselines import read_baselines, write_baselines
from volest.records.predictions import Prediction


def said(volumes_ml):
    return [Prediction(scan_id, "p", fold, ml, 50.0) for fold, (scan_id, ml) in enumerate(volumes_ml.items())]


def test_each_scan_stands_beside_its_own_prediction_whatever_the_order(tmp_path):
    mean, header = said({"NA": 40.0, "ü": 41.0}), said({"ü": 51.0, "NA": 50.0})
    write_baselines({"mean": mean, "header": header}, tmp_path / "baselines.csv")
    table = read_baselines(tmp_path / "baselines.csv")
    assert list(table.columns) == ["scan_id", "fold", "mean", "header"]
    assert table.values.tolist() == [["NA", 0, 40.0, 50.0], ["ü", 1, 41.0, 51.0]]


def test_a_run_from_before_the_record_is_told_how_to_get_it(tmp_path):
    with pytest.raises(RunError, match="Run `volest cv` on it again"):
        read_baselines(tmp_path / "baselines.csv")


@pytest.mark.parametrize("text", ["", "scan,fold\na,0\n", "scan_id,fold,mean\na,0,much\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "baselines.csv").write_text(text)
    with pytest.raises(RunError, match="is damaged"):
        read_baselines(tmp_path / "baselines.csv")
