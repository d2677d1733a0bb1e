"""The last stage: write the aligned pictures as PNG, paste them into their frames, and write the videos."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder, to_image
from steadyface.clip.frames import Frames, cached
from steadyface.clip.layer import Layer
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
from steadyface.stages.output import Output
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.paste import change, changed
from steadyface.video.info import VideoInfo, probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

VIDEOS = ("edited.mp4", "direct.mp4", "compare.mp4")
"""What every run writes."""


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
    """Write all pictures and videos, unless the manifest says that they are there; returns the number of frames."""
    run, count = context.run, len(clip)
    if manifest.is_finished(run, context.key, count):
        return count
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
        # Read again rather than drawn again, which takes ten times as long
        pictures = drawn if edited is direct else edited
        layers = compositor.with_preserved(average(pictures, plain, settings.averaging), pictures, plain)
        source = settings.source.path
        restored = Restored(source, probe(source, settings.rate), settings.frames, clip, compositor, settings.rate)
        tags = tags_of([each.request for each in settings.edits], settings.preset)
        how = Output(settings.codec, settings.layer, tags, sound=settings.sound)
        made = write_videos(run, restored, drawn, cached(lambda index: layers([index])[0], 1), how, context.watch)
    manifest.finish(run, context.key, *made)
    return count


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
class Restored:
    """The input's frames, with layers pasted over the face."""

    source: Path
    info: VideoInfo
    frames: FrameRange
    clip: Aligned
    compositor: Compositor
    rate: Fraction | None = None
    """Of a folder's pictures, as in `Job`."""

    def under(self, layers: Frames) -> Iterator[Frame]:
        """Each frame of the input under its packed layer."""
        for index, frame in enumerate(read_frames(self.source, *self.frames, coded=True, rate=self.rate)):
            corners, around, extension = self.clip.quads[index], None, self.compositor.extension
            if extension is not None:
                around = extension.around(frame.image, index, corners)
            layer = layers([index])[0].cpu().numpy()
            by = change(frame.image, layer, self.compositor.mask(index), corners, around)
            yield replace(frame, image=changed(frame.image, by), change=by)

    def beside(self, *videos: Path) -> Iterator[Frame]:
        """Each frame of the input, and beside it that of finished videos of it."""
        pictures = zip(read_frames(self.source, *self.frames, rate=self.rate), *map(read_frames, videos), strict=True)
        for frame, *others in pictures:
            height, width = frame.image.shape[:2]  # those of the videos are even
            beside = (each.image[:height, :width] for each in others)
            yield replace(frame, image=np.concatenate([frame.image, *beside], axis=1))


def write_videos(
    run: Run, restored: Restored, direct: Frames, layers: Frames, how: Output, watch: Watcher | None = None
) -> list[Path]:
    """Write ``edited.mp4``, ``direct.mp4`` and ``compare.mp4`` (input | direct | edited), and what else is asked for.

    ``direct`` are pictures, ``layers`` packed. ``aligned/edited`` is written on the way. Returns the files.
    """
    info, shown = restored.info, restored.compositor.shown(layers)
    source = restored.source if info.has_audio and how.sound else None
    sound: dict[str, Any] = {"audio_from": source, "cut_sound": restored.frames != (0, None)}
    aligned = FrameFolder(run.path("aligned", "edited"))
    aligned.clear()

    def counting(frames: Iterable[Frame], name: str) -> Iterator[Frame]:
        return counted(frames, f"write {name}", len(restored.clip), watch)

    edited_only, direct_only, both = map(run.path, VIDEOS)
    with how.files(run.folder, info, sound) as files:
        for index, frame in enumerate(counting(restored.under(layers), edited_only.name)):
            aligned.write(index, to_image(shown([index])))
            for file in files:
                file.write(frame)
    plain = restored.under(lambda frames: Layer.whole(direct(frames)).packed())
    write_video(direct_only, counting(plain, direct_only.name), info, metadata=how.tags, **sound)
    beside = restored.beside(direct_only, edited_only)
    write_video(both, counting(beside, both.name), info, metadata=how.tags, **sound)
    return [*(file.path for file in files), direct_only, both]
