"""The last stage: write the aligned pictures as PNG, paste them into their frames, and write the videos."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.paste import paste
from steadyface.video.info import VideoInfo, probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

VIDEOS = ("edited.mp4", "direct.mp4", "compare.mp4")


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
        restored = Restored(source, probe(source), settings.frames, clip, compositor)
        tags = tags_of([each.request for each in settings.edits], settings.preset)
        write_videos(run, restored, drawn, cached(lambda index: layers([index])[0], 1), tags, context.watch)
    manifest.finish(run, context.key, *map(run.path, VIDEOS))
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

    def under(self, layers: Frames) -> Iterator[Frame]:
        """Each frame of the input under its packed layer."""
        for index, frame in enumerate(read_frames(self.source, *self.frames)):
            corners, around, extension = self.clip.quads[index], None, self.compositor.extension
            if extension is not None:
                around = extension.around(frame.image, index, corners)
            layer = layers([index])[0].cpu().numpy()
            yield replace(frame, image=paste(frame.image, layer, self.compositor.mask(index), corners, around))

    def beside(self, *videos: Path) -> Iterator[Frame]:
        """Each frame of the input, and beside it that of finished videos of it."""
        pictures = zip(read_frames(self.source, *self.frames), *map(read_frames, videos), strict=True)
        for frame, *others in pictures:
            yield replace(frame, image=np.concatenate([frame.image, *(each.image for each in others)], axis=1))


def write_videos(
    run: Run,
    restored: Restored,
    direct: Frames,
    layers: Frames,
    tags: Mapping[str, str],
    watch: Watcher | None = None,
) -> None:
    """Write ``edited.mp4``, ``direct.mp4`` and ``compare.mp4`` (input | direct | edited), with these container tags.

    ``direct`` are pictures, ``layers`` packed. ``aligned/edited`` is written on the way.
    """
    part, shown = restored.frames != (0, None), restored.compositor.shown(layers)
    aligned = FrameFolder(run.path("aligned", "edited"))
    aligned.clear()

    def written(name: str, frames: Iterable[Frame]) -> None:
        write_video(
            run.path(name),
            counted(frames, f"write {name}", len(restored.clip), watch),
            restored.info,
            audio_from=restored.source if restored.info.has_audio else None,
            cut_sound=part,
            metadata=tags,
        )

    def edited() -> Iterator[Frame]:
        for index, frame in enumerate(restored.under(layers)):
            aligned.write(index, to_image(shown([index])))
            yield frame

    edited_only, direct_only, both = VIDEOS
    written(edited_only, edited())
    written(direct_only, restored.under(lambda frames: Layer.whole(direct(frames)).packed()))
    written(both, restored.beside(run.path(direct_only), run.path(edited_only)))
