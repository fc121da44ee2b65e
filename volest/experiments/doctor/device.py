"""Which device and precision training will use, and whether the device can learn from rasters at all."""

import importlib.util
import shutil
from typing import TYPE_CHECKING

import torch

from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, warning
from volest.experiments.doctor.wording import PRECISIONS
from volest.training.machine import choose_device, choose_precision, missing_in_3d

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

OTHER = "Set training.device to cpu or cuda, or install a newer torch."
CPU_ONLY = "To have it used, install a torch for it (pytorch.org, `Get started`) and look at its driver (`nvidia-smi`)."


def check_device(subject: "Subject") -> Outcome:
    """A 3D convolution, forward and backward, is really tried; without one the CPU takes its place.

    Raises:
        ConfigError: the device or the precision of the configuration is not there.
    """
    config = subject.config.training
    device = choose_device(config)
    precision = choose_precision(config, device)
    if missing := missing_in_3d(device):
        return failed(f"{_name(device)} has no 3D convolution: {missing}", OTHER)
    used = f"{_name(device)}, {PRECISIONS[precision]}; Conv3d forward and backward done"
    if config.device not in ("auto", device):
        return warning(f"{used}; {config.device} has none: {missing_in_3d(config.device)}", OTHER)
    if device == "cpu" and config.device == "auto" and shutil.which("nvidia-smi"):
        return warning(f"{used}; there is an NVIDIA driver, but torch {torch.__version__} sees no GPU", CPU_ONLY)
    return ok(used + _unused(device))


def _name(device: str) -> str:
    return f"cuda ({torch.cuda.get_device_name()})" if device == "cuda" else device


def _unused(device: str) -> str:
    """Accelerators that are there and not taken."""
    if device != "cpu":
        return ""
    unused = ""
    if torch.backends.mps.is_available():
        unused += "; mps is used only when asked for (training.device: mps)"
    if importlib.util.find_spec("torch_directml"):
        unused += "; DirectML has no 3D convolution and is not used"
    return unused


DEVICE = Check("device", check_device, limit_s=30)
