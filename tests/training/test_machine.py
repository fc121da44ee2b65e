import pytest
import torch

from volest.config.augmentation import AugmentationConfig
from volest.config.schema import TrainingConfig
from volest.errors import ConfigError
from volest.training import machine


@pytest.mark.parametrize("bf16, expected", [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_takes_bf16_on_a_gpu_that_has_it_only(monkeypatch, bf16, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    assert machine.choose_precision(TrainingConfig(), "cuda") == expected


def test_auto_never_takes_bf16_on_a_cpu():
    assert machine.choose_precision(TrainingConfig(), "cpu") == "32-true"


def test_half_precision_on_a_cpu_is_refused():
    with pytest.raises(ConfigError, match="fp16 needs a GPU"):
        machine.choose_precision(TrainingConfig(precision="fp16"), "cpu")


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine.choose_device(TrainingConfig()) == "cpu"
    with pytest.raises(ConfigError, match="cuda is not available"):
        machine.choose_device(TrainingConfig(device="cuda"))


def test_workers_are_started_for_torchio_or_where_they_are_asked_for():
    by_torch, by_torchio = AugmentationConfig(), AugmentationConfig(backend="torchio")
    assert machine.choose_workers(TrainingConfig(), by_torch) == 0
    assert machine.choose_workers(TrainingConfig(), AugmentationConfig(backend="torchio", enabled=False)) == 0
    assert 1 <= machine.choose_workers(TrainingConfig(), by_torchio) <= 8
    assert machine.choose_workers(TrainingConfig(workers=3), by_torch) == 3


@pytest.fixture
def without_conv3d(monkeypatch):
    """A Mac whose device answers a 3D convolution with this error."""

    def lacking(error):
        def refuse(device):
            raise error

        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
        monkeypatch.setattr(machine, "_convolve", refuse)

    machine.missing_in_3d.cache_clear()
    yield lacking
    machine.missing_in_3d.cache_clear()


@pytest.mark.parametrize(
    "error", [NotImplementedError("aten::slow_conv3d"), RuntimeError("Conv3D is not supported on MPS")]
)
def test_a_device_without_3d_convolution_gives_way_to_the_cpu_with_a_word(without_conv3d, error):
    without_conv3d(error)
    with pytest.warns(UserWarning, match=f"mps has no 3D convolution .{error}.; the CPU is used"):
        assert machine.choose_device(TrainingConfig(device="mps")) == "cpu"


def test_a_gpu_that_is_broken_otherwise_is_not_hidden(without_conv3d):
    without_conv3d(RuntimeError("CUDA error: no kernel image is available"))
    with pytest.raises(RuntimeError, match="no kernel image"):
        machine.missing_in_3d("cuda")


def test_the_cpu_has_a_3d_convolution_and_asking_draws_nothing_at_random():
    machine.missing_in_3d.cache_clear()
    state = torch.get_rng_state()
    assert machine.missing_in_3d("cpu") is None
    assert torch.equal(torch.get_rng_state(), state)
