"""The last step against flicker, on a tiny generator whose codes differ from frame to frame, before a black input."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from steadyface.aligned import Aligned
from steadyface.baselines.settings import Smoothing
from steadyface.consistency.pairs import anchor_index
from steadyface.consistency.strokes import strokes
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.job import Job
from steadyface.remedies import last_averaging
from steadyface.render import Synthesis
from steadyface.run import Run
from steadyface.settings import HAIR, LONG, PRESETS, SHORT, Preset
from steadyface.tools import Tools

from .consistency.conftest import flicker

COUNT, SIDE, FACE = 5, 64, 10

Averaged = Callable[..., Tensor]


@pytest.fixture
def averaged(grey_clip: Callable[[Sequence[int], int], Aligned], tiny_generator: Generator, tmp_path: Path) -> Averaged:
    """All frames (COUNT, 3, SIDE, SIDE) after the last averaging of a preset."""
    clip, lpips = grey_clip([0] * COUNT, SIDE), Lpips("alex")  # the generator's pictures hide what is black
    clip = replace(clip, landmarks=clip.landmarks / 8)  # the face is within the first `FACE` pixels
    draws = torch.randn(COUNT, tiny_generator.num_ws, tiny_generator.w_dim, generator=torch.Generator().manual_seed(1))

    def made(preset: Preset, count: int = COUNT) -> Tensor:
        job = Job(Path("x.mp4"), ())
        tools = Tools(Run.open(tmp_path / "run"), job, preset, tiny_generator, lpips, None)
        part = replace(clip, quads=clip.quads[:count], landmarks=clip.landmarks[:count])
        direct = Synthesis(draws, tiny_generator)
        with torch.no_grad():
            return last_averaging(tools, direct, direct, part)(direct, preset.averaging)(range(count))

    return made


def test_averages_are_calm_and_hair_has_the_strands_of_the_anchor(averaged: Averaged) -> None:
    further = replace(LONG, likeness=None)  # a random generator's frames aren't alike
    settings = ((SHORT,), (SHORT, further), HAIR[:1], (HAIR[0], further))
    grey, twice, once, strands = (averaged(replace(PRESETS["default"], averaging=each)) for each in settings)
    plain = averaged(PRESETS["direct"])
    assert flicker(grey) < 0.25 * flicker(plain)
    assert flicker(twice[..., FACE:]) < 0.25 * flicker(grey[..., FACE:])
    assert flicker(once) < 0.25 * flicker(plain)
    assert flicker(strands[..., FACE:]) < 0.25 * flicker(once[..., FACE:])
    lost = strokes(plain - grey)[anchor_index(COUNT)].expand(COUNT, -1, -1, -1)
    torch.testing.assert_close(once - grey, lost, atol=0.01, rtol=0)
    assert lost.std() > 0.1 * plain.std()
    fine = strokes(once)[anchor_index(COUNT)].expand(COUNT, -1, -1, -1)[..., FACE:]
    torch.testing.assert_close(strokes(strands)[..., FACE:], fine, atol=0.1, rtol=0)


def test_a_mouth_is_averaged_once(averaged: Averaged) -> None:
    further = replace(LONG, likeness=None)
    settings = ((SHORT,), (SHORT, further), (SHORT, replace(further, mouths=True)))
    once, twice, calm = (averaged(replace(PRESETS["default"], averaging=each))[..., 3:6, 3:6] for each in settings)
    assert (twice - once).abs().mean() < 0.2 * (calm - once).abs().mean()


def test_a_single_frame_and_what_has_no_phases_stay_as_they_are(averaged: Averaged) -> None:
    plain, hairy = averaged(PRESETS["direct"]), replace(PRESETS["default"], averaging=HAIR)
    torch.testing.assert_close(averaged(hairy, 1), plain[:1], atol=1e-5, rtol=0)
    torch.testing.assert_close(averaged(replace(hairy, remedy=Smoothing(2.0))), plain, atol=1e-5, rtol=0)
