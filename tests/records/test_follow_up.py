import pytest

from volest.errors import RunError
from volest.records.follow_up import (
    FollowedScans,
    FollowUp,
    FollowUpModel,
    read_follow_up,
    read_followed,
    write_follow_up,
    write_followed,
)
from volest.records.intervals import Calibration
from volest.records.predictions import Prediction

FOLLOW_UP = FollowUp(
    FollowUpModel("relative", 0.1, 0.09, 0.02, 0.04, 0.01),
    Calibration(0.9, "pooled", "relative", (0, 0, 1), (0, 0, 1), (0.1, 0.2, 0.3)),
    Calibration(0.9, "pooled", "relative", (0, 0, 1), (0, 0, 1), (0.2, 0.4, 0.6)),
    mae_ml=4.0,
    alone_mae_ml=8.0,
    previous_mae_ml=16.0,
)


def test_it_is_read_as_it_was_written(tmp_path):
    write_follow_up(FOLLOW_UP, tmp_path / "follow_up.json")
    assert read_follow_up(tmp_path / "follow_up.json") == FOLLOW_UP


@pytest.mark.parametrize(
    ("was", "now"),
    [('"scan_variance": 0.01', '"scan_variance": -0.01'), ('"growth": 0.1', '"growth": null'), ("{", "")],
)
def test_a_damaged_one_is_told(tmp_path, was, now):
    path = tmp_path / "follow_up.json"
    write_follow_up(FOLLOW_UP, path)
    path.write_text(path.read_text().replace(was, now, 1))
    with pytest.raises(RunError, match=r"follow_up\.json is damaged"):
        read_follow_up(path)


def test_a_run_without_one_is_told_how_it_is_made(tmp_path):
    with pytest.raises(RunError, match=r"does not exist\. All folds make it together: `volest cv`"):
        read_follow_up(tmp_path / "follow_up.json")


def test_the_table_is_read_as_it_was_written(tmp_path):
    told = (Prediction("a", "NA", 0, 30.5, 31.0, 25.0, 40.0), Prediction("b", "p", 1, 20.5, 21.0))
    grown = (Prediction("a", "NA", 0, 29.0, 31.0), Prediction("b", "p", 1, 22.0, 21.0))
    write_followed(FollowedScans(told, grown), tmp_path / "follow_up.csv")
    assert read_followed(tmp_path / "follow_up.csv") == FollowedScans(told, grown)


@pytest.mark.parametrize("text", ["", "scan_id,grown_ml\na,3\n", "scan_id\na\n"])
def test_a_damaged_table_is_told(tmp_path, text):
    (tmp_path / "follow_up.csv").write_text(text)
    with pytest.raises(RunError, match=r"follow_up\.csv"):
        read_followed(tmp_path / "follow_up.csv")
