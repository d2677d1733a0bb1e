"""What the run's manifest says: settings, versions, and the hashes of everything that went in and came out."""

import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steadyface.editing import catalogue
from steadyface.gan.load import WEIGHTS
from steadyface.run import Run, file_sha256
from steadyface.settings import Preset
from steadyface.zoo import CARDS

if TYPE_CHECKING:
    from steadyface.pipeline import Job

RECORDED = ("steadyface", "torch", "numpy", "av", "opencv-python-headless", "ai-edge-litert", "safetensors")
USED = ("mobile-ffhq", "lpips-alex", "face-detector-short", "face-detector-full", "face-mesh", "spynet")


def begin(job: "Job", preset: Preset) -> dict[str, Any]:
    """The part that is known before the first stage. Raises `OSError` when the source can't be read."""
    edits = [
        {"name": request.name, "strength": request.strength, "sha256": file_sha256(catalogue.find(request))}
        for request in job.edits
    ]
    return {
        "source": str(job.source),
        "source_sha256": file_sha256(job.source),
        "edits": edits,
        "model": job.model,
        "frames": list(job.frames),
        "face": job.face,
        "seed": job.seed,
        "device": job.device,
        "preset": asdict(preset),
        "versions": {name: version(name) for name in RECORDED} | {"python": platform.python_version()},
        "weights": {name: CARDS[name].source.sha256 for name in USED}
        | {path.name: file_sha256(path) for path in sorted(WEIGHTS.glob("*.safetensors"))},
    }


def finish(run: Run, *outputs: Path) -> None:
    """Add the outputs' hashes and write the manifest."""
    run.manifest["outputs"] = {path.name: file_sha256(path) for path in outputs}
    run.write_manifest()
