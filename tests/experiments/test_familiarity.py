import shutil
from dataclasses import replace

import pytest

from volest.config import load_recorded_config
from volest.config.refusal import RefusalConfig
from volest.experiments.familiarity import record_refusal
from volest.records.intervals import read_calibration
from volest.records.predictions import read_predictions
from volest.records.refusal import read_refusal
from volest.records.run import RunDirectory


@pytest.fixture
def judged(finished_run, tmp_path):
    """Judge a finished run again with another share or score; what is then recorded."""
    run = RunDirectory(shutil.copytree(finished_run.path, tmp_path / "run"))
    config, calibration = load_recorded_config(run.config), read_calibration(run.intervals)
    told = read_predictions(run.predictions)  # of too few patients for an interval
    bounded = [replace(p, interval_low_ml=0.8 * p.predicted_ml, interval_high_ml=1.3 * p.predicted_ml) for p in told]

    def again(percent=5.0, **changed):
        asked = config.model_copy(update={"refusal": RefusalConfig(rejected_percent=percent)})
        record_refusal(asked, run, bounded, replace(calibration, **changed))
        return read_refusal(run.refusal)

    return again


def test_the_share_that_was_asked_for_last_is_recorded(judged):
    assert judged().rejected_percent == 5.0
    assert judged(20.0).rejected_percent == 20.0


def test_intervals_of_one_width_put_scans_in_no_order(judged):
    assert judged(score="relative").risk_by_width is not None
    assert judged(score="absolute", scaled_by=None).risk_by_width is None
