"""The last stage: write the aligned pictures as PNG, paste them into their frames, and write the videos."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder, to_image
from steadyface.clip.frames import Frames, cached
from steadyface.clip.layer import Layer
from steadyface.clip.segments import Segments
from steadyface.clip.synthesis import Synthesis, probe_frames
from steadyface.config.job import FrameRange
from steadyface.editing.edit import apply_edits
from steadyface.provenance.note import tags_of
from steadyface.runs import manifest
from steadyface.runs.run import Run
from steadyface.runtime.batches import batch_size, batches
from steadyface.runtime.optimise import Counter, Watcher, counted
from steadyface.stages.context import StageContext
from steadyface.stages.edit import code_edits, styled
from steadyface.stages.edit_settings import Render
from steadyface.stages.finish import Average
from steadyface.stages.graded import Graded
from steadyface.stages.output import Output
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.paste import change, changed
from steadyface.video.info import VideoInfo, frames_between, probe
from steadyface.video.orientation import Image
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

Item = TypeVar("Item")
VIDEOS = ("edited.mp4", "direct.mp4", "compare.mp4")
"""What every run writes."""
PREVIEW = "preview.mp4"


def render(
    context: StageContext,
    settings: Render,
    edited: Frames,
    average: Average,
    compositor: Compositor,
    direct: Synthesis,
    before: Synthesis,
    untuned: Synthesis,
    factors: Sequence[float],
    clip: Aligned,
) -> int:
    """Write all pictures and videos, unless the manifest says that they are there; returns the videos' frames."""
    run, count = context.run, len(clip)
    if manifest.is_finished(run, context.key, count):
        return int(manifest.read(run.folder)["frame_count"])
    manifest.forget(run)
    with run.timed("render"):
        generator, probes = context.generator, probe_frames(count)
        edits = code_edits(settings.edits)
        run.manifest["strength_factors"] = {each.card.name: k for each, k in zip(edits, factors, strict=True)}
        asked = apply_edits(edits, untuned.ws, generator)
        some, where = len(probes), context.device
        write(run, "untuned/plain", Synthesis(untuned.ws[probes], generator), some, where, context.watch)
        shown = Synthesis(asked[probes], styled(settings.edits, generator))
        write(run, "untuned/edited", shown, some, where, context.watch)
        plain = write(run, "inverted", before, count, where, context.watch)
        drawn = write(run, "direct", direct, count, where, context.watch)
        source, segments = settings.source.path, clip.segments
        info = probe(source, settings.rate)
        shares = np.ones(count)
        if settings.curve is not None:
            shares = settings.curve.at(segments.numbers / float(info.average_rate))

        def layers(share: float) -> Frames:
            # Read again rather than drawn again, which takes ten times as long
            pictures = drawn if edited is direct else edited
            if share != 1 and isinstance(edited, Synthesis):
                pictures = edited.towards(before, share)
            return compositor.with_preserved(average(pictures, plain, settings.averaging, share), pictures, plain)

        # What lies on the face fades; a face that changes is drawn as it is between
        redrawn = settings.curve is not None and settings.moves and isinstance(edited, Synthesis)
        made_layers: Frames = Graded.of(layers, shares) if redrawn else layers(1.0)
        fades = segments.weights(settings.fade * float(info.average_rate))
        restored = Restored(source, info, settings.frames, clip, compositor, settings.rate)
        whole = Weights(fades * shares, fades * shares)
        weights = replace(whole, layers=fades) if redrawn else whole
        tags = tags_of([each.request for each in settings.edits], settings.preset)
        how = Output(settings.codec, settings.layer, tags, settings.sound, settings.part)
        shown_layers = cached(lambda index: made_layers([index])[0], 1)
        if settings.preview:
            write_preview(run, restored, (shown_layers, weights), how, settings.preview)
        made, total = write_videos(run, restored, (drawn, whole), (shown_layers, weights), how, context.watch)
    run.manifest["frame_count"] = total
    manifest.finish(run, context.key, *made)
    return total


@torch.no_grad()
def write(
    run: Run, name: str, frames: Frames, count: int, device: torch.device, watch: Watcher | None = None
) -> FrameFolder:
    """Make the first ``count`` frames and write them into ``aligned/<name>``; ``watch`` is called after each.

    They are made and read again on ``device``, a GPU's several at a time.
    """
    folder = FrameFolder(run.path("aligned", name), device)
    folder.clear()
    done = Counter(f"write {name}", count, watch)
    for numbers in batches(count, batch_size(device)):
        for index, picture in zip(numbers, frames(numbers), strict=True):
            folder.write(index, to_image(picture))
            done()
    return folder


