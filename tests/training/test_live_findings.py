import numpy as np
import pandas as pd
import pytest

from volest.config import Config
from volest.config.schema import TrainingConfig
from volest.training.live_findings import OverfittingWatch

EPOCHS = 100
FALLING = np.linspace(20, 5, EPOCHS)
V_SHAPED = np.r_[np.linspace(20, 10, 50), np.linspace(10, 16, 50)]


@pytest.fixture
def heard():
    """What was written, by epoch, and what was told."""
    return {}, []


@pytest.fixture
def watching(heard):
    """A watch over two curves in mL, from `first` on; what came before was seen before an interruption."""
    written, told = heard

    def run(train, held_out, first=0):
        rows = [
            {"epoch": float(n), "train_mae_ml": a, "val_mae_ml": b}
            for n, (a, b) in enumerate(zip(train, held_out, strict=True))
        ]
        config = Config(training=TrainingConfig(epochs=EPOCHS))
        write = lambda sentence, epoch: written.__setitem__(epoch, sentence)  # noqa: E731
        watch = OverfittingWatch(config, 3, pd.DataFrame(rows[:first]) if first else None, write, told.append)
        for row in rows[first:]:
            watch.epoch(row, {})
        return heard

    return run


def test_a_curve_that_turns_is_told_once_with_its_epoch(watching):
    written, told = watching(np.linspace(20, 2, EPOCHS), V_SHAPED)
    assert list(written) == [10, 20, 30, 40, 50, 60, 70, 80, 90, 99]
    assert len(told) == 1
    assert told[0].startswith("fold 3, epoch 71 of 100: overfitting (VOL101): held-out scans are ")
    assert "lowest about epoch 51" in told[0]
    assert "overfitting (VOL101)" in written[99]
    assert written[50].startswith("no overfitting to speak of")


def test_a_network_that_learns_both_parts_alike_is_not_suspected(watching):
    written, told = watching(FALLING, 1.3 * FALLING)
    assert not told
    assert all(sentence.startswith("no overfitting to speak of") for sentence in written.values())


def test_a_gap_that_is_large_enough_needs_no_turn(watching):
    _, told = watching(FALLING / 5, FALLING)
    assert len(told) == 1
    assert "5.0 times as much" in told[0]


def test_after_an_interruption_nothing_is_told_again(watching):
    written, told = watching(np.linspace(20, 2, EPOCHS), V_SHAPED, first=80)
    assert told == []
    assert list(written) == [80, 90, 99]
    assert "overfitting (VOL101)" in written[80]


def test_a_diverged_epoch_silences_the_watch(watching):
    written, told = watching(FALLING, np.where(np.arange(EPOCHS) == 0, np.nan, 5 * FALLING))
    assert (written, told) == ({}, [])
