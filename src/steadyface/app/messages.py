"""Errors as the page shows them: one line, without the server's folders, in the page's own words."""

import logging
import re

from steadyface.errors import SteadyfaceError

_FOLDERS = re.compile(r"(?<![\w.])/(?:[^/\s:;,]+/)+")
_RANGE = re.compile(r"--frames (\d+):(\d*)")


def one_line(error: BaseException) -> str:
    """What to tell the user of an error; one that is nobody's mistake is logged whole."""
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
