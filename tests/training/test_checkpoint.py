import pytest
import torch

from volest.errors import RunError
from volest.training.checkpoint import LastCheckpoint, read_checkpoint


class Trainer:
    """Saves two bytes, or fails after the first."""

    is_global_zero = True

    def __init__(self, fails):
        self.fails = fails

    def save_checkpoint(self, path):
        path.write_bytes(b"1" if self.fails else b"12")
        if self.fails:
            raise OSError("disk full")


@pytest.fixture
def save(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    # Without the run-time type check, which knows that this is no trainer.
    write = LastCheckpoint.on_train_epoch_end.__wrapped__
    return path, lambda fails=False: write(LastCheckpoint(path), Trainer(fails), None)


def test_a_checkpoint_that_could_not_be_written_leaves_the_one_before(save):
    path, write = save
    write()
    with pytest.raises(OSError, match="disk full"):
        write(fails=True)
    assert [p.name for p in path.parent.iterdir()] == ["last.ckpt"]
    assert path.read_bytes() == b"12"


def test_no_checkpoint_is_none(tmp_path):
    assert read_checkpoint(tmp_path / "last.ckpt") is None


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04half"])
def test_a_damaged_checkpoint_says_what_to_do(tmp_path, content):
    (tmp_path / "last.ckpt").write_bytes(content)
    with pytest.raises(RunError, match=r"last\.ckpt is damaged: .* Start the fold anew with `volest train --restart`"):
        read_checkpoint(tmp_path / "last.ckpt")


def test_a_checkpoint_runs_no_code(tmp_path):
    torch.save({"epoch": print}, tmp_path / "last.ckpt")
    with pytest.raises(RunError, match="is damaged"):
        read_checkpoint(tmp_path / "last.ckpt")


def test_a_checkpoint_holds_the_averaged_weights_of_its_epoch(finished_run):
    from safetensors.torch import load_file

    checkpoint = read_checkpoint(finished_run.fold(0).checkpoint)
    weights = load_file(finished_run.fold(0).weights)
    assert checkpoint["epoch"] == 2
    assert {name.removeprefix("network.") for name in checkpoint["state_dict"]} == set(weights)
    assert all(torch.equal(checkpoint["state_dict"][f"network.{name}"], w) for name, w in weights.items())
    moving = checkpoint["current_model_state"]
    assert any(not torch.equal(moving[f"network.{name}"], w) for name, w in weights.items())
