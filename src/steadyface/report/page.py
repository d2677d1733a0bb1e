"""``report.html`` of a run: one file that opens offline."""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from steadyface.clip.folder import spread
from steadyface.errors import InputError
from steadyface.metrics.evaluate import find_parts
from steadyface.metrics.frames import Frames
from steadyface.report.curves import loss_curves, read_losses
from steadyface.report.flicker import flicker_maps
from steadyface.report.jpeg import jpeg_uri
from steadyface.report.labels import Image
from steadyface.report.table import number
from steadyface.runtime.files import write_atomically
from steadyface.zoo import CARDS

TEMPLATE = Path(__file__).with_name("page.html")
SHOWN = ("input", "direct", "edited")
MOST = 150
"""Maximum number of frames in the page, spread over longer clips."""


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a run folder, with the metrics if they have been measured.

    Raises:
        InputError: the folder isn't a finished run.
    """
    parts = find_parts(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} is not a finished run: its manifest is missing or damaged") from error
    metrics = folder / "metrics.json"
    found = json.loads(metrics.read_text(encoding="utf-8")) if metrics.exists() else None
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(_title(manifest)),
        summary=html.escape(_summary(manifest, len(parts["input"]))),
        flicker="".join(_figure(name, picture) for name, picture in flicker_maps(parts).items()),
        metrics=_metrics(found),
        losses=loss_curves(read_losses(folder)) or "<p>None were recorded.</p>",
        weights=_weights(manifest["weights"]),
        settings=html.escape(json.dumps(manifest, indent=2)),
        data=json.dumps({**_frames(parts), "rate": manifest.get("frame_rate", 25.0)}),
    )
    path = folder / "report.html"
    write_atomically(path, lambda beside: beside.write_text(page, encoding="utf-8", errors="replace"))
    return path


def _title(manifest: Mapping[str, Any]) -> str:
    edits = ", ".join(f"{edit['name']} {edit['strength']:g}" for edit in manifest["edits"])
    return f"{Path(manifest['source']).name}: {edits}"


def _summary(manifest: Mapping[str, Any], frames: int) -> str:
    stages = manifest["stages"].values()
    minutes, memory = sum(s["seconds"] for s in stages) / 60, max(s["peak_memory_mb"] for s in stages) / 1024
    what = f"preset {manifest['preset']['name']}, {manifest['model']}, seed {manifest['seed']}"
    length = "1 frame" if frames == 1 else f"{frames} frames"
    return f"{length}, {what}; {minutes:.1f} minutes and {memory:.1f} GB for the stages."


def _frames(parts: Mapping[str, Frames]) -> dict[str, Any]:
    numbers = spread(len(parts["input"]), MOST)
    shown = {name: [jpeg_uri(parts[name][number]) for number in numbers] for name in SHOWN if name in parts}
    return {"size": parts["input"][0].shape[0], "numbers": numbers, "frames": shown}


def _figure(name: str, picture: Image) -> str:
    return f'<figure><img src="{jpeg_uri(picture)}" alt="{name}"><figcaption>{name}</figcaption></figure>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        kinds = [' class="n"' if column in numbers else "" for column in range(len(row))]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for cell, kind in zip(row, kinds, strict=True))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{cells(head, 'th')}</tr>{body}</table>"


def _metrics(metrics: Mapping[str, Any] | None) -> str:
    if metrics is None:
        return "<h2>Metrics</h2><p>Not measured yet: <code>steadyface eval</code> adds them.</p>"
    errors = metrics["warping_error"]
    parts = [part for part in ("input", "inverted", "direct", "edited") if part in metrics["parts"]]
    rows = [[f"{distance} apart", *(f"{1000 * errors[distance][part]:.3f}" for part in parts)] for distance in errors]
    steady = _table(["warping error x 1000", *parts], rows, range(1, len(parts) + 1))
    marks = {True: '<span class="holds">holds</span>', False: '<span class="fails">fails</span>', None: "-"}
    gates = [
        [gate["name"], html.escape(gate["quantity"]), number(gate["value"], 3), html.escape(gate["bound"]),
         number(gate.get("control"), 3), marks[gate["passed"]]]
        for gate in metrics["gates"]
    ]  # fmt: skip
    judged = _table(["a good result is", "quantity", "value", "bound", "control", ""], gates, [2, 4])
    floor = f"The input's own error is the floor; flow by {metrics['flow']}."
    return f'<h2>Metrics</h2><p>{floor}</p><div class="scroll">{steady}</div><br><div class="scroll">{judged}</div>'


def _weights(hashes: Mapping[str, str]) -> str:
    rows = []
    for name, sha in sorted(hashes.items()):
        card = CARDS.get(name)
        licence = card.licence if card else "Apache-2.0; made by this project from mobile-ffhq's samples"
        free = card is not None and not card.non_commercial
        rows.append([name, html.escape(licence), "free" if free else "research and non-commercial", sha[:12]])
    return _table(["weights", "licence", "use", "sha256"], rows)
