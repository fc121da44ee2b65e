"""Device, precision and processes, chosen from the machine at hand."""

import gc
import os
import warnings
from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F

from volest.config.augmentation import AugmentationConfig
from volest.config.schema import TrainingConfig
from volest.errors import ConfigError

LightningPrecision = Literal["32-true", "bf16-mixed", "16-mixed"]


def choose_device(config: TrainingConfig) -> str:
    """`cuda` where there is one, else `cpu`; Apple's `mps` only when asked for, as it lacks some 3D operators.

    A device that has no 3D convolution is left, with a warning, for the CPU.

    Raises:
        ConfigError: the device asked for is not there.
    """
    if config.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present[config.device]:
        raise ConfigError(f"training.device: {config.device} is not available on this machine; use auto or cpu.")
    if reason := missing_in_3d(config.device):
        warnings.warn(
            f"training.device: {config.device} has no 3D convolution ({reason}); the CPU is used.", stacklevel=1
        )
        return "cpu"
    return config.device


@cache
def missing_in_3d(device: str) -> str | None:
    """What a device answers that cannot do a 3D convolution and its gradient (pytorch #77818); None where it can."""
    try:
        _convolve(device)
    except RuntimeError as error:  # NotImplementedError is one; older torch raises the plain one on mps
        if device != "mps" and not isinstance(error, NotImplementedError):
            raise
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return None


def _convolve(device: str) -> None:
    kernel = torch.ones(1, 1, 3, 3, 3, device=device, requires_grad=True)  # random weights would change the training's
    F.conv3d(torch.ones(1, 1, 4, 4, 4, device=device), kernel).sum().backward()


def choose_precision(config: TrainingConfig, device: str) -> LightningPrecision:
    """Bf16 on GPUs that have it, fp32 elsewhere: without the instructions for it, bf16 is 15-100 times slower.

    Raises:
        ConfigError: fp16 without a GPU, where torch has no kernels for most 3D operators.
    """
    if config.precision == "fp16" and device == "cpu":
        raise ConfigError("training.precision: fp16 needs a GPU; use auto or fp32 on this machine.")
    if config.precision == "auto":
        return "bf16-mixed" if device == "cuda" and torch.cuda.is_bf16_supported() else "32-true"
    names: dict[str, LightningPrecision] = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
    return names[config.precision]


def choose_workers(config: TrainingConfig, augmentation: AugmentationConfig) -> int:
    """Processes that read and augment: none, as the training makes its batches quicker than processes hand them over.

    Where torchio augments, one a core and eight at the most.
    """
    if config.workers is not None:
        return config.workers
    if not augmentation.enabled or augmentation.backend == "torch":
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(8, cores)


def free_memory() -> None:
    """Give back what a training that ran out of memory has left behind, once nothing refers to it."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
