"""``batch.html``: every job of a batch in one file that opens offline."""

import html
from pathlib import Path
from string import Template
from urllib.parse import quote

import cv2
import numpy as np

from steadyface.cluster.ledger import FILE, Entry, Ledger
from steadyface.cluster.table import counts
from steadyface.errors import SteadyfaceError
from steadyface.report.jpeg import jpeg_uri
from steadyface.report.labels import Image
from steadyface.runtime.files import write_atomically
from steadyface.video.info import probe
from steadyface.video.reader import read_frames

TEMPLATE = Path(__file__).with_name("page.html")
HEIGHT = 240
"""Height of a thumbnail, px."""


def write_page(ledger: Ledger) -> Path:
    """Write the page beside ``batch.json``, with links to the run folders. Raises `ResourceError`."""
    entries = list(ledger)
    seconds = sum(entry.seconds for entry in entries)
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(ledger.folder.absolute().name),
        summary=f"{len(entries)} jobs: {counts(ledger)}; {seconds / 60:.1f} minutes of workers.",
        jobs="\n".join(map(_figure, entries)),
    )
    path = (ledger.folder / FILE).with_suffix(".html")
    write_atomically(path, lambda beside: beside.write_text(page, encoding="utf-8", errors="replace"))
    return path


def thumbnail(video: Path) -> Image:
    """The frame in the middle of a video: (240, W, 3). Raises `InputError` when it can't be read."""
    middle = (probe(video).frame_count or 1) // 2
    image = next(read_frames(video, middle)).image
    size = (max(1, round(image.shape[1] * HEIGHT / image.shape[0])), HEIGHT)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _figure(entry: Entry) -> str:
    job, name = entry.planned.job, html.escape(entry.name)
    done = entry.state == "done"
    folder = entry.planned.out.as_uri() if Path(entry.name).is_absolute() else quote(entry.name)
    title = f'<a href="{folder}/report.html">{name}</a>' if done else f"<b>{name}</b>"
    facts = [
        f"{html.escape(job.source.name)}: {html.escape(', '.join(map(str, job.edits)))}",
        f"preset {html.escape(job.preset)}, seed {job.seed}, {entry.seconds:.0f} s in {entry.attempts} "
        f"attempt{'' if entry.attempts == 1 else 's'}",
    ]
    if entry.reason:
        facts.append(f'<span class="failed">{html.escape(entry.reason)}</span>')
    return f"<figure>{_picture(entry)}<figcaption>{title}<br>{'<br>'.join(facts)}</figcaption></figure>"


def _picture(entry: Entry) -> str:
    if entry.state == "done":
        try:
            address = jpeg_uri(thumbnail(entry.planned.out / "edited.mp4"))
            return f'<img class="picture" src="{address}" alt="{html.escape(entry.name)}">'
        except SteadyfaceError:  # removed since then: only the picture is missing on the page
            pass
    return f'<div class="picture {entry.state}">{entry.state}</div>'
