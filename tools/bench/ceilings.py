"""What a device can do at best: bytes it copies and products it adds up, a second."""

import time
from collections.abc import Callable

import torch

GIB = 2**30
COPIED_BYTES = 2 * GIB
"""Beyond the caches of CPUs."""

MATRIX = {"cpu": 2048, "cuda": 8192}
"""Rows and columns of the matrices that are multiplied."""

REPEATS = 5


def seconds(run: Callable[[], object], device: torch.device, repeats: int = REPEATS) -> float:
    """Of the quickest of several runs, after one that is not counted."""
    taken = []
    for _ in range(repeats + 1):
        wait_for(device)
        started = time.perf_counter()
        run()
        wait_for(device)
        taken.append(time.perf_counter() - started)
    return min(taken[1:])


def copied_bytes_per_s(device: torch.device) -> float:
    """Bytes read and written together, by a copy within the memory of the device."""
    source = torch.ones(COPIED_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * COPIED_BYTES / seconds(lambda: target.copy_(source), device)


def uploaded_bytes_per_s(device: torch.device) -> float:
    """Bytes that reach the device from pinned memory of the machine."""
    source = torch.ones(COPIED_BYTES, dtype=torch.uint8, pin_memory=True)
    target = torch.empty_like(source, device=device)
    return COPIED_BYTES / seconds(lambda: target.copy_(source), device)


def flops_per_s(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations of a square matrix product."""
    size = MATRIX[device.type]
    left, right = torch.ones(2, size, size, dtype=dtype, device=device)
    return 2 * size**3 / seconds(lambda: left @ right, device)


def wait_for(device: torch.device) -> None:
    """Let the device finish what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
