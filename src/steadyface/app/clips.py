"""The clip that a user uploads, checked before anything else is done with it."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from steadyface.app.limits import Limits
from steadyface.config.job import FrameRange
from steadyface.errors import InputError
from steadyface.video.info import probe
from steadyface.video.reader import read_frames


@dataclass(frozen=True)
class Clip:
    """An uploaded video that can be edited."""

    path: Path
    frames: int
    width: int
    height: int
    rate: float
    """Frames per second."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def summary(self) -> str:
        """One line about it."""
        seconds = self.frames / self.rate
        return f"{self.name}: {self.frames} frames, {seconds:.1f} s, {self.width} x {self.height} pixels"


def take(upload: Path, limits: Limits) -> Clip:
    """Check an upload, frame by frame. Raises `InputError` when it is no video, damaged, too large or too long."""
    size = upload.stat().st_size
    if size > limits.upload_mb * 1_000_000:
        raise InputError(f"{upload.name} has {size / 1e6:.0f} MB; at most {limits.upload_mb} MB are taken: shorten it")
    info = probe(upload)
    count = sum(1 for _ in islice(read_frames(upload), limits.frames + 1))
    if count > limits.frames:
        raise InputError(f"{upload.name} has more than {limits.frames} frames, which is the limit: shorten it")
    return Clip(upload, count, info.width, info.height, float(info.average_rate))


def frame_range(clip: Clip, first: float | None, last: float | None) -> FrameRange:
    """The frames ``first`` to ``last``, both included, as a job states them. Raises `InputError` outside the clip."""
    start, end = int(first or 0), clip.frames - 1 if last is None else int(last)
    if not 0 <= start <= end < clip.frames:
        raise InputError(f"frames {start} to {end} are not in the clip; choose within 0 to {clip.frames - 1}")
    return (0, None) if (start, end) == (0, clip.frames - 1) else (start, end + 1)
