"""The page's pieces of HTML; all text that doesn't come from the page itself is escaped."""

from html import escape

from steadyface.app.job_queue import Status
from steadyface.app.limits import Limits
from steadyface.app.run_store import Kept

TITLE = """<div class="sf-title"><h1>steadyface</h1>
<p>Edits a face in a video so that the edit stays the same in every frame. Edit people only with their consent; results
are tagged as edited with AI.</p></div>"""

CSS = """
.gradio-container {max-width: 1240px !important; margin: 0 auto !important}
.sf-title h1 {font-size: 1.5rem; font-weight: 650; margin: 0}
.sf-title p {margin: .15rem 0 0; color: var(--body-text-color-subdued)}
.sf-step {font-weight: 600; margin-top: .6rem}
.sf-step span, .sf-note, .sf-run span {font-weight: 400; color: var(--body-text-color-subdued)}
.sf-error {border-left: 4px solid #c0392b; padding: .5rem .75rem; background: var(--block-background-fill)}
.sf-bar {height: .5rem; border-radius: .25rem; background: var(--border-color-primary); overflow: hidden}
.sf-bar div {height: 100%; background: var(--button-primary-background-fill); transition: width .4s}
.sf-row {align-items: center}
.gradio-container .html-container {padding: 0 !important}
footer {display: none !important}
"""


def step(title: str, aside: str = "") -> str:
    """The heading of a step."""
    return f'<div class="sf-step">{escape(title)} <span>{escape(aside)}</span></div>'


def limits(most: Limits) -> str:
    """The note at the upload area."""
    return f"one shot, at most {most.frames} frames, {most.upload_mb} MB"


def earlier(count: int) -> str:
    """The heading of the earlier runs."""
    return step("Earlier runs", "" if count else "none yet")


def note(text: str) -> str:
    """A line in a muted colour."""
    return f'<div class="sf-note">{escape(text)}</div>'


def error(text: str) -> str:
    """A line that says what went wrong."""
    return f'<div class="sf-error" role="alert">{escape(text)}</div>'


def progress(status: Status) -> str:
    """A bar and the line under it."""
    if status.state == "failed":
        return error(status.line)
    bar = f'<div class="sf-bar"><div style="width:{100 * status.done:.1f}%"></div></div>' if status.active else ""
    return f'{bar}<div class="sf-note" role="status">{escape(status.line)}</div>'


def run(kept: Kept, status: Status) -> str:
    """An earlier run."""
    edits = ", ".join(edit.replace(":", " ") for edit in kept.edits)
    when = kept.ordered.strftime("%d %b %Y, %H:%M")
    parts = f"{escape(kept.preset)} &middot; {when} &middot; {status.state}"
    return f'<div class="sf-run"><b>{escape(kept.clip)}</b> {escape(edits)}<br><span>{parts}</span></div>'


def verb(status: Status) -> str:
    """The label of the button beside an earlier run."""
    if status.active:
        return "Watch"
    return "Show" if status.state == "finished" else "Go on"
