"""Phase 2 on the tiny generator."""

from dataclasses import replace

import pytest
import torch

from steadyface.config.phases import DEFAULT, PAPER, PAPER_OUT_OF_DOMAIN
from steadyface.consistency.flows import CurrentFlow, InputFlow
from steadyface.consistency.objective import Scene
from steadyface.consistency.pairs import Sampling
from steadyface.consistency.phase2 import tune_generator
from steadyface.consistency.settings import Phase2

from .conftest import Clip, flicker, mean_flow, no_motion, stop_at

PRESETS = {"paper": PAPER.phase2, "style": PAPER_OUT_OF_DOMAIN.phase2, "default": DEFAULT.phase2}


def settings(name: str, **changes) -> Phase2:
    return replace(PRESETS[name], **({"epochs": 1} | changes))


def tune(clip: Clip, lpips, wanted: Phase2, seed: int = 0, **more):
    flow = CurrentFlow(mean_flow) if wanted.objective.flow_error_weight else InputFlow(no_motion, clip.inputs)
    return tune_generator(
        clip.generator,
        clip.ws,
        Scene(clip.inputs, clip.inputs, flow, lpips, Sampling.of_all(len(clip.ws))),
        wanted,
        seed=seed,
        **more,
    )


def same(one: torch.nn.Module, other: torch.nn.Module) -> dict[str, bool]:
    state = other.state_dict()
    return {name: torch.equal(value, state[name]) for name, value in one.state_dict().items()}


@pytest.mark.parametrize("name", PRESETS)
def test_without_steps_it_is_a_frozen_copy(clip: Clip, lpips, name: str):
    tuned = tune(clip, lpips, settings(name, epochs=0))
    assert tuned is not clip.generator
    assert all(same(tuned, clip.generator).values())
    assert not any(parameter.requires_grad for parameter in tuned.parameters())


@pytest.mark.parametrize("name", ["paper", "default"])
def test_the_whole_synthesis_changes_and_nothing_else(clip: Clip, lpips, name: str):
    before = {key: value.clone() for key, value in clip.generator.state_dict().items()}
    ws = clip.ws.clone()
    tuned = tune(clip, lpips, settings(name))
    kept = {key for key, equal in same(tuned, clip.generator).items() if equal}
    assert kept == {"mapping.weight", "mapping.bias", "w_mean", "w_std"}
    assert all(torch.equal(value, before[key]) for key, value in clip.generator.state_dict().items())
    assert torch.equal(clip.ws, ws)
    for module in (tuned, clip.generator, lpips):
        assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(parameter.requires_grad for parameter in tuned.parameters())


def test_frozen_layers_stay_as_they_are(clip: Clip, lpips):
    tuned = tune(clip, lpips, settings("style", trained_below=32))
    changed = {name for name, equal in same(tuned, clip.generator).items() if not equal}
    assert changed == {"const", *(f"layers.{n}.{kind}" for n in (0, 1) for kind in ("style", "weight"))}


@pytest.mark.parametrize("name", PRESETS)
def test_it_steadies_a_flickering_clip(clip: Clip, lpips, name: str):
    clip, losses = replace(clip, ws=clip.ws[:5]), []
    strong = settings(name, epochs=6, learning_rate=5e-3, locality_weight=0.0)
    tuned = tune(clip, lpips, strong, watch=lambda progress: losses.append(progress.losses["photometric"]))
    assert sum(losses[-4:]) < 0.7 * sum(losses[:4])
    assert flicker(tuned.synthesis(clip.ws)) < 0.7 * flicker(clip.generator.synthesis(clip.ws))


def test_terms(clip: Clip, lpips):
    seen = {}
    short = replace(clip, ws=clip.ws[:3])
    for name in PRESETS:
        tune(short, lpips, settings(name), watch=lambda p, name=name: seen.setdefault(name, set(p.losses)))
    assert seen["paper"] == {"photometric", "flow_error", "locality", "unedited"}
    assert seen["style"] == {"photometric", "flow_error", "locality"}
    assert seen["default"] == {"photometric", "unedited", "target", "texture", "unexplained", "closeup"}


def test_locality_keeps_the_generator_where_it_was_nearby(clip: Clip, lpips):
    code = clip.ws[:1] + torch.randn(1, 4, 16, generator=torch.Generator().manual_seed(0))
    wanted = clip.generator.synthesis(code)
    drift = []
    for weight in (0.0, 200.0):
        near = settings("style", epochs=2, learning_rate=2e-3, locality_weight=weight, locality_distance=2.0)
        drift.append((tune(clip, lpips, near).synthesis(code) - wanted).square().mean().item())
    assert drift[1] < 0.8 * drift[0]


@pytest.mark.parametrize("name", PRESETS)
def test_resumed_equals_uninterrupted(clip: Clip, lpips, memory, name: str):
    whole = tune(clip, lpips, settings(name))
    with pytest.raises(KeyboardInterrupt):
        tune(clip, lpips, settings(name), checkpoint=memory, watch=stop_at(5))
    assert memory.kept[0] == 4
    assert all(same(tune(clip, lpips, settings(name), checkpoint=memory), whole).values())


def test_seeds(clip: Clip, lpips):
    clip = replace(clip, ws=clip.ws[:3])
    first, again, other = (tune(clip, lpips, settings("paper"), seed=seed) for seed in (1, 1, 2))
    assert all(same(first, again).values())
    assert not all(same(first, other).values())
