"""The last step against flicker, on a tiny generator whose codes differ from frame to frame, before a black input."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from steadyface.baselines.settings import Smoothing
from steadyface.clip.aligned import Aligned
from steadyface.clip.synthesis import Synthesis
from steadyface.config.job import Job
from steadyface.config.presets import HAIR, LONG, PRESETS, SHORT
from steadyface.config.settings import Preset
from steadyface.consistency.pairs import anchor_index
from steadyface.gan.base import Generator
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Average
from steadyface.stages.finish import averager
from steadyface.temporal.detail import high_frequency_detail

from ..consistency.conftest import flicker

COUNT, SIDE, FACE = 5, 64, 10

Averaged = Callable[..., Tensor]


@pytest.fixture
def averaged(
    grey_clip: Callable[[Sequence[int], int], Aligned], tiny_generator: Generator, context: StageContext
) -> Averaged:
    """All frames (COUNT, 3, SIDE, SIDE) after the last averaging of a preset."""
    clip = grey_clip([0] * COUNT, SIDE)  # the generator's pictures hide what is black
    clip = replace(clip, landmarks=clip.landmarks / 8)  # the face is within the first `FACE` pixels
    draws = torch.randn(COUNT, tiny_generator.num_ws, tiny_generator.w_dim, generator=torch.Generator().manual_seed(1))

    def made(preset: Preset, count: int = COUNT) -> Tensor:
        settings = Average.of(Job(Path("x.mp4"), ()), preset)
        part = replace(clip, quads=clip.quads[:count], landmarks=clip.landmarks[:count])
        direct = Synthesis(draws, tiny_generator)
        with torch.no_grad():
            return averager(context, settings, direct, direct, part)(direct, preset.averaging)(range(count))

    return made


def test_averages_are_calm_and_hair_has_the_strands_of_the_anchor(averaged: Averaged) -> None:
    further = replace(LONG, output_consistency=None)  # a random generator's frames aren't alike
    settings = ((SHORT,), (SHORT, further), HAIR[:1], (HAIR[0], further))
    grey, twice, once, strands = (averaged(replace(PRESETS["default"], averaging=each)) for each in settings)
    plain = averaged(PRESETS["direct"])
    assert flicker(grey) < 0.25 * flicker(plain)
    assert flicker(twice[..., FACE:]) < 0.25 * flicker(grey[..., FACE:])
    assert flicker(once) < 0.25 * flicker(plain)
    assert flicker(strands[..., FACE:]) < 0.25 * flicker(once[..., FACE:])
    lost = high_frequency_detail(plain - grey)[anchor_index(COUNT)].expand(COUNT, -1, -1, -1)
    torch.testing.assert_close(once - grey, lost, atol=0.01, rtol=0)
    assert lost.std() > 0.1 * plain.std()
    fine = high_frequency_detail(once)[anchor_index(COUNT)].expand(COUNT, -1, -1, -1)[..., FACE:]
    torch.testing.assert_close(high_frequency_detail(strands)[..., FACE:], fine, atol=0.1, rtol=0)


def test_a_mouth_is_averaged_once(averaged: Averaged) -> None:
    further = replace(LONG, output_consistency=None)
    settings = ((SHORT,), (SHORT, further), (SHORT, replace(further, mouths=True)))
    once, twice, calm = (averaged(replace(PRESETS["default"], averaging=each))[..., 3:6, 3:6] for each in settings)
    assert (twice - once).abs().mean() < 0.2 * (calm - once).abs().mean()


def test_a_single_frame_and_what_has_no_phases_stay_as_they_are(averaged: Averaged) -> None:
    plain, hairy = averaged(PRESETS["direct"]), replace(PRESETS["default"], averaging=HAIR)
    torch.testing.assert_close(averaged(hairy, 1), plain[:1], atol=1e-5, rtol=0)
    torch.testing.assert_close(averaged(replace(hairy, stabilisation=Smoothing(2.0))), plain, atol=1e-5, rtol=0)
