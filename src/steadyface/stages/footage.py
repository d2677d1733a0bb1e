"""The frames of a file in which a person is."""

from collections.abc import Iterator
from pathlib import Path

from steadyface.clip.segments import Segments
from steadyface.config.job import FrameRange
from steadyface.video.reader import Frame, read_frames


def frames_of(source: Path, frames: FrameRange, segments: Segments) -> Iterator[tuple[int, Frame]]:
    """Each row of a person's clip with its frame of the file, which is read once. Raises as `read_frames`."""
    for frame in read_frames(source, *frames):
        if frame.index in segments.rows:
            yield segments.rows[frame.index], frame
