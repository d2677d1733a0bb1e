"""Refine the edits of `train_edits.py` by the gradient of the critics: more of the attribute, less of all else.

    python training/refine_edits.py surprised

A direction per layer side goes on from the regression's row. Over random codes, its loss is what is missing of the
attribute, and the squared change of the other attributes, of the identity, and of the picture outside the part that the
edit is about. Steps are taken in the whitened W space: there, a short step stays among the faces that the generator
knows, and no texture that fools a critic is near. An edit's file is replaced; run again, it goes on from there (the
eyeglasses that ship have gone through it twice). Last of all, sides can be made stronger and weaker:

    python training/refine_edits.py eyeglasses --steps 0 --scale 4:0.8 8:0.9 16:1.3 32:1.3 64:0.5

drew darker rims and less of another face on all five GRID clips, and was kept.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.identity import Identity
from steadyface.critics.lpips import Lpips
from steadyface.editing.catalogue import SHIPPED
from steadyface.editing.edit import Edit
from steadyface.editing.mapper import MapperEdit
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator

TRUNCATION = 0.7
POOL = 32
BATCH = 4
SIDE = 64
"""px at which pictures are compared."""

UNSEEN = -4.0

Box = tuple[float, float, float, float]
FACE: Box = (0.25, 0.95, 0.17, 0.83)
"""Top, bottom, left, right as fractions of the crop."""


@dataclass(frozen=True)
class Recipe:
    """What an edit should reach, and where."""

    goal: float
    """The change of its score, in deviations over faces; with `absolute` the score that is reached."""
    region: Box = FACE
    absolute: bool = False
    signs: tuple[float, ...] = (1.0,)
    free: tuple[str, ...] = ()
    """Attributes that may change with it."""
    never: tuple[str, ...] = ()
    """Attributes whose log-odds should stay below `UNSEEN`."""
    outside: float = 8.0
    identity: float = 1.0
    avoid: float = 4.0
    """Faces that have more of the attribute already are left out."""


RECIPES = {
    "eyeglasses": Recipe(7.0, (0.36, 0.60, 0.2, 0.8), absolute=True, avoid=-1.0, never=("sunglasses",)),
    "beard": Recipe(7.0, (0.55, 0.95, 0.22, 0.78), absolute=True, avoid=-1.0, free=("male", "age")),
    "age": Recipe(
        2.0, (0.1, 0.95, 0.1, 0.9), signs=(1.0, -1.0), outside=4.0, avoid=60.0, never=("eyeglasses", "sunglasses")
    ),
    "gender": Recipe(
        1.6, (0.0, 0.95, 0.1, 0.9), signs=(1.0, -1.0), outside=4.0, identity=0.3, free=("beard",), avoid=9e9
    ),
    "smile": Recipe(1.5, signs=(1.0, -1.0), free=EXPRESSIONS, avoid=9e9),
    # led by this alone it shouts: train_anger.py asks for more, train_mapper.py goes by it
    "angry": Recipe(3.5, absolute=True, free=EXPRESSIONS, avoid=0.0),
    "surprised": Recipe(3.5, absolute=True, free=EXPRESSIONS, avoid=0.0),
}


@dataclass(frozen=True)
class Critics:
    """Everything that looks at a picture."""

    expression: Expression
    age_gender: AgeGender
    attributes: Attributes
    identity: Identity

    @classmethod
    def load(cls, lpips: Lpips) -> Self:
        """Those that ship; ``lpips`` is AlexNet's."""
        return cls(Expression(), AgeGender(), Attributes(lpips), Identity())

    def scores(self, images: Tensor) -> dict[str, Tensor]:
        """Log-odds and, of age, years (N,) by attribute."""
        logits = self.expression.logits(images)
        others = torch.stack([logits[:, [j for j in range(7) if j != k]].logsumexp(1) for k in range(7)], dim=1)
        age, male = self.age_gender(images)
        found = dict(zip(EXPRESSIONS, (logits - others).unbind(1), strict=True))
        found |= {"age": age, "male": torch.logit(male, eps=1e-4)}
        return found | dict(zip(self.attributes.labels, self.attributes(images).unbind(1), strict=True))


def outside(region: Box) -> Tensor:
    """(1, 1, SIDE, SIDE): 0 within the box, 1 away from it, soft between."""
    top, bottom, left, right = (round(SIDE * part) for part in region)
    mask = torch.ones(1, 1, SIDE, SIDE)
    mask[:, :, top:bottom, left:right] = 0
    return F.avg_pool2d(F.pad(mask, (2, 2, 2, 2), mode="replicate"), 5, stride=1)


def small(images: Tensor) -> Tensor:
    return F.interpolate(images, (SIDE, SIDE), mode="area")


def whitening(generator: Generator, seed: int) -> Tensor:
    """A root (w_dim, w_dim) of the covariance of W."""
    z = torch.randn(8192, generator.z_dim, generator=torch.Generator().manual_seed(seed))
    covariance = torch.cov(generator.mapping(z).T)
    covariance += 0.02 * covariance.diagonal().mean() * torch.eye(generator.w_dim)
    return torch.linalg.cholesky(covariance)


@dataclass(frozen=True)
class Plain:
    """Faces as they are before the edit."""

    w: Tensor
    pictures: Tensor
    scores: dict[str, Tensor]
    descriptors: Tensor


