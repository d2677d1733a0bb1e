"""Train StyleCLIP's mappers (Patashnik et al. 2021, section 4) with this project's critics in the place of CLIP.

    python training/train_mapper.py angry surprised eyeglasses beard

A mapper begins as the direction of the edit of that name: its last layer gives that step for every code. It learns,
over random codes, by the loss of `refine_edits.py`: what is missing of the attribute, and what else changes. Beside it
the squared step itself, as in the paper. Any other critic of pictures can take the place: `Critics.scores` there.
A run that is stopped goes on where it was.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from refine_edits import RECIPES, Critics, objective, plain_faces
from steadyface.critics.lpips import Lpips
from steadyface.editing.catalogue import MAPPERS, SHIPPED
from steadyface.editing.edit import Edit
from steadyface.editing.mapper import STEP, MapperEdit
from steadyface.gan.base import Generator, broadcast_w
from steadyface.gan.load import load_generator
from steadyface.runs.run import Run, StageCheckpoint
from steadyface.runtime.memory import keep_freed_memory
from steadyface.runtime.optimise import Progress, optimise, ramp, step_rng

LEVELS = {"course_mapping": (4, 8, 16), "medium_mapping": (16, 32, 64)}
"""Sides whose directions a level begins with."""
SCALE = 0.01
"""The networks' learning rate multiplier: their arrays are larger by its inverse."""
STEPS, BATCH, RATE = 120, 2, 0.3
NEAR = 0.02
"""Weight of the squared way from the direction, in deviations of W."""

MEANT = {"angry": 0.7}
"""The part of the learnt step that is strength 1, if not all of it: at all of it, who is angry shouts."""


def beginning(edit: Edit, w_dim: int, seed: int) -> dict[str, Tensor]:
    """Arrays of a mapper whose step is the edit's for every code, all but for a hundredth of it."""
    draws = torch.Generator().manual_seed(seed)
    state = {}
    for level, sides in LEVELS.items():
        known = [edit.directions[side] for side in sides if side in edit.directions]
        step = torch.stack(known).mean(0) / STEP if known else torch.zeros(w_dim)
        for layer in range(1, 5):
            last = layer == 4
            size = 0.01 * float(step.norm()) / w_dim**0.5 if last else 1.0
            state[f"{level}.mapping.{layer}.weight"] = size * torch.randn(w_dim, w_dim, generator=draws) / SCALE
            state[f"{level}.mapping.{layer}.bias"] = torch.zeros(w_dim)
        before = step / 2**0.5  # what the leaky ReLU of the last layer makes that step of
        state[f"{level}.mapping.4.bias"] = torch.where(before > 0, before, 5 * before) / SCALE
    return state


def train(name: str, generator: Generator, critics: Critics, run: Run, steps: int) -> MapperEdit:
    """Descend from the beginning; the codes are drawn by the number of the step."""
    recipe, edit = RECIPES[name], Edit.load(SHIPPED / f"{name}.safetensors")
    with torch.no_grad():
        plain = plain_faces(generator, critics, seed=5)
    loss = objective(edit.card.attribute, recipe, generator, critics, plain)
    usable = torch.nonzero(plain.scores[edit.card.attribute] < recipe.avoid)[:, 0]
    state = {key: value.requires_grad_() for key, value in beginning(edit, generator.w_dim, seed=7).items()}
    effect = replace(edit.card.effect, preserves_lip_opening=False)
    mapper = MapperEdit(replace(edit.card, name=f"mapper-{name}", effect=effect), state)

    def losses_at(step: int) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = {}
        for row in step_rng(0, step).choice(usable.numpy(), BATCH):
            for term, value in loss(mapper, int(row)).items():
                terms[term] = terms.get(term, 0.0) + value / BATCH
            code = broadcast_w(generator, plain.w[row : row + 1])
            away = (mapper(code, generator) - edit(code, generator)) / generator.w_std
            terms["near"] = terms.get("near", 0.0) + NEAR * away.square().mean() / BATCH
        return terms

    def work(part: StageCheckpoint) -> Mapping[str, Tensor]:
        def show(seen: Progress) -> None:
            if seen.step % 10 == 0:
                losses = " ".join(f"{key} {value:.3f}" for key, value in seen.losses.items())
                print(f"  {seen.step:3d} {losses}", flush=True)

        optimise(name, losses_at, state, steps=steps, learning_rate=ramp(RATE, steps), checkpoint=part, watch=show)
        return state

    trained = run.stage(f"mapper-{name}", f"{steps} {RATE} {BATCH} {NEAR}", lambda part: dict(work(part)))
    return scaled(replace(mapper, state=trained), MEANT.get(name, 1.0))


def scaled(mapper: MapperEdit, factor: float) -> MapperEdit:
    """The mapper whose step is ``factor`` times as long: the last layer and its ReLU scale with its arrays."""
    return replace(mapper, state={k: factor * v if ".mapping.4." in k else v for k, v in mapper.state.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["angry", "surprised", "eyeglasses", "beard"])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--runs", type=Path, default=Path("training/runs/mappers"))
    args = parser.parse_args()
    keep_freed_memory()
    critics = Critics.load(Lpips("alex"))
    generator = load_generator("mobile-ffhq-256")
    run = Run.open(args.runs)
    for name in args.names:
        print(name)
        MAPPERS.mkdir(parents=True, exist_ok=True)
        train(name, generator, critics, run, args.steps).save(MAPPERS / f"mapper-{name}.safetensors")


if __name__ == "__main__":
    main()
