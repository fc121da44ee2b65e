"""Threads and workers against the cores that this process may really use."""

import os
from typing import TYPE_CHECKING

import torch

from volest.experiments.doctor.cgroup import cpu_quota
from volest.experiments.doctor.verdict import Check, Outcome, ok, warning
from volest.wording import counted

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject


def check_threads(subject: "Subject") -> Outcome:
    """More threads than cores wait for each other; a container's quota is not seen by torch."""
    threads, workers, cores = (
        subject.config.training.threads or torch.get_num_threads(),
        subject.workers,
        usable_cores(),
    )
    found = (
        f"{counted(threads, 'thread')} and {counted(workers, 'worker')} on {cores:g} usable of {os.cpu_count()} cores"
    )
    whole = max(1, int(cores))
    excess = []
    if subject.device == "cpu" and threads > whole:
        excess.append(f"training.threads to {whole}")
    if workers > whole:
        excess.append(f"training.workers to {whole}")
    if excess:
        return warning(f"{found}: they will wait for each other", f"Set {' and '.join(excess)}.")
    if subject.device == "cpu" and threads <= whole // 2:
        return warning(
            f"{found}: cores stay idle", f"Set training.threads to {whole}, or unset OMP_NUM_THREADS, unless you share."
        )
    return ok(found)


def usable_cores() -> float:
    """Cores that this process may run on, or the share of them that its container grants."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(float(cores), cpu_quota() or float(cores))


THREADS = Check("threads", check_threads, needs=("device",))
