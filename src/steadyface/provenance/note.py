"""The note in the metadata of every video that is written."""

from collections.abc import Iterable

from steadyface import __version__
from steadyface.editing.catalogue import Request

LABEL = "edited with AI by steadyface"


def tags_of(requests: Iterable[Request], preset: str) -> dict[str, str]:
    """The container tags of a result: the program, the edits with their strengths, the preset.

    All are in the one tag that players show: "edited with AI by steadyface 0.1.0; edits: age 0.6, smile 1; preset:
    fast". It doesn't say when, where or by whom.
    """
    edits = ", ".join(f"{request.name} {request.strength:g}" for request in requests)
    return {"comment": f"{LABEL} {__version__}; edits: {edits}; preset: {preset}"}
