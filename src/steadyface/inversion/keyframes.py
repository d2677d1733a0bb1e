"""Keyframes: the few frames of a clip on which a person is learnt, and all other codes from these. Ours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.inversion.settings import Keyframes

_LEAST_RIDGE = 1e-8
"""Keeps the system solvable when there are more keyframes than features."""


@dataclass(frozen=True)
class Poses:
    """How the face is posed in each frame, and the frames that the person is learnt on."""

    features: NDArray[np.float64]
    """(T, D), of `motion_features`, whose mean is 0."""
    keyframes: list[int]
    anchors: list[int]
    """The keyframes, and a frame of each segment of the clip that has none: those in whose coordinates others may be
    averaged."""

    @property
    def anchor(self) -> int:
        """The keyframe whose pose is nearest the mean: what other frames show is visible there."""
        return min(self.keyframes, key=lambda index: float(np.linalg.norm(self.features[index])))


def choose_keyframes(
    features: NDArray[np.floating],
    settings: Keyframes | None,
    shots: NDArray[np.integer] | None = None,
    clear: NDArray[np.bool_] | None = None,
) -> list[int]:
    """Numbers of the frames that differ most, by farthest-point sampling (Gonzalez 1985), in order of time.

    ``shots`` (T,) numbers the shot of each frame, all of one if not given. Each has a keyframe, near its mean, since
    its light is its own. Frames that are not ``clear`` (T,), where something is in front of the face, are left out in
    shots that have others.

    ``features`` (T, D) say how the face is posed in each frame. The first keyframe is the one nearest the mean; each
    further one is the frame farthest from all before it, until no frame is farther than `Keyframes.reach` times the
    clip's standard deviation. Every frame is a keyframe if ``settings`` is None or the clip is short.
    """
    count = len(features)
    if settings is None:
        return list(range(count))
    centred = features - features.mean(0)
    spread = float(np.sqrt((centred**2).sum(1).mean()))
    shots = np.zeros(count, int) if shots is None else shots
    usable = np.ones(count, bool) if clear is None else clear.copy()
    for shot in np.unique(shots):
        usable[shots == shot] |= not usable[shots == shot].any()
    if usable.sum() <= settings.least:
        return [int(index) for index in np.flatnonzero(usable)]
    chosen = [nearest_mean(features, np.flatnonzero((shots == shot) & usable)) for shot in np.unique(shots)]
    nearest = np.min([np.linalg.norm(features - features[each], axis=1) for each in chosen], axis=0)
    nearest[~usable] = 0
    while len(chosen) < min(settings.most, int(usable.sum())):
        farthest = int(nearest.argmax())
        if len(chosen) >= settings.least and nearest[farthest] <= settings.reach * spread:
            break
        if farthest in chosen:  # a still picture: all frames are alike, so that any will do
            farthest = next(int(index) for index in np.flatnonzero(usable) if index not in chosen)
        chosen.append(farthest)
        nearest = np.minimum(nearest, np.linalg.norm(features - features[farthest], axis=1))
    return sorted(chosen)


def nearest_mean(features: NDArray[np.floating], rows: Sequence[int] | NDArray[np.integer]) -> int:
    """Of these rows of (T, D) the one that is nearest their mean."""
    own = features[list(rows)]
    return int(rows[int(np.linalg.norm(own - own.mean(0), axis=1).argmin())])


def codes_of_all(ws: Tensor, keyframes: Sequence[int], features: NDArray[np.floating], ridge: float) -> Tensor:
    """Codes of all T frames from those of the K keyframes (K, num_ws, w_dim): (T, num_ws, w_dim).

    Ridge regression of the codes on the features (T, D), in its dual form, since K is far smaller than D. ``ridge`` is
    relative to the keyframes' mean variance: 0 meets every keyframe's code. All keyframes get their regressed code,
    too, or the picture would jump there.
    """
    known = features[list(keyframes)]
    centre = known.mean(0)
    known, every = known - centre, features - centre
    gram = known @ known.T
    damping = max(ridge, _LEAST_RIDGE) * max(float(np.trace(gram)) / len(known), 1e-12)
    weights = np.linalg.solve(gram + damping * np.eye(len(known)), known @ every.T).T
    mean = ws.mean(0, keepdim=True)
    shares = torch.from_numpy(weights).to(ws)
    return mean + torch.einsum("tk,krw->trw", shares, ws - mean)
