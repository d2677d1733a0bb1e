"""What the run's manifest says: settings, versions, and the hashes of everything that went in and came out."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from steadyface.clip.folder import FrameFolder
from steadyface.config.job import Job, edit_file
from steadyface.config.settings import Preset
from steadyface.editing import catalogue
from steadyface.gan.models import WEIGHTS, file_of
from steadyface.inversion.encoders import encoder_file
from steadyface.runs.run import Run
from steadyface.runtime.files import file_sha256, sha256_of
from steadyface.video.info import probe
from steadyface.zoo import CARDS

RECORDED = ("steadyface", "torch", "numpy", "av", "opencv-python-headless", "ai-edge-litert", "safetensors")
PARTS = ("input", "inverted", "direct", "edited")
"""The folders of aligned pictures."""
USED = (
    "mobile-ffhq", "lpips-alex", "face-detector-short", "face-detector-full", "face-mesh", "person-mask", "spynet",
    "face-expression", "face-age-gender", "face-recognition", "shot-boundaries",
)  # fmt: skip


def begin(job: Job, preset: Preset) -> dict[str, Any]:
    """The part that is known before the first stage. Raises `OSError` when the source can't be read."""
    edits = [
        {"name": request.name, "strength": request.strength, "sha256": file_sha256(edit_file(request, preset))}
        for request in job.edits
    ]
    return {
        "source": str(job.source),
        "source_sha256": sha256_of(job.source),
        "landmarks_sha256": file_sha256(job.landmarks) if job.landmarks else None,
        "edits": edits,
        "model": job.model,
        "frame_rate": float(probe(job.source, job.rate).average_rate),
        "frames": list(job.frames),
        "face": job.face,
        "seed": job.seed,
        "device": job.device,
        "inversion": job.inversion,
        "size": job.size,
        "codec": job.codec,
        "layer": job.layer,
        "sound": job.sound,
        "rate": str(job.rate) if job.rate else None,
        "encoder": job.encoder,
        "preset": asdict(preset),
        "versions": {name: version(name) for name in RECORDED} | {"python": platform.python_version()},
        "weights": {name: CARDS[name].source.sha256 for name in USED}
        | {path.stem: file_sha256(path) for path in sorted(WEIGHTS.glob("*.safetensors"))}
        | imported(job),
        "shipped_edits": {path.stem: file_sha256(path) for path in sorted(catalogue.SHIPPED.glob("*.safetensors"))},
    }


def imported(job: Job) -> dict[str, str]:
    """The hashes of an imported generator and encoder; shipped ones are left out. Raises `InputError`."""
    files = {"model": file_of(job.model), "encoder": encoder_file(job.encoder) if job.encoder else None}
    return {role: file_sha256(path) for role, path in files.items() if path}


def finish(run: Run, key: str, *outputs: Path) -> None:
    """Add the outputs' hashes and write the manifest."""
    run.manifest |= {
        "key": key,
        "outputs": {path.relative_to(run.folder).as_posix(): sha256_of(path) for path in outputs},
    }
    run.write_manifest()


def forget(run: Run) -> None:
    """Remove what describes an earlier result in the folder, before its pictures change."""
    for name in ("manifest.json", "metrics.json", "report.html"):
        run.path(name).unlink(missing_ok=True)


def is_finished(run: Run, key: str, frames: int) -> bool:
    """Whether the manifest belongs to ``key``, the outputs have the hashes in it, and no picture is missing."""
    if any(FrameFolder(run.path("aligned", name)).count() != frames for name in PARTS):
        return False
    if not FrameFolder(run.path("aligned", "untuned", "edited")).count():
        return False
    return is_written(run, key)


def is_written(run: Run, key: str) -> bool:
    """Whether the manifest belongs to ``key``, and the outputs have the hashes in it."""
    try:
        kept = read(run.folder)
        return kept["key"] == key and all(sha256_of(run.path(name)) == sha for name, sha in kept["outputs"].items())
    except (OSError, ValueError, KeyError):
        return False


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a folder. Raises `OSError` and `ValueError` if it can't be read."""
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
