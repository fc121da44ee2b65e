import time

import numpy as np
import pytest

from volest.records.history import COLUMNS, read_history
from volest.records.predictions import read_predictions
from volest.training.epoch_log import EpochTally
from volest.training.gpu_load import GpuLoad


@pytest.fixture(scope="module")
def curves(finished_run):
    return read_history(finished_run.fold(0).history)


def test_every_epoch_has_a_row_with_every_column(curves):
    assert tuple(curves.columns) == COLUMNS
    assert curves["epoch"].tolist() == [0, 1, 2]
    empty = ["gradient_noise_scale", "gpu_busy_share"]  # nobody asked for the one, and tests have no GPU
    assert curves[empty].isna().all(axis=None)
    assert np.isfinite(curves.drop(columns=empty).to_numpy()).all()


def test_curves_of_one_part_agree_with_each_other(curves):
    for part in ("train", "val"):
        assert (curves[f"{part}_mae_ml"] <= curves[f"{part}_rmse_ml"]).all()
        assert (curves[f"{part}_r2"] <= 1).all()
    assert curves["loader_wait_share"].between(0, 1).all()
    assert (curves["gradient_norm"] > 0).all()


def test_the_spread_of_the_references_follows_from_rmse_and_r2(curves, finished_run):
    references = np.array([p.reference_ml for p in read_predictions(finished_run.fold(0).predictions)])
    spread = curves["val_rmse_ml"] / np.sqrt(1 - curves["val_r2"])
    assert spread.to_numpy() == pytest.approx(references.std(), rel=1e-4)


def test_the_learning_rate_of_the_last_row_is_nearly_zero(curves):
    assert curves["learning_rate"].iloc[-1] < 0.2 * curves["learning_rate"].max()


def test_waiting_is_told_from_working():
    tally = EpochTally(GpuLoad(None))
    for _ in range(3):
        time.sleep(0.03)
        tally.batch_arrived()
        time.sleep(0.01)
        tally.batch_done(loss=2.0, samples=4, gradient_norm=1.0)
    row = tally.row()
    assert row["loader_wait_share"] == pytest.approx(0.75, abs=0.2)
    assert row["train_loss"] == 2.0
    assert row["samples_per_s"] == pytest.approx(12 / 0.12, rel=0.4)


def test_the_loss_of_an_epoch_weighs_scans_not_batches():
    tally = EpochTally(GpuLoad(None))
    tally.batch_done(loss=1.0, samples=3, gradient_norm=0.0)
    tally.batch_done(loss=5.0, samples=1, gradient_norm=2.0)
    assert (tally.row()["train_loss"], tally.row()["gradient_norm"]) == (2.0, 1.0)


def test_the_gradient_norm_is_that_of_the_steps_in_which_the_optimiser_moved():
    tally = EpochTally(GpuLoad(None))
    for norm in (None, 3.0, None, 5.0):
        tally.batch_done(loss=1.0, samples=1, gradient_norm=norm)
    assert tally.row()["gradient_norm"] == 4.0
