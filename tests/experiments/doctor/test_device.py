import shutil

import pytest
import torch

from volest.experiments.doctor.device import DEVICE
from volest.training import machine


@pytest.fixture(autouse=True)
def _asked_anew():
    machine.missing_in_3d.cache_clear()
    yield
    machine.missing_in_3d.cache_clear()


@pytest.fixture(autouse=True)
def _no_driver(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_a_healthy_cpu_is_named_with_its_precision(outcome, subject):
    found = outcome(DEVICE, subject())
    assert (found.state, found.measured.startswith("cpu, fp32; Conv3d")) == ("ok", True)


def test_a_device_without_3d_convolution_gives_way_to_the_cpu(outcome, subject, monkeypatch):
    true = machine._convolve

    def lacking(device):
        if device == "mps":
            raise NotImplementedError("aten::slow_conv3d_forward is not implemented for MPS")
        true(device)

    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(machine, "_convolve", lacking)
    found = outcome(DEVICE, subject("training.device=mps"))
    assert found.state == "warning"
    assert found.measured.startswith("cpu, fp32;")
    assert "mps has none: aten::slow_conv3d_forward is not implemented" in found.measured


def test_a_cpu_without_3d_convolution_is_no_place_to_train(outcome, subject, monkeypatch):
    def lacking(device):
        raise NotImplementedError("slow_conv3d")

    monkeypatch.setattr(machine, "_convolve", lacking)
    assert outcome(DEVICE, subject()).state == "failed"


def test_a_device_that_is_not_there_is_told_as_training_would(outcome, subject, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = outcome(DEVICE, subject("training.device=cuda"))
    assert (found.state, "cuda is not available on this machine" in found.remedy) == ("failed", True)


def test_a_gpu_that_torch_does_not_see_is_pointed_out(outcome, subject, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    found = outcome(DEVICE, subject("training.device=auto"))
    assert (found.state, "torch" in found.measured) == ("warning", True)
