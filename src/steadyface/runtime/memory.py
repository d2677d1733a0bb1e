"""Memory that is freed and allocated again many times a second."""

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # malloc.h
_MOST, _PAD = 2**31 - 1, 2**26


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees; returns whether that worked.

    glibc gives large blocks back to the system as soon as they are freed. The system fills new blocks with zeros, a
    page at a time: a third of the time of an optimisation step on three frames. With another C library nothing is
    changed. The peak of the memory stays the same; between peaks less is given back.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all([mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _MOST), mallopt(_TOP_PAD, _PAD)])
