"""What a step minimises."""

from dataclasses import replace

import pytest
import torch

from steadyface.config.phases import DEFAULT, PAPER
from steadyface.consistency.flows import InputFlow
from steadyface.consistency.objective import Scene, Start, frame_losses, rendered
from steadyface.consistency.pairs import Sampling
from steadyface.consistency.settings import Objective

from .conftest import Clip, no_motion

FRAMES, PAIRS = [3, 5, 6], [(3, 5), (5, 6)]
OURS = ("unedited_weight", "target_weight", "texture_weight", "unexplained_weight", "closeup_weight")
NOTHING = replace(DEFAULT.phase1.objective, **dict.fromkeys(OURS, 0.0))


def losses(clip: Clip, lpips, objective: Objective, images=None, inputs=None, target=None):
    inputs = inputs or clip.inputs
    scene = Scene(inputs, target or inputs, InputFlow(no_motion, inputs), lpips, Sampling.of_all(len(clip.ws)))
    images = clip.generator.synthesis(clip.ws[FRAMES]) if images is None else images
    return frame_losses(images, FRAMES, PAIRS, scene, Start.of(clip.generator, clip.ws, scene, 64), objective)


def blinking(frames) -> torch.Tensor:
    """Inputs whose lower half is bright in odd frames and dark in even ones."""
    half = torch.zeros(1, 3, 64, 64)
    half[..., 32:, :] = 1
    return torch.cat([(0.8 if frame % 2 else -0.8) * half for frame in frames])


def test_terms_without_weight_are_left_out(clip: Clip, lpips):
    assert set(losses(clip, lpips, NOTHING)) == {"photometric"}


@pytest.mark.parametrize("name", OURS)
def test_terms_are_proportional_to_their_weights(clip: Clip, lpips, name: str):
    images = clip.inputs(FRAMES) * 0.5
    term = name.removesuffix("_weight")
    one, three = (
        losses(clip, lpips, replace(NOTHING, unedited_gain=1, **{name: weight}), images, blinking)[term]
        for weight in (1, 3)
    )
    assert one > 0
    assert three.item() == pytest.approx(3 * one.item())


def test_equal_frames_cost_nothing(clip: Clip, lpips):
    same = clip.inputs(FRAMES)
    assert losses(clip, lpips, NOTHING, same)["photometric"].item() == pytest.approx(0, abs=1e-6)


def test_frames_as_wanted_cost_nothing_wherever_they_differ_from_the_input(clip: Clip, lpips):
    weights = dict(unedited_weight=1, unedited_gain=1, target_weight=1, unexplained_weight=1, closeup_weight=1)
    images = clip.generator.synthesis(clip.ws[FRAMES])
    kept = losses(clip, lpips, replace(NOTHING, **weights), images, target=lambda frames: images)
    assert all(kept[name] < 1e-4 for name in ("unedited", "target", "unexplained", "closeup"))
    taken_back = losses(clip, lpips, replace(NOTHING, **weights), images)
    assert all(taken_back[name] > 1e-3 for name in ("unedited", "target", "closeup"))


def test_no_consistency_is_asked_where_the_input_is_not_explained(clip: Clip, lpips):
    images = torch.cat([clip.inputs([0])] * 3).requires_grad_(True)
    moved = images + torch.tensor([0.0, 0.1, 0.2]).view(3, 1, 1, 1)
    objective = replace(NOTHING, pixel_weight=100.0, partners="anchor+neighbours")
    loss = losses(clip, lpips, objective, moved, blinking)["photometric"]
    (gradient,) = torch.autograd.grad(loss, images)
    # Frames 3 and 5 agree, 5 and 6 don't below the middle: there frame 6 is free but for what LPIPS sees around.
    rows = gradient.abs().mean((1, 3))
    assert rows[2, 48:].mean() < 0.1 * rows[2, :16].mean()
    assert rows[0, 48:].mean() > 0.3 * rows[0, :16].mean()


def test_an_edit_that_fades_does_not_shrink_our_mask(clip: Clip, lpips):
    """The paper's mask follows the current frames: at the input itself nothing counts as edited any more."""
    faded = clip.inputs(FRAMES) + 0.02
    ours = replace(NOTHING, unedited_weight=1.0)
    theirs = replace(ours, edited_frames="current")
    assert losses(clip, lpips, ours, faded)["unedited"] != losses(clip, lpips, theirs, faded)["unedited"]


def test_masks_get_no_gradient_from_the_papers_objective(clip: Clip, lpips, monkeypatch: pytest.MonkeyPatch):
    from steadyface.consistency import objective as module

    seen = []
    monkeypatch.setattr(module, "photometric", lambda *a: seen.append(a[4:6]) or a[1].images.mean())
    images = clip.generator.synthesis(clip.ws[FRAMES]).requires_grad_(True)
    losses(clip, lpips, PAPER.phase2.objective, images)
    assert not any(mask.requires_grad for mask in seen[0])


def test_rendered_frames_are_kept_and_shrunk(clip: Clip):
    calls = []
    whole = clip.generator.synthesis
    clip.generator.synthesis = lambda ws: calls.append(1) or whole(ws)
    frames = rendered(clip.generator, clip.ws, 32)
    assert frames([1, 2]).shape == (2, 3, 32, 32)
    assert torch.equal(frames([2]), frames([1, 2])[1:])
    assert len(calls) == 2
    assert frames([1]).dtype == torch.float32
