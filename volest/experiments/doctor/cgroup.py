"""Limits that a container or a batch system has set on this process (Linux control groups, versions 1 and 2)."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")

NO_LIMIT_BYTES = 2**60
"""Version 1 writes a number near 2^63 where there is no limit."""


def cpu_quota() -> float | None:
    """Cores' worth of time that this process may use; None without a limit."""
    quotas = []
    for folder in _folders(""):
        words = _words(folder / "cpu.max")
        if len(words) == 2 and words[0] != "max":
            quotas.append(int(words[0]) / int(words[1]))
    for folder in _folders("cpu"):
        quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if quota and period and int(quota[0]) > 0:
            quotas.append(int(quota[0]) / int(period[0]))
    return min(quotas, default=None)


def memory_left_bytes() -> int | None:
    """Memory that this process may still use before it is killed; None without a limit."""
    left = []
    for controller, limit_file, used_file in (
        ("", "memory.max", "memory.current"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        for folder in _folders(controller):
            limit, used = _words(folder / limit_file), _words(folder / used_file)
            if limit and used and limit[0] != "max" and int(limit[0]) < NO_LIMIT_BYTES:
                left.append(int(limit[0]) - int(used[0]))
    return min(left, default=None)


def _folders(controller: str) -> Iterator[Path]:
    """Folders of this process's group and of those around it; a limit holds for everything inside."""
    try:
        lines = OWN.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            group = Path(path.lstrip("/"))
            # A container sees its own group as the root, while /proc may tell the path outside.
            for relative in dict.fromkeys((group, *group.parents, Path())):
                yield ROOT / controller / relative


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
