"""Whether the face still moves as the input's does: mouth, eyes and head over time.

A result can be steadier than the input because it froze; warping error and LPIPS don't show that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import InputError
from steadyface.faces import topology
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.smooth import smooth
from steadyface.metrics.frames import Frames

Signal = NDArray[np.float64]

FLOORS = {"mouth": 0.008, "eyes": 0.012, "yaw": 0.01, "gaze": 0.012}
"""For each signal, the smallest `spread` of an input that can be judged.

Below it, real crops with a blur of 0.7 px and noise of 1.5 grey levels correlate by less than 0.95 with the untouched
crops.
"""

_MIN_PRESENCE = 0.5
# A head turns slower than the mesh's yaw jitters.
_YAW_SIGMA = 1.5
_SPIKES = 1.0
_LID_DROP = 0.35


@dataclass(frozen=True)
class Motion:
    """How a clip follows the input in one signal."""

    correlation: float
    """Pearson's correlation over time: 1 moves exactly as the input, 0 is unrelated."""
    amplitude: float
    """The `spread` divided by the input's: 1 is as strong, 0 is frozen."""


def face_signals(frames: Frames, mesh: FaceMesh, eyes: EyeFinder) -> dict[str, Signal]:
    """Measure signals of FFHQ-aligned crops (R, R, 3): (T,) by name, NaN in frames where no face is seen.

    "mouth" is the mouth's opening over the distance of the eyes, "yaw" the nose tip's offset from the middle
    (`faces.topology`). "eyes" is the lids' opening and "gaze" the irises' offset from the middle between the corners,
    both over the eye's width, as a mean of both eyes (`faces.eyes`). Every frame is measured on its own, from the same
    first guess, so that no tracking smooths one clip more than another.
    """
    signals = {name: np.full(len(frames), np.nan) for name in FLOORS}
    for index in range(len(frames)):
        crop = frames[index]
        face = mesh.find_aligned(crop)
        if face.presence >= _MIN_PRESENCE:
            landmarks = face.landmarks.astype(np.float64)
            signals["mouth"][index] = topology.mouth_opening(landmarks)
            both = eyes.find(crop, landmarks)
            signals["eyes"][index], signals["gaze"][index] = both.opening().mean(), both.gaze().mean()
            signals["yaw"][index] = topology.head_yaw(landmarks)
    if np.isfinite(signals["yaw"]).all():
        signals["yaw"] = smooth(signals["yaw"], _YAW_SIGMA)
    return signals


def spread(signal: Signal) -> float:
    """Standard deviation after clipping to the 1st and 99th percentile: a single outlier is not motion."""
    low, high = np.percentile(signal, [_SPIKES, 100 - _SPIKES])
    return float(np.clip(signal, low, high).std())


def follow(clip: Signal, inputs: Signal, floor: float) -> Motion | None:
    """Compare a signal (T,) with the input's over the frames where both were measured.

    None if the input's `spread` is below `floor`: there is nothing to follow, and the correlation would be that of
    noise. None also if fewer than three frames, or less than half of them, were measured in both.

    Raises:
        InputError: the signals differ in length.
    """
    if clip.shape != inputs.shape:
        raise InputError(f"the signals have {len(clip)} and {len(inputs)} frames: they must be of one clip")
    seen = np.isfinite(clip) & np.isfinite(inputs)
    if seen.sum() < max(3, len(seen) / 2):
        return None
    clip, inputs = clip[seen], inputs[seen]
    base = spread(inputs)
    if base < floor:
        return None
    scale = clip.std() * inputs.std()
    shared = ((clip - clip.mean()) * (inputs - inputs.mean())).mean()
    return Motion(float(shared / scale) if scale > 1e-12 else 0.0, spread(clip) / base)


def liveliness(clip: dict[str, Signal], inputs: dict[str, Signal]) -> dict[str, Motion | None]:
    """`follow` for every signal of `face_signals`, with its floor."""
    return {name: follow(clip[name], inputs[name], floor) for name, floor in FLOORS.items()}


def blinks(eyes: Signal) -> list[range]:
    """Find the runs of frames in which the eyes are at least 35 % less open than in the clip's median frame.

    The measured opening of closed lids is a quarter of that of open ones. A look downwards can count, too.
    """
    usual = np.nanmedian(eyes) if np.isfinite(eyes).any() else np.nan
    closed = np.concatenate([[False], eyes < (1 - _LID_DROP) * usual, [False]])
    edges = np.flatnonzero(np.diff(closed.astype(int)))
    return [range(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def blinks_kept(clip: Signal, inputs: Signal) -> tuple[int, int]:
    """Count the input's `blinks` that the clip keeps, and all of the input's `blinks`.

    A blink is kept if the clip's eyes close at least half as far, within a frame of it. Correlation hardly shows a
    single lost blink in a long clip.
    """
    found = blinks(inputs)
    kept = sum(_drop(clip, blink) >= _drop(inputs, blink) / 2 for blink in found)
    return kept, len(found)


def _drop(eyes: Signal, blink: range) -> float:
    """Return how far the eyes close around a blink, as a fraction of their median opening."""
    around = eyes[max(0, blink.start - 1) : blink.stop + 1]
    if not np.isfinite(around).any():
        return 0.0
    return float(1 - np.nanmin(around) / np.nanmedian(eyes))
