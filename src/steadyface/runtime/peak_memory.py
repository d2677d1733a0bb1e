"""The peak memory of this process, on Linux, macOS and Windows."""

import sys
from importlib import import_module
from pathlib import Path

import psutil

STATUS = Path("/proc/self/status")
"""Where Linux states it; `psutil` doesn't read the peak from there."""


def peak_memory_mb() -> int:
    """The largest resident size of this process so far, in MB (2**20 bytes)."""
    peak = _of_status() or _of_resource() or _of_psutil()
    return peak // 2**20


def _of_status() -> int | None:
    try:
        lines = STATUS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 2**10 for line in lines if line.startswith("VmHWM:")), None)


def _of_resource() -> int | None:
    """Only the second choice: on Linux it also counts the process before it started this program."""
    try:
        # by its name, since type checkers find nothing in it when they check for Windows
        resource = import_module("resource")
    except ImportError:
        return None
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak if sys.platform == "darwin" else peak * 2**10


def _of_psutil() -> int:
    """The peak on Windows, the present size elsewhere."""
    now = psutil.Process().memory_info()
    return int(getattr(now, "peak_wset", now.rss))
