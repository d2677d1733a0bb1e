"""A clip that is drawn larger than it was learnt."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import enlarge
from steadyface.clip.layer import with_change
from steadyface.config.job import Job
from steadyface.config.presets import PRESETS
from steadyface.editing.catalogue import Request
from steadyface.faces.align import crop
from steadyface.inversion.keyframes import Poses
from steadyface.stages import full_size
from steadyface.stages.context import StageContext
from steadyface.stages.full_size import FullSizeFrames, LargeCrops, size_for
from steadyface.stages.settings import Large
from steadyface.video.reader import read_frames

SIDE, SIZE = 64, 128


def square(side: float) -> np.ndarray:
    return np.array([[(10, 10), (10, 10 + side), (10 + side, 10 + side), (10 + side, 10)]] * 3)


def test_a_size_is_chosen_that_enlarges_by_a_tenth_at_most() -> None:
    assert [size_for(square(side), (256, 512, 1024)) for side in (100, 281, 282, 563, 564, 3000)] == [
        *(256, 256, 512, 512, 1024, 1024)
    ]
    assert size_for(square(700), (512,)) == 512


@pytest.fixture
def clip(grey_clip: Callable[[Sequence[int], int], Aligned]) -> Aligned:
    clip = grey_clip([100, 110, 120], SIDE)
    return replace(clip, quads=square(120))


def test_keyframes_are_cut_out_at_full_size_once(clip: Aligned, context: StageContext, grid_clip: Path) -> None:
    settings = replace(
        Large.of(Job(grid_clip, (Request("smile"),), frames=(0, 3)), PRESETS["default"]), learnt=64, sizes=(64, SIZE)
    )
    poses = Poses(np.zeros((3, 1)), [0], [0, 2])
    made = full_size.cut_out(context, settings, clip, poses)
    assert made is not None
    frame = list(read_frames(grid_clip, 0, 3))[2].image
    expected = torch.from_numpy(crop(frame, clip.quads[2], SIZE)).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(made.pictures([2])[0], expected)
    assert full_size.cut_out(context, replace(settings, sizes=(64,)), clip, poses) is None


def test_the_change_is_carried_over_to_the_keyframe_at_full_size() -> None:
    real, before, edited = torch.rand(3, 1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))

    def always(picture: Tensor) -> Callable[[Sequence[int]], Tensor]:
        return lambda frames: picture.expand(len(frames), -1, -1, -1)

    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 20:40, 20:40] = 1
    frames = FullSizeFrames(LargeCrops(SIZE, always(real)), always(before), always(edited))
    both = frames.carried(lambda index: mask)([4])
    large = enlarge(mask, SIZE).clamp(0, 1)
    torch.testing.assert_close(both[:, :3], with_change(real, before, edited, large), atol=1e-3, rtol=0)
    torch.testing.assert_close(both[:, 3:], real, atol=1e-3, rtol=0)
    small = torch.rand(1, 3, SIDE, SIDE)
    torch.testing.assert_close(frames.changed(7, small, mask)[:, 3:], enlarge(small, SIZE))
