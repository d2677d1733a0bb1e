"""Errors as the page shows them: one line, without the server's folders, in the terms of the page."""

import logging
import re

from steadyface.errors import SteadyfaceError

_FOLDERS = re.compile(
    r"""(?<![\w.])/(?:[^/\s:;,]+/)+"""
    r"""|(?:(?<!\w)[A-Za-z]:[\\/]+|\\\\+)(?:[^\\/:;,*?"'<>|]+[\\/]+)*"""
)
"""Folders in a path of POSIX or of Windows (from a drive or a server on, with spaces in names)."""
_RANGE = re.compile(r"--frames (\d+):(\d*)")


def one_line(error: BaseException) -> str:
    """The message for the user. An error that is not a `SteadyfaceError` is logged with its traceback."""
    if isinstance(error, SteadyfaceError):
        line = " ".join(str(error).split())
        return _RANGE.sub(_in_words, _FOLDERS.sub("", line)).replace("--frames A:B", "frames")
    if isinstance(error, MemoryError) or "allocate memory" in str(error).lower():
        return "not enough memory; close other programs or take fewer frames"
    logging.getLogger(__name__).error("the page met an error", exc_info=error)
    return f"something went wrong ({type(error).__name__}); the terminal of `steadyface ui` says what"


def _in_words(found: re.Match[str]) -> str:
    start, stop = found.groups()
    return f"frames {start} to {int(stop) - 1}" if stop else f"frames from {start} on"
