"""Memory that is left on this machine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from volest.experiments.doctor.cgroup import memory_left_bytes
from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, skipped, warning
from volest.experiments.doctor.wording import size

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

MEMINFO = Path("/proc/meminfo")
LEAST_BYTES = 1e9
ENOUGH_BYTES = 3e9
"""The training process takes 1-2 GB and each worker a half, for the libraries alone."""


def check_memory(subject: "Subject") -> Outcome:
    """What is left now; what a training step needs is a check of its own."""
    left = available_bytes()
    if left is None:
        return skipped("this system does not tell")
    found = f"{size(left)} available"
    remedy = "End other programs, grant the container more, or set training.workers to 0."
    if left < LEAST_BYTES:
        return failed(found, remedy)
    return ok(found) if left > ENOUGH_BYTES else warning(found, remedy)


def available_bytes() -> int | None:
    """Memory that can still be used without swapping, within the limit of a container; None where nobody tells."""
    limits = [limit for limit in (_machine_bytes(), memory_left_bytes()) if limit is not None]
    return min(limits, default=None)


def _machine_bytes() -> int | None:
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # AttributeError: Windows has no sysconf
        return None


MEMORY = Check("memory", check_memory)
