"""Images of a clip in, edited images and a mask of the change out. It does not import ComfyUI."""

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import av
import numpy as np
import torch
from torch import Tensor

from steadyface import edit_video
from steadyface.config.presets import PRESETS
from steadyface.editing.catalogue import named_edits
from steadyface.runtime.optimise import Progress
from steadyface.stitching.paste import least_layer
from steadyface.video.reader import read_frames


class SteadyfaceEdit:
    """The frames of a clip, edited so that the edit stays the same in every frame."""

    CATEGORY = "video/face"
    FUNCTION = "edit"
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("IMAGE", "MASK")
    RETURN_NAMES: ClassVar[tuple[str, ...]] = ("images", "change")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 (ComfyUI's name)
        """What ComfyUI offers for each input."""
        return {
            "required": {
                "images": ("IMAGE",),
                "edit": (sorted(named_edits()),),
                "strength": ("FLOAT", {"default": 1.0, "min": -1.5, "max": 1.5, "step": 0.05}),
                "preset": ([name for name in PRESETS if name in ("default", "fast")],),
                "frames_per_second": ("FLOAT", {"default": 25.0, "min": 1.0, "max": 240.0}),
                "face": ("INT", {"default": 0, "min": 0, "max": 20}),
                "seed": ("INT", {"default": 0, "min": 0, "max": 2**31 - 1}),
            }
        }

    def edit(
        self,
        images: Tensor,
        edit: str,
        strength: float,
        preset: str,
        frames_per_second: float,
        face: int,
        seed: int,
    ) -> tuple[Tensor, Tensor]:
        """Images (N, H, W, 3) in [0, 1] -> edited images, and how much of each pixel the edit hides (N, H, W).

        ``face`` 0 is the largest one that is in all frames. Raises `steadyface.errors.SteadyfaceError`.
        """
        with TemporaryDirectory(prefix="steadyface-comfyui-", ignore_cleanup_errors=True) as folder:
            source = Path(folder) / "images.mkv"
            write_images(source, images, Fraction(frames_per_second).limit_denominator(1001))
            result = edit_video(
                source, [f"{edit}:{strength:g}"], Path(folder) / "run", preset=preset, face=face or None, seed=seed,
                codec="ffv1", watch=_interruptible,
            )  # fmt: skip
            edited = [frame.image for frame in read_frames(result.folder / "edited.mkv")]
        after = np.stack(edited).astype(np.float32)
        before = np.rint(255 * images.cpu().numpy()).astype(np.float32)
        masks = [least_layer(one, other)[1] for one, other in zip(before, after, strict=True)]
        return torch.from_numpy(after / 255), torch.from_numpy(np.stack(masks))


def write_images(path: Path, images: Tensor, rate: Fraction) -> None:
    """Write images (N, H, W, 3) in [0, 1] as a video without loss."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *images.shape[1:3], "bgr0"
        for index, image in enumerate(images):
            pixels = np.rint(255 * image.cpu().numpy().clip(0, 1)).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = index, 1 / rate
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def _interruptible(_seen: Progress) -> None:
    """Let ComfyUI's own button stop a run."""
    try:
        from comfy.model_management import throw_exception_if_processing_interrupted
    except ImportError:
        return
    throw_exception_if_processing_interrupted()


NODE_CLASS_MAPPINGS = {"SteadyfaceEdit": SteadyfaceEdit}
NODE_DISPLAY_NAME_MAPPINGS = {"SteadyfaceEdit": "Edit a face, steadily"}
