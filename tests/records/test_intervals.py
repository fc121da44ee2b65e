import json
import math
from dataclasses import replace

import pytest

from volest.errors import RunError
from volest.records.intervals import Calibration, read_calibration, write_calibration

KNOWN = Calibration(0.9, "pooled", "relative", (0, 0, 1), (0, 0, 1), (0.1, 0.2, math.inf))


SCALED = replace(KNOWN, scaled_by="views", doubts=(0.1, 0.2, 0.0))


def test_doubts_are_read_again(tmp_path):
    write_calibration(SCALED, tmp_path / "intervals.json")
    assert read_calibration(tmp_path / "intervals.json") == SCALED


def test_a_file_of_a_version_that_scaled_nothing_is_read(tmp_path):
    write_calibration(KNOWN, tmp_path / "intervals.json")
    tree = json.loads((tmp_path / "intervals.json").read_text())
    (tmp_path / "intervals.json").write_text(
        json.dumps({k: v for k, v in tree.items() if k not in ("scaled_by", "doubts")})
    )
    assert read_calibration(tmp_path / "intervals.json") == KNOWN


def test_what_was_written_is_read(tmp_path):
    write_calibration(KNOWN, tmp_path / "intervals.json")
    assert read_calibration(tmp_path / "intervals.json") == KNOWN
    assert KNOWN.n_patients == 2


def test_the_file_is_json_without_infinities(tmp_path):
    write_calibration(KNOWN, tmp_path / "intervals.json")
    text = (tmp_path / "intervals.json").read_text()
    assert "Infinity" not in text
    assert json.loads(text)["deviations"] == [0.1, 0.2, None]


@pytest.mark.parametrize(
    "change",
    [
        {"level": 1.0},
        {"level": None},
        {"method": "guess"},
        {"score": "inches"},
        {"scaled_by": "views"},
        {"scaled_by": "views", "doubts": [0.1, 0.2]},
        {"scaled_by": "views", "doubts": [0.1, 0.2, -0.1]},
        {"scaled_by": "a coin", "doubts": [0.1, 0.2, 0.1]},
        {"doubts": [0.1, 0.2, 0.1]},
        {"patients": [0, 1]},
        {"patients": [0, 0, "Mr Smith"]},
        {"deviations": [0.1, 0.2, -0.3]},
        {"deviations": [0.1, 0.2, "wide"]},
        {"folds": [0, 0, -1]},
        {"patients": [], "folds": [], "deviations": []},
    ],
)
def test_damage_is_named(tmp_path, change):
    write_calibration(KNOWN, tmp_path / "intervals.json")
    tree = json.loads((tmp_path / "intervals.json").read_text())
    (tmp_path / "intervals.json").write_text(json.dumps(tree | change))
    with pytest.raises(RunError, match=r"intervals\.json is damaged"):
        read_calibration(tmp_path / "intervals.json")


def test_a_missing_file_says_what_makes_it(tmp_path):
    with pytest.raises(RunError, match="volest cv"):
        read_calibration(tmp_path / "intervals.json")
    (tmp_path / "intervals.json").write_bytes(b"\xff\xfe")
    with pytest.raises(RunError, match="damaged"):
        read_calibration(tmp_path / "intervals.json")