@dataclass(frozen=True)
class Weights:
    """How much of each row's edit shows, (T,) in [0, 1]."""

    layers: NDArray[np.float64]
    around: NDArray[np.float64]
    """Of the colours that go on past the crop."""


@dataclass(frozen=True)
class Restored:
    """The input's frames, with layers pasted over the face."""

    source: Path
    info: VideoInfo
    frames: FrameRange
    clip: Aligned
    compositor: Compositor
    rate: Fraction | None = None
    """Of a folder's pictures, as in `Job`."""

    def under(
        self, layers: Frames, weights: Weights, frames: FrameRange | None = None
    ) -> Iterator[tuple[int | None, Frame]]:
        """Each frame of the input under its packed layer, and its row; None and the input where the person isn't.

        With ``frames`` only these.
        """
        for frame in read_frames(self.source, *(frames or self.frames), coded=True, rate=self.rate):
            row = self.clip.segments.rows.get(frame.index)
            if row is None:
                yield None, replace(frame, change=np.zeros(frame.image.shape, np.float32))
                continue
            by = self._change(frame.image, row, layers([row])[0].cpu().numpy(), weights)
            yield row, replace(frame, image=changed(frame.image, by), change=by)

    def _change(self, image: Image, row: int, layer: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
        corners, around, extension = self.clip.quads[row], None, self.compositor.extension
        if extension is not None:
            share = float(weights.around[row])
            around = np.asarray(
                cv2.addWeighted(extension.around(image, row, corners), share, image, 1 - share, 0), np.uint8
            )
        return change(image, np.float32(weights.layers[row]) * layer, self.compositor.mask(row), corners, around)

    def beside(self, *videos: Path) -> Iterator[Frame]:
        """Each frame of the input, and beside it that of finished videos of it."""
        pictures = zip(read_frames(self.source, *self.frames, rate=self.rate), *map(read_frames, videos), strict=True)
        for frame, *others in pictures:
            height, width = frame.image.shape[:2]  # those of the videos are even
            beside = (each.image[:height, :width] for each in others)
            yield replace(frame, image=np.concatenate([frame.image, *beside], axis=1))


def middle(segments: Segments, count: int) -> FrameRange:
    """At most ``count`` frames of the file in the middle of the longest segment."""
    rows = max(segments.ranges, key=len)
    first = rows.start + max(len(rows) - count, 0) // 2
    numbers = segments.numbers[first : min(first + count, rows.stop)]
    return int(numbers[0]), int(numbers[-1]) + 1


def write_preview(run: Run, restored: Restored, edited: tuple[Frames, Weights], how: Output, seconds: float) -> None:
    """Write so many seconds of the result, as it will be, as ``preview.mp4``."""
    count = max(1, round(seconds * float(restored.info.average_rate)))
    part = middle(restored.clip.segments, count)
    with run.timed("preview"):
        frames = (frame for _, frame in restored.under(*edited, part))
        sound = restored.source if restored.info.has_audio and how.sound else None
        write_video(run.path(PREVIEW), frames, restored.info, metadata=how.tags, audio_from=sound, cut_sound=True)


def write_videos(
    run: Run,
    restored: Restored,
    direct: tuple[Frames, Weights],
    edited: tuple[Frames, Weights],
    how: Output,
    watch: Watcher | None = None,
) -> tuple[list[Path], int]:
    """Write ``edited.mp4``, ``direct.mp4`` and ``compare.mp4`` (input | direct | edited), and what else is asked for.

    ``direct`` are pictures, ``edited`` packed layers. ``aligned/edited`` is written on the way. Returns the files, and
    the number of their frames.
    """
    info, shown = restored.info, restored.compositor.shown(edited[0])
    source = restored.source if info.has_audio and how.sound else None
    sound: dict[str, Any] = {"audio_from": source, "cut_sound": restored.frames != (0, None)}
    aligned = FrameFolder(run.path("aligned", "edited"))
    aligned.clear()

    def counting(frames: Iterable[Item], name: str) -> Iterator[Item]:
        return counted(frames, f"write {name}", frames_between(info, *restored.frames), watch)

    edited_only, direct_only, both = map(run.path, VIDEOS)
    total = 0
    with how.files(run.folder, info, sound) as files:
        for row, frame in counting(restored.under(*edited), edited_only.name):
            total += 1
            if row is not None:
                aligned.write(row, to_image(shown([row])))
            for file in files:
                file.write(frame)
    pictures, weights = direct
    plain = (frame for _, frame in restored.under(lambda rows: Layer.whole(pictures(rows)).packed(), weights))
    write_video(direct_only, counting(plain, direct_only.name), info, metadata=how.tags, **sound)
    beside = restored.beside(direct_only, edited_only)
    write_video(both, counting(beside, both.name), info, metadata=how.tags, **sound)
    return [*(file.path for file in files), direct_only, both], total
