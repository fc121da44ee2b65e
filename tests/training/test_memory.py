"""A device that has no memory for a batch: pretended, as nothing else can be tested everywhere."""

import pytest
import torch

from volest.errors import TrainingError
from volest.experiments.fold import run_fold
from volest.progress import Silent
from volest.records.history import read_history
from volest.records.run import RunDirectory
from volest.training.module import VolumeRegression

SETTINGS = ("training.batch_size=4", "training.optimizer=sgd", "training.epochs=2", "model.dropout=0")


class Listening(Silent):
    def __init__(self):
        self.told = []

    def tell(self, sentence):
        self.told.append(sentence)


@pytest.fixture
def too_small(monkeypatch):
    """A device for so many scans at once, from an epoch on."""

    def shrink(scans, epoch=0):
        data_loss = VolumeRegression.data_loss

        def limited(self, batch):
            if self.current_epoch >= epoch and len(batch[0]) > scans:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1 GiB.")
            return data_loss(self, batch)

        monkeypatch.setattr(VolumeRegression, "data_loss", limited)

    return shrink


def train(tiny, tmp_path, name):
    listening = Listening()
    config = tiny(*SETTINGS, f"run.directory={tmp_path / name}")
    run_fold(config, 0, listening)
    return RunDirectory(config.run.directory).fold(0), listening.told


@pytest.mark.parametrize("scans, epoch, pieces", [(2, 0, 2), (1, 0, 4), (2, 1, 2)])
def test_the_batch_is_seen_in_pieces_and_stays_the_same(tiny, tmp_path, too_small, scans, epoch, pieces):
    whole, nothing = train(tiny, tmp_path, "whole")
    too_small(scans, epoch)
    in_pieces, told = train(tiny, tmp_path, "pieces")
    assert nothing == []
    assert len(told) == pieces.bit_length() - 1  # once for each halving
    assert "too little memory for 4 scans at once (CUDA out of memory)" in told[-1]
    assert f"in {pieces} pieces from now on" in told[-1]
    one, other = read_history(whole.history), read_history(in_pieces.history)
    for name in ("train_loss", "train_mae_ml", "val_mae_ml"):
        assert other[name].tolist() == pytest.approx(one[name].tolist(), rel=1e-4), name
    assert other["learning_rate"].tolist() == one["learning_rate"].tolist()  # as many moves of the weights


def test_a_device_that_holds_no_scan_at_all_is_told_with_remedies(tiny, tmp_path, too_small):
    too_small(0)
    with pytest.raises(TrainingError, match=r"too little memory for 1 scan of a step.*voxel_budget or model\.widths"):
        train(tiny, tmp_path, "run")
