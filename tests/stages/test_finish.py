"""The last step against flicker, on a tiny generator whose codes differ from frame to frame, before a black input."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.baselines.settings import Smoothing
from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import enlarge
from steadyface.clip.layer import Layer, with_change
from steadyface.clip.synthesis import Synthesis
from steadyface.config.job import Job
from steadyface.config.presets import PRESETS
from steadyface.config.settings import Preset
from steadyface.editing.card import Effect, Outline
from steadyface.faces import topology
from steadyface.flow.blur import blurred
from steadyface.gan.base import Generator
from steadyface.inversion.full_size import FullSize
from steadyface.inversion.keyframes import Poses
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Average
from steadyface.stages.finish import averager
from steadyface.stages.full_size import LargeCrops
from steadyface.stitching.preserve import preserved_mask
from steadyface.stitching.settings import Preservation
from steadyface.temporal.settings import Averaging

from ..consistency.conftest import flicker

COUNT, SIDE, FACE, ANCHOR = 5, 64, 10, 2

Averaged = Callable[..., Tensor]


@pytest.fixture
def averaged(
    grey_clip: Callable[[Sequence[int], int], Aligned], tiny_generator: Generator, context: StageContext
) -> Averaged:
    """All frames (COUNT, 3, SIDE, SIDE) after the averaging of a preset, drawn over a black input."""
    clip = grey_clip([0] * COUNT, SIDE)
    clip = replace(clip, landmarks=clip.landmarks / 8)  # the face is within the first `FACE` pixels
    draws = torch.randn(COUNT, tiny_generator.num_ws, tiny_generator.w_dim, generator=torch.Generator().manual_seed(1))

    def made(preset: Preset, count: int = COUNT, edited: bool = True) -> Tensor:
        settings = Average.of(Job(Path("x.mp4"), ()), preset)
        settings = replace(settings, effects=(Effect(),))  # which may change the whole picture
        part = clip.part(range(count))
        direct = Synthesis(draws, tiny_generator)
        poses = Poses(np.zeros((count, 1)), [min(ANCHOR, count - 1)], [min(ANCHOR, count - 1)])
        before = clip.inputs if edited else direct
        with torch.no_grad():
            average = averager(context, settings, part, poses, None, None, direct, direct)
            layers = average(direct, before, preset.averaging)
            return Layer.unpacked(layers(range(count))).over(part.inputs(range(count)))

    return made


def test_averages_are_calm_and_have_the_fine_detail_of_the_anchor(averaged: Averaged) -> None:
    plain, calm = averaged(PRESETS["direct"]), averaged(PRESETS["default"])
    outside = (..., slice(FACE, None))
    assert flicker(calm[outside]) < 0.1 * flicker(plain[outside])
    sigma = Averaging().detail * SIDE
    fine = (calm - blurred(calm, sigma))[outside]
    anchors = (plain - blurred(plain, sigma))[ANCHOR].expand(COUNT, -1, -1, -1)[outside]
    assert (fine - anchors).abs().mean() < 0.5 * anchors.abs().mean()


def test_a_mouth_is_not_averaged(averaged: Averaged) -> None:
    plain, calm = (averaged(PRESETS[name])[..., 3:6, 3:6] for name in ("direct", "default"))
    assert flicker(calm) > 0.2 * flicker(plain)  # the mask is soft, and this mouth of three pixels small


def test_where_nothing_is_edited_the_input_comes_back(averaged: Averaged) -> None:
    found = averaged(PRESETS["default"], edited=False)
    torch.testing.assert_close(found, torch.full_like(found, -1.0), atol=2e-3, rtol=0)


def test_what_has_no_phases_stays_as_it_is(averaged: Averaged) -> None:
    plain, smoothed = averaged(PRESETS["direct"]), replace(PRESETS["default"], stabilisation=Smoothing(2.0))
    assert torch.equal(averaged(smoothed), plain)


@pytest.mark.parametrize("count", [1, 2])
def test_a_clip_of_a_frame_or_two_is_no_special_case(averaged: Averaged, count: int) -> None:
    assert averaged(PRESETS["default"], count).shape == (count, 3, SIDE, SIDE)


def test_at_full_size_layers_are_large_and_a_changed_mouth_is_the_large_generators(
    grey_clip: Callable[[Sequence[int], int], Aligned],
    tiny_generator: Generator,
    tiny_large: Generator,
    context: StageContext,
) -> None:
    clip = grey_clip([0] * COUNT, SIDE)
    ws = torch.randn(COUNT, 4, 16, generator=torch.Generator().manual_seed(1))
    edited, before = Synthesis(ws, tiny_generator), Synthesis(0 * ws, tiny_generator)
    detail = FullSize.untaught(tiny_large, tiny_generator)
    settings = replace(Average.of(Job(Path("x.mp4"), ()), PRESETS["default"]), effects=(Effect(),))
    large = LargeCrops(2 * SIDE, lambda places: torch.full((len(places), 3, 2 * SIDE, 2 * SIDE), -1.0))
    poses = Poses(np.zeros((COUNT, 1)), [ANCHOR], [ANCHOR])
    average = averager(context, settings, clip, poses, large, detail, edited, before)
    with torch.no_grad():
        layers = average(edited, before, Averaging())([0])
        after, plain = (detail.drawn(each)([0]) for each in (edited, before))
    assert layers.shape == (1, 4, 2 * SIDE, 2 * SIDE)
    black = torch.full((1, 3, 2 * SIDE, 2 * SIDE), -1.0)
    expected = with_change(black, plain, after, torch.ones(1, 1, 1, 1))
    found = Layer.unpacked(layers).over(black)
    mouth = preserved_mask(("mouth",), clip.landmarks[0], SIDE, Preservation())
    inside = (enlarge(mouth, 2 * SIDE) > 0.99).expand_as(found)
    assert inside.any()
    torch.testing.assert_close(found[inside], expected[inside], atol=0.02, rtol=0)


def test_ears_are_the_inputs_and_beside_them_the_mean_is_whole(
    grey_clip: Callable[[Sequence[int], int], Aligned], tiny_generator: Generator, context: StageContext
) -> None:
    clip = grey_clip([0] * COUNT, SIDE)
    for side, (top, bottom), x in (
        (topology.RIGHT_SIDE, topology.RIGHT_EAR_FRONT, 12),
        (topology.LEFT_SIDE, topology.LEFT_EAR_FRONT, 52),
    ):
        clip.landmarks[:, [side, top, bottom]] = (x, 32), (x, 26), (x, 38)
    clip.landmarks[:, topology.NOSE_BRIDGE] = 32
    ws = torch.randn(COUNT, 4, 16, generator=torch.Generator().manual_seed(1))
    edited, before = Synthesis(ws, tiny_generator), Synthesis(0 * ws, tiny_generator)
    poses = Poses(np.zeros((COUNT, 1)), [ANCHOR], [ANCHOR])

    def result(outline: Outline) -> Tensor:
        settings = Average.of(Job(Path("x.mp4"), ()), PRESETS["default"])
        settings = replace(settings, effects=(Effect(outline=outline),))
        average = averager(context, settings, clip, poses, None, None, edited, before)
        with torch.no_grad():
            return Layer.unpacked(average(edited, before, Averaging())([0])).over(clip.inputs([0]))

    ears = torch.from_numpy(clip.ears([0]))
    whole, cut = result("ignored"), result("ears")
    inside, beside = (ears > 0.99).expand(1, 3, -1, -1), (ears < 0.01).expand(1, 3, -1, -1)
    assert inside.any()
    torch.testing.assert_close(cut[inside], clip.inputs([0])[inside], atol=0.02, rtol=0)
    torch.testing.assert_close(cut[beside], whole[beside], atol=0.1, rtol=0)
    assert (whole - cut)[inside].abs().mean() > 0.1