def plain_faces(generator: Generator, critics: Critics, seed: int) -> Plain:
    draws = torch.Generator().manual_seed(seed)
    w = sample_w(generator, torch.randn(POOL, generator.z_dim, generator=draws), TRUNCATION)
    pictures, scores, descriptors = [], [], []
    for row in w:
        image = generator.synthesis(broadcast_w(generator, row[None]))
        pictures.append(small(image))
        scores.append(critics.scores(image))
        descriptors.append(critics.identity(image))
    joined = {name: torch.cat([score[name] for score in scores]) for name in scores[0]}
    return Plain(w, torch.cat(pictures), joined, torch.cat(descriptors))


Terms = dict[str, Tensor]
More = Callable[[Tensor, dict[str, Tensor], int], Terms]
"""Further terms on what an edit made (1, 3, R, R) of the plain face of that number, and on its scores."""


def nothing_more(_image: Tensor, _scores: dict[str, Tensor], _row: int) -> Terms:
    return {}


def refine(
    edit: Edit,
    recipe: Recipe,
    generator: Generator,
    critics: Critics,
    plain: Plain,
    root: Tensor,
    steps: int,
    more: More = nothing_more,
) -> Edit:
    """Descend from the edit's directions, with momentum and a step that shrinks to nothing."""
    sides = list(edit.directions)
    start = torch.stack([torch.linalg.solve(root, edit.directions[side]) for side in sides])
    code, velocity = start.clone().requires_grad_(), torch.zeros_like(start)
    loss = objective(edit.card.attribute, recipe, generator, critics, plain, more)
    rng = torch.Generator().manual_seed(0)
    usable = torch.nonzero(plain.scores[edit.card.attribute] < recipe.avoid)[:, 0]
    for step in range(steps):
        rows = usable[torch.randperm(len(usable), generator=rng)[:BATCH]]
        gradient = torch.zeros_like(start)
        report: dict[str, float] = {}
        for number, row in enumerate(rows.tolist()):
            moved = Edit(edit.card, dict(zip(sides, code @ root.T, strict=True)))
            moved = replace(moved, strength=recipe.signs[number % len(recipe.signs)])
            terms = loss(moved, row)
            terms["prior"] = 0.01 * (code - start).square().sum(1).mean()
            (part,) = torch.autograd.grad(torch.stack(list(terms.values())).sum(), code)
            gradient += part
            report |= {name: report.get(name, 0.0) + float(value.detach()) / BATCH for name, value in terms.items()}
        velocity = 0.8 * velocity + 0.2 * gradient / gradient.norm()
        with torch.no_grad():
            code -= 0.4 * (1 - step / steps) * velocity
        if step % 8 == 0 or step == steps - 1:
            print(f"  {step:3d} " + " ".join(f"{name} {value:.3f}" for name, value in report.items()), flush=True)
    return Edit(edit.card, {side: d.detach() for side, d in zip(sides, code @ root.T, strict=True)})


def objective(
    attribute: str, recipe: Recipe, generator: Generator, critics: Critics, plain: Plain, more: More = nothing_more
) -> Callable[[Edit | MapperEdit, int], Terms]:
    """The terms of the loss of an edit on one of the plain faces."""
    away = outside(recipe.region)
    deviation = {name: values.std() for name, values in plain.scores.items()}
    held = [name for name in plain.scores if name not in (attribute, *recipe.free) and name not in EXPRESSIONS]
    if attribute not in EXPRESSIONS:
        held += [name for name in ("happy", "surprised", "angry") if name not in recipe.free]

    def terms(edit: Edit | MapperEdit, row: int) -> Terms:
        image = generator.synthesis(edit(broadcast_w(generator, plain.w[row : row + 1]), generator))
        scores = critics.scores(image)
        change = {name: (scores[name][0] - plain.scores[name][row]) / deviation[name] for name in scores}
        got = scores[attribute][0] if recipe.absolute else edit.strength * change[attribute]
        difference = (small(image) - plain.pictures[row : row + 1]).abs()
        return {
            "missing": F.relu(recipe.goal - got) * (0.3 if recipe.absolute else 1.0),
            "held": 0.15 * torch.stack([change[name] for name in held]).square().sum(),
            "never": 0.3 * sum((F.relu(scores[name][0] - UNSEEN) for name in recipe.never), torch.zeros(())),
            "outside": recipe.outside * (difference * away).mean(),
            "identity": recipe.identity * (critics.identity(image)[0] - plain.descriptors[row]).square().sum(),
            **more(image, scores, row),
        }

    return terms


def scaled(edit: Edit, factors: dict[int, float]) -> Edit:
    """The edit with its sides' directions times these factors."""
    below = {side: edit.directions.get(side, edit.directions.get(side // 2)) for side in factors}
    changed = {side: factors[side] * direction for side, direction in below.items() if direction is not None}
    return replace(edit, directions={**edit.directions, **changed})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(RECIPES))
    parser.add_argument("--model", default="mobile-ffhq-256")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--scale", nargs="*", default=[], metavar="SIDE:FACTOR", help="a new side is as the one below")
    args = parser.parse_args()
    scales = {int(side): float(factor) for side, factor in (text.split(":") for text in args.scale)}
    critics = Critics.load(Lpips("alex"))
    generator = load_generator(args.model)
    with torch.no_grad():
        plain, root = plain_faces(generator, critics, seed=5), whitening(generator, seed=6)
    for name in args.names:
        print(name)
        path = SHIPPED / f"{name}.safetensors"
        edit = Edit.load(path)
        if args.steps:
            edit = refine(edit, RECIPES[name], generator, critics, plain, root, args.steps)
        scaled(edit, scales).save(path)


if __name__ == "__main__":
    main()
