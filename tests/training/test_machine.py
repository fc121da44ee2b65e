import pytest
import torch

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


def test_no_worker_is_started_where_nothing_is_augmented():
    assert machine.choose_workers(TrainingConfig(), augmented=False) == 0
    assert 1 <= machine.choose_workers(TrainingConfig(), augmented=True) <= 8
    assert machine.choose_workers(TrainingConfig(workers=3), augmented=False) == 3
