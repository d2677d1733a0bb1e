"""The note in the metadata of every video that is written."""

from steadyface import __version__
from steadyface.job import Job
from steadyface.settings import Preset

LABEL = "edited with AI by steadyface"


def tags_of(job: Job, preset: Preset) -> dict[str, str]:
    """The container tags of a result: what made it, which edits with which strengths, by which preset.

    All in the one tag that players show: "edited with AI by steadyface 0.1.0; edits: age 0.6, smile 1; preset: fast".
    Nothing in it tells when, where or by whom.
    """
    edits = ", ".join(f"{request.name} {request.strength:g}" for request in job.edits)
    return {"comment": f"{LABEL} {__version__}; edits: {edits}; preset: {preset.name}"}
