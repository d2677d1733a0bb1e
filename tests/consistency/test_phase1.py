"""Phase 1 on the tiny generator."""

from dataclasses import replace

import pytest
import torch

from steadyface.config.phases import DEFAULT, PAPER
from steadyface.consistency.flows import CurrentFlow, InputFlow
from steadyface.consistency.objective import Scene
from steadyface.consistency.pairs import Sampling
from steadyface.consistency.phase1 import refine_codes
from steadyface.consistency.settings import Phase1

from .conftest import Clip, flicker, mean_flow, no_motion, stop_at

PRESETS = {"paper": PAPER.phase1, "default": DEFAULT.phase1}


def settings(name: str, **changes) -> Phase1:
    return replace(PRESETS[name], **({"epochs": 1} | changes))


def refine(clip: Clip, lpips, wanted: Phase1, seed: int = 0, **more):
    flow = CurrentFlow(mean_flow) if wanted.objective.flow_error_weight else InputFlow(no_motion, clip.inputs)
    return refine_codes(
        clip.generator,
        clip.ws,
        Scene(clip.inputs, clip.inputs, flow, lpips, Sampling.of_all(len(clip.ws))),
        wanted,
        seed=seed,
        **more,
    )


@pytest.mark.parametrize("name", PRESETS)
def test_untrained_it_is_the_identity(clip: Clip, lpips, name: str):
    assert torch.equal(refine(clip, lpips, settings(name, epochs=0)), clip.ws)
    single = replace(clip, ws=clip.ws[:1])
    assert torch.equal(refine(single, lpips, settings(name)), single.ws)


@pytest.mark.parametrize("name", PRESETS)
def test_only_the_codes_change(clip: Clip, lpips, name: str):
    before = {key: value.clone() for key, value in clip.generator.state_dict().items()}
    clip.generator.requires_grad_(True)
    clip.ws.requires_grad_(True)
    ws = clip.ws.detach().clone()
    refined = refine(clip, lpips, settings(name))
    assert refined.shape == ws.shape
    assert not torch.equal(refined, ws)
    assert not refined.requires_grad
    assert torch.equal(clip.ws, ws)
    assert clip.ws.grad is None
    assert all(torch.equal(value, before[key]) for key, value in clip.generator.state_dict().items())
    assert all(p.grad is None for module in (clip.generator, lpips) for p in module.parameters())


@pytest.mark.parametrize("name", PRESETS)
def test_it_steadies_a_flickering_clip(clip: Clip, lpips, name: str):
    clip, losses = replace(clip, ws=clip.ws[:5]), []
    strong = settings(name, epochs=10, alpha=0.3, learning_rate=2.0, residual_weight=0.0)
    refined = refine(clip, lpips, strong, watch=lambda progress: losses.append(progress.losses["photometric"]))
    assert sum(losses[-4:]) < 0.7 * sum(losses[:4])
    assert flicker(clip.generator.synthesis(refined)) < 0.8 * flicker(clip.generator.synthesis(clip.ws))


def test_the_anchor_is_refined_too(clip: Clip, lpips):
    changed = (refine(clip, lpips, settings("paper")) - clip.ws).abs().amax((1, 2))
    assert (changed > 0).all()


def test_the_papers_terms_and_ours(clip: Clip, lpips):
    seen = {}
    for name in PRESETS:
        refine(clip, lpips, settings(name), watch=lambda p, name=name: seen.setdefault(name, set(p.losses)))
    assert seen["paper"] == {"photometric", "flow_error", "residual"}
    assert seen["default"] == {"photometric", "unedited", "target", "texture", "unexplained", "closeup"}


def test_the_residual_term_keeps_codes_near(clip: Clip, lpips):
    free, tied = (
        refine(clip, lpips, settings("paper", epochs=2, residual_weight=weight)) - clip.ws for weight in (0.0, 100.0)
    )
    assert tied.abs().mean() < 0.5 * free.abs().mean()


@pytest.mark.parametrize("name", PRESETS)
def test_resumed_equals_uninterrupted(clip: Clip, lpips, memory, name: str):
    whole = refine(clip, lpips, settings(name))
    with pytest.raises(KeyboardInterrupt):
        refine(clip, lpips, settings(name), checkpoint=memory, watch=stop_at(5))
    assert memory.kept[0] == 4
    assert torch.equal(refine(clip, lpips, settings(name), checkpoint=memory), whole)


def test_seeds(clip: Clip, lpips):
    first, again, other = (refine(clip, lpips, settings("default"), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
