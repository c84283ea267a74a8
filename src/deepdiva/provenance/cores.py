"""How many physical cores this process may keep busy: the default number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")
_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def physical_cores() -> int:
    """Return the physical cores open to this process, at least 1.

    Threads that share a core count once; cores outside the affinity mask and time beyond
    the quota of a container do not count.
    """
    if sys.platform == "darwin":
        return _ask_macos()
    cores = _count_cores(_TOPOLOGY, usable_processors())
    quota = _quota(_CGROUPS, _MEMBERSHIP)
    return max(1, cores if quota is None else min(cores, int(quota)))


def usable_processors() -> set[int]:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _count_cores(topology: Path, processors: set[int]) -> int:
    """Count sets of sibling threads; a processor that says nothing of siblings is a core."""
    return len({_siblings(topology / f"cpu{number}" / "topology") or str(number) for number in processors})


def _siblings(folder: Path) -> str | None:
    for name in ("core_cpus_list", "thread_siblings_list"):  # the second is the older kernels' name
        try:
            return (folder / name).read_text().strip()
        except OSError:
            continue
    return None


def _quota(cgroups: Path, membership: Path) -> float | None:
    """Return the processors' worth of time that the tightest enclosing control group allows."""
    limits = [limit for folder in _groups(cgroups, membership) if (limit := _limit(folder)) is not None]
    return min(limits, default=None)


def _groups(cgroups: Path, membership: Path) -> list[Path]:
    """Return the folders of this process's CPU control groups, with all that enclose them."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    folders = []
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0" or "cpu" in controllers.split(","):
            inner = cgroups.joinpath(*([controllers] if number != "0" else []), path.lstrip("/"))
            folders += [inner, *(outer for outer in inner.parents if outer.is_relative_to(cgroups))]
    return folders


def _limit(folder: Path) -> float | None:
    """Read version 2's `cpu.max` or version 1's pair of files; None where there is no limit."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return None if quota in ("max", "-1") else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _ask_macos() -> int:
    command = ["/usr/sbin/sysctl", "-n", "hw.physicalcpu"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout
        return max(1, int(answer))
    except (OSError, subprocess.SubprocessError, ValueError):
        return os.cpu_count() or 1
