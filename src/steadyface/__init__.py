"""Edit a face in a video so that the edit stays the same in every frame.

What is listed in ``__all__`` is the public interface; `docs/api.md` shows how it is used. Heavy modules are imported
only when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steadyface.compare import compare_methods
    from steadyface.config.job import Job
    from steadyface.config.presets import PRESETS
    from steadyface.config.settings import Preset
    from steadyface.editing.card import EditCard
    from steadyface.editing.edit import Edit
    from steadyface.errors import SteadyfaceError
    from steadyface.flow.base import FlowEstimator
    from steadyface.gan.base import Generator
    from steadyface.gan.load import load_generator
    from steadyface.interop.imports import import_file
    from steadyface.metrics.evaluate import evaluate_run
    from steadyface.pipeline import Result, edit_video
    from steadyface.runtime.optimise import Progress

__version__ = "0.1.0"
__all__ = [
    "PRESETS",
    "Edit",
    "EditCard",
    "FlowEstimator",
    "Generator",
    "Job",
    "Preset",
    "Progress",
    "Result",
    "SteadyfaceError",
    "compare_methods",
    "edit_video",
    "evaluate_run",
    "import_file",
    "load_generator",
]

_HOMES = {
    "compare": ("compare_methods",),
    "editing.card": ("EditCard",),
    "editing.edit": ("Edit",),
    "errors": ("SteadyfaceError",),
    "flow.base": ("FlowEstimator",),
    "gan.base": ("Generator",),
    "gan.load": ("load_generator",),
    "interop.imports": ("import_file",),
    "config.job": ("Job",),
    "metrics.evaluate": ("evaluate_run",),
    "runtime.optimise": ("Progress",),
    "pipeline": ("Result", "edit_video"),
    "config.presets": ("PRESETS",),
    "config.settings": ("Preset",),
}


def __getattr__(name: str) -> Any:
    # torch takes seconds to import, which the command line must not pay for
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"steadyface.{module}"), name)
    raise AttributeError(f"module 'steadyface' has no attribute '{name}'")
