"""The files that a result is written to besides those of every run."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from steadyface.stitching.paste import least_layer
from steadyface.video.codecs import CODECS, PLAYED, STILLS, played_by
from steadyface.video.colour import ColourTags, to_rgb
from steadyface.video.info import VideoInfo
from steadyface.video.picture import alpha_of, codes_before_and_after
from steadyface.video.planes import Layout, framed, samples
from steadyface.video.reader import Frame
from steadyface.video.stills import About, PictureFolder, png_of, write_exr
from steadyface.video.transfer import light_of
from steadyface.video.writer import VideoFile

Floats = NDArray[np.float32]
CHANGES = "changes.mkv"
_NO_CHANGE = 2**15
_STEPS = 64
"""In a level."""
EXTRA = ("edited.mov", "edited.mkv", "edited_png", "edited_exr", "layer.mov", "matte.mov", "layer_exr")
"""Files and folders that a run may write besides those of every run."""


@dataclass(frozen=True)
class Target:
    """A file or a folder of pictures, and what of a frame is written into it."""

    file: VideoFile | PictureFolder
    of: Callable[[Frame], Frame] = lambda frame: frame

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.file.path

    def write(self, frame: Frame) -> None:
        """As `VideoFile.write` and `PictureFolder.write`."""
        self.file.write(self.of(frame))


@dataclass(frozen=True)
class Output:
    """How a result is written."""

    codec: str
    """As in `Job`."""
    layer: bool
    tags: Mapping[str, str]
    """Of the container."""
    sound: bool = True
    """Whether there is any, if the input has it."""
    changes: bool = False
    """Whether each frame's change is kept, in ``state/changes.mkv``."""

    @contextmanager
    def files(self, folder: Path, info: VideoInfo, sound: Mapping[str, Any]) -> Iterator[Sequence[Target]]:
        """``edited.mp4``; a file or folder beside it for a codec that players don't know; the layer.

        That is ``layer.mov`` and ``matte.mov``, or ``layer_exr`` beside ``edited_exr``. All are complete, or none is.
        """
        for name in EXTRA:  # of an earlier result
            shutil.rmtree(folder / name, ignore_errors=True)
            if (folder / name).exists():
                (folder / name).unlink()
        played = played_by(self.codec, info.pixel_format)
        with ExitStack() as stack:

            def target(
                path: Path, codec: str, of: Callable[[Frame], Frame] = lambda frame: frame, **how: Any
            ) -> Target:
                return Target(stack.enter_context(VideoFile(path, info, codec=codec, metadata=self.tags, **how)), of)

            about = About(info.colour, info.sample_aspect_ratio, info.average_rate, self.tags)
            pictures, captions = Pictures(about), None if info.path.is_dir() else info.path
            made = [target(folder / "edited.mp4", played.name, captions_from=captions, **sound)]
            if self.codec in STILLS:
                written = pictures.png if self.codec == "png" else pictures.exr
                made.append(
                    Target(stack.enter_context(PictureFolder(folder / f"edited_{self.codec}", self.codec, written)))
                )
            elif self.codec in CODECS and self.codec not in PLAYED:
                master = CODECS[self.codec]
                made.append(target(folder / f"edited{master.suffix}", master.name, **sound))
            if self.layer and self.codec == "exr":
                made.append(Target(stack.enter_context(PictureFolder(folder / "layer_exr", "exr", pictures.exr_layer))))
            elif self.layer:
                layer = LayerOf(info.colour)
                made.append(target(folder / "layer.mov", "prores", layer.picture))
                made.append(target(folder / "matte.mov", "prores", layer.matte))
            if self.changes:
                made.append(target(folder / "state" / CHANGES, "ffv1", change_kept))
            yield made


def change_kept(frame: Frame) -> Frame:
    """A frame whose samples are another one's change, of 16 bits."""
    assert frame.change is not None
    whole = np.rint(_NO_CHANGE + _STEPS * frame.change).astype(np.uint16)
    return replace(frame, coded=framed([whole[..., channel] for channel in (1, 2, 0)], "gbrp16le"), change=None)


def kept_change(frame: Frame) -> Floats:
    """The inverse of `change_kept`: (H, W, 3), in levels."""
    assert frame.coded is not None
    green, blue, red = (plane.astype(np.float32) for plane in samples(frame.coded))
    return (np.stack([red, green, blue], axis=-1) - np.float32(_NO_CHANGE)) / np.float32(_STEPS)


@dataclass(frozen=True)
class LayerOf:
    """Makes of frames their change as a layer."""

    colour: ColourTags
    """The input's."""
    converter: VideoReformatter = field(default_factory=VideoReformatter)

    def picture(self, frame: Frame) -> Frame:
        """A premultiplied picture with alpha: laid over the input it gives the frame."""
        return replace(frame, coded=_with_alpha(*self._layer(frame)), change=None)

    def matte(self, frame: Frame) -> Frame:
        """Its alpha as a grey picture."""
        grey = np.rint(255 * self._layer(frame)[1]).astype(np.uint8)
        return replace(frame, image=np.repeat(grey[..., None], 3, axis=2), coded=None, change=None)

    def _layer(self, frame: Frame) -> tuple[Floats, Floats]:
        assert frame.coded is not None
        assert frame.change is not None
        before = to_rgb(frame.coded, self.colour, self.converter).astype(np.float32)
        return least_layer(before, np.clip(before + frame.change, 0, 255))


@dataclass(frozen=True)
class Pictures:
    """Writes frames, or their change as a layer, as pictures."""

    about: About
    converter: VideoReformatter = field(default_factory=VideoReformatter)

    def png(self, frame: Frame, path: Path) -> None:
        """Codes as they are, in 8 or 16 bits."""
        assert frame.coded is not None
        bits = Layout.known(frame.coded.format.name).bits
        path.write_bytes(png_of(self._codes(frame)[1], alpha_of(frame), bits, self.about))

    def exr(self, frame: Frame, path: Path) -> None:
        """Linear light."""
        light = light_of(self._codes(frame)[1], self.about.colour.trc)
        write_exr(path, light, alpha_of(frame), self.about)

    def exr_layer(self, frame: Frame, path: Path) -> None:
        """A premultiplied picture with alpha: laid over the input, both in linear light, it gives `exr`."""
        trc = self.about.colour.trc
        before, after = (light_of(each, trc) for each in self._codes(frame))
        colours, alpha = least_layer(before, after, float(light_of(np.ones(1), trc)[0]))
        write_exr(path, colours, alpha, self.about)

    def _codes(self, frame: Frame) -> tuple[Floats, Floats]:
        return codes_before_and_after(frame, self.about.colour, self.converter)


def _with_alpha(colour: Floats, alpha: Floats) -> av.VideoFrame:
    """Colours in levels of 255 (H, W, 3), and alpha (H, W) in [0, 1]: gbrap16le."""
    deep = [np.rint(257 * colour[..., channel]).astype(np.uint16) for channel in (1, 2, 0)]
    return framed([*deep, np.rint(65535 * alpha).astype(np.uint16)], "gbrap16le")
