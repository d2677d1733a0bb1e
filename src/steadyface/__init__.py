"""Edit a face in a video so that the edit stays the same in every frame."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steadyface.pipeline import Result, edit_video

__version__ = "0.1.0"
__all__ = ["Result", "edit_video"]


def __getattr__(name: str) -> Any:
    # torch takes seconds to import: only who uses the API pays for it
    if name in __all__:
        from steadyface import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'steadyface' has no attribute '{name}'")
