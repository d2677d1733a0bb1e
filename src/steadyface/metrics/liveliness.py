"""Whether the face still moves as the input's does: mouth, eyes and head over time.

A result can be steadier than the camera because it froze; warping error and LPIPS don't see that.
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
"""By signal, the `spread` below which an input says nothing.

On real crops, blurred by 0.7 px with noise of 1.5 grey levels, correlation with the untouched crops falls
below 0.95 under it.
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
    """Pearson's, over time: 1 moves exactly as the input, 0 is unrelated."""
    amplitude: float
    """The `spread` over the input's: 1 is as strong, 0 frozen."""


def face_signals(frames: Frames, mesh: FaceMesh, eyes: EyeFinder) -> dict[str, Signal]:
    """Measure FFHQ-aligned crops (R, R, 3): by name, (T,) each, NaN in frames where no face is seen.

    "mouth" is its opening over the distance of the eyes, "yaw" the nose tip's way off the middle (`faces.topology`),
    "eyes" the lids' opening and "gaze" the irises' place between the corners, over an eye's width, the mean of both
    (`faces.eyes`). Every frame is measured on its own, from the same first guess, so that no tracking smooths one clip
    more than another.
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
    """Standard deviation after the outermost percent at either end is pulled in: one wild frame is no motion."""
    low, high = np.percentile(signal, [_SPIKES, 100 - _SPIKES])
    return float(np.clip(signal, low, high).std())


def follow(clip: Signal, inputs: Signal, floor: float) -> Motion | None:
    """Compare a signal (T,) with the input's over the frames where both were measured.

    None if the input's `spread` is below `floor`: there is nothing to follow, and the correlation would be
    one of noise. Also if fewer than three frames, or less than half of them, were measured in both.

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

    Closed lids measure a quarter of open ones. A look downwards can count, too.
    """
    usual = np.nanmedian(eyes) if np.isfinite(eyes).any() else np.nan
    closed = np.concatenate([[False], eyes < (1 - _LID_DROP) * usual, [False]])
    edges = np.flatnonzero(np.diff(closed.astype(int)))
    return [range(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def blinks_kept(clip: Signal, inputs: Signal) -> tuple[int, int]:
    """Count the input's `blinks` in which the clip's eyes close at least half as far, and all of them.

    What correlation can't tell of a long clip with one blink. A frame's delay is allowed.
    """
    found = blinks(inputs)
    kept = sum(_drop(clip, blink) >= _drop(inputs, blink) / 2 for blink in found)
    return kept, len(found)


def _drop(eyes: Signal, blink: range) -> float:
    """Return how far the eyes close about a blink, as a part of their usual opening."""
    around = eyes[max(0, blink.start - 1) : blink.stop + 1]
    if not np.isfinite(around).any():
        return 0.0
    return float(1 - np.nanmin(around) / np.nanmedian(eyes))
