"""Train the Latent Transformers that ship, of eyeglasses and of the smile (https://arxiv.org/abs/2106.11895).

    python training/train_latent_transformer.py

A classifier of W+ codes learns, from generated faces, what the critics see in their pictures; through it a network for
each attribute is trained by the paper's three losses, on codes alone. A classifier of codes can be fooled, so there are
rounds: faces that the networks of a round have edited join the lot of the next. Faces and networks are kept in --runs:
run again, it goes on where it stopped.
"""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.baselines.latent_networks import SHIPPED
from steadyface.baselines.latent_transformer import LatentEdit, LatentTransformer
from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.identity import Identity
from steadyface.critics.lpips import Lpips
from steadyface.editing import catalogue
from steadyface.editing.card import EditCard
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator

NAMES = ("eyeglasses", "sunglasses", "beard", *EXPRESSIONS, "male", "old")
CARDS = {
    "eyeglasses": EditCard("eyeglasses", "puts on eyeglasses", "eyeglasses"),
    "smile": EditCard("smile", "smiles", "happy", "stops smiling"),
}
TRUNCATION = 0.8
FIRST, LATER, PART = 24, 4, 50
"""Files of faces in the first round and in each later one, and faces in a file."""
ROUNDS = 2
TOP = 32
"""px of the last layers that are edited: eyeglasses and smiles are drawn up to there, and the files stay small."""
COMPONENTS = 64
"""Principal components of W that the classifier sees; few faces can't teach it more, only how to be fooled."""
STEPS, BATCH, RATE = 1500, 32, 1e-3
ATTRIBUTE_WEIGHT, LATENT_WEIGHT = 1.0, 10.0
"""The paper's weights of the attribute and the latent code regularisation."""

Faces = dict[str, Tensor]


class Critics:
    """What a picture shows, as log-odds (N, len(NAMES)); "old" is half so at 35 years."""

    def __init__(self) -> None:
        self.worn, self.expression, self.age_gender = Attributes(Lpips("alex")), Expression(), AgeGender()

    def __call__(self, image: Tensor) -> Tensor:
        """Look at pictures (N, 3, R, R)."""
        image = image.clamp(-1, 1)
        logits = self.expression.logits(image)
        others = [torch.cat([logits[:, :k], logits[:, k + 1 :]], 1).logsumexp(1) for k in range(len(EXPRESSIONS))]
        age, male = self.age_gender(image)
        columns = torch.stack([torch.logit(male, eps=1e-4), (age - 35) / 5], dim=1)
        return torch.cat([self.worn(image), logits - torch.stack(others, dim=1), columns], dim=1)


def codes(generator: Generator, draws: torch.Generator, count: int) -> Tensor:
    """(count, num_ws, w_dim): half are codes of W, in half each row lies somewhere between two faces."""
    z = torch.randn(2 * count, generator.z_dim, generator=draws)
    one, other = sample_w(generator, z, TRUNCATION).chunk(2)
    share = torch.rand(count, generator.num_ws, generator=draws) * (torch.rand(count, 1, generator=draws) < 0.5)
    return one[:, None].lerp(other[:, None], share[:, :, None])


def edited(ws: Tensor, networks: dict[str, LatentTransformer], generator: Generator, draws: torch.Generator) -> Tensor:
    """Codes of faces that the last round's networks have edited, each by one of them, by up to 1.5."""
    alphas = 1.5 * torch.rand(len(ws), generator=draws)
    chosen = [list(networks.values())[number % len(networks)] for number in range(len(ws))]
    rows = zip(chosen, ws.split(1), alphas.tolist(), strict=True)
    return torch.cat([network.edit(row, alpha, generator.ws_resolutions) for network, row, alpha in rows])


@torch.no_grad()
def faces_of(
    number: int, networks: dict[str, LatentTransformer], generator: Generator, critics: Critics, runs: Path
) -> Iterator[Faces]:
    """The faces of a round, file by file; a file that is there already isn't made again."""
    for part in range(LATER if networks else FIRST):
        path = runs / f"faces-{number}-{part:03d}.safetensors"
        if not path.exists():
            draws = torch.Generator().manual_seed(1000 * (number + 1) + part)
            ws = codes(generator, draws, PART)
            ws = edited(ws, networks, generator, draws) if networks else ws
            seen = torch.cat([critics(generator.synthesis(row)) for row in ws.split(1)])
            save_file({"ws": ws.half().contiguous(), "seen": seen}, path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)
            print(path.name, flush=True)
        yield {name: tensor.float() for name, tensor in load_file(path).items()}


class Classifier(nn.Module):
    """Log-odds (N, len(NAMES)) of codes (N, num_ws, w_dim)."""

    root: Tensor
    mean: Tensor

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        z = torch.randn(20_000, generator.z_dim, generator=torch.Generator().manual_seed(7))
        w = generator.mapping(z)
        variances, axes = torch.linalg.eigh(torch.cov(w.T))
        self.register_buffer("root", axes[:, -COMPONENTS:] / variances[-COMPONENTS:].mean().sqrt())
        self.register_buffer("mean", w.mean(0))
        self.layers = nn.Sequential(
            nn.Linear(COMPONENTS * generator.num_ws, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3),
            nn.Linear(256, 64), nn.LeakyReLU(0.2),
            nn.Linear(64, len(NAMES)),
        )  # fmt: skip

    def forward(self, ws: Tensor, noise: float = 0.0) -> Tensor:
        """``noise`` is added to what is seen of the codes, in deviations."""
        x = ((ws - self.mean) @ self.root).flatten(1)
        out: Tensor = self.layers(x + noise * torch.randn_like(x))
        return out


def fitted(generator: Generator, faces: Faces, rows: Tensor) -> Classifier:
    """A classifier that was taught by some of the faces, frozen."""
    torch.manual_seed(0)
    with torch.no_grad():
        classifier = Classifier(generator)
    optimiser = torch.optim.AdamW(classifier.parameters(), RATE, weight_decay=1.0)
    wanted = faces["seen"].clamp(-8, 8).sigmoid()
    for _ in range(40):
        for batch in rows[torch.randperm(len(rows))].split(BATCH):
            loss = F.binary_cross_entropy_with_logits(classifier(faces["ws"][batch], 0.3), wanted[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return classifier.eval().requires_grad_(False)


def report(generator: Generator, faces: Faces) -> None:
    """Areas under the ROC curve on a fifth of the faces that a classifier hasn't seen."""
    held = torch.arange(len(faces["ws"])) % 5 == 0
    said = fitted(generator, faces, torch.nonzero(~held)[:, 0])(faces["ws"][held])
    areas = []
    for scores, truth in zip(said.T, faces["seen"][held].T > 0, strict=True):
        above = (scores[truth][:, None] > scores[~truth]).float()
        areas.append(round(float(above.mean()), 3) if above.numel() else None)
    print("held-out AUC", dict(zip(NAMES, areas, strict=True)), flush=True)


def trained(name: str, classifier: Classifier, generator: Generator, faces: Faces) -> LatentTransformer:
    """A network by the paper's three losses, with its alpha: 1 - p where the attribute isn't seen, -p where it is.

    L_cls: it is seen, or not any more. L_attr: the squared changes of the other attributes, each weighed by 1 - |its
    correlation with this one|. L_rec: the mean squared change of the code.
    """
    target = NAMES.index(CARDS[name].attribute)
    related = torch.corrcoef(faces["seen"].clamp(-8, 8).sigmoid().T)[target].abs()
    sides = tuple(side for side in generator.ws_resolutions if side <= TOP)
    network = LatentTransformer(sides, generator.w_dim)
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    draws = torch.Generator().manual_seed(11)
    for step in range(STEPS):
        with torch.no_grad():
            ws = codes(generator, draws, BATCH)
            before = classifier(ws).sigmoid()
            p = before[:, target]
            wanted = (p < 0.5).float()
            alpha = (wanted - p)[:, None, None]
        moved = network(ws[:, : len(sides)], alpha)
        logits = classifier(torch.cat([moved, ws[:, len(sides) :]], dim=1))
        losses = {
            "class": F.binary_cross_entropy_with_logits(logits[:, target], wanted),
            "attributes": ((1 - related) * (logits.sigmoid() - before).square()).sum(1).mean() * ATTRIBUTE_WEIGHT,
            "latent": (moved - ws[:, : len(sides)]).square().mean() * LATENT_WEIGHT,
        }
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimiser.step()
        schedule.step()
        if step % 500 == 0 or step == STEPS - 1:
            print(f"{name} {step:4d}", {term: round(float(v.detach()), 4) for term, v in losses.items()}, flush=True)
    return network.requires_grad_(False)


def train_round(faces: Faces, generator: Generator, paths: dict[str, Path]) -> None:
    report(generator, faces)
    classifier = fitted(generator, faces, torch.arange(len(faces["ws"])))
    for name, path in paths.items():
        card = replace(CARDS[name], trained_on=f"{len(faces['ws'])} generated faces")
        LatentEdit(card, trained(name, classifier, generator, faces)).save(path)


@torch.no_grad()
def compare(generator: Generator, critics: Critics) -> None:
    """Print what the networks at alpha 1 and our directions at strength 1 do to faces of another seed."""
    identity = Identity()
    w = sample_w(generator, torch.randn(16, generator.z_dim, generator=torch.Generator().manual_seed(21)), 0.7)
    plain = [generator.synthesis(ws) for ws in broadcast_w(generator, w).split(1)]
    before, people = torch.cat([critics(image) for image in plain]), torch.cat([identity(image) for image in plain])
    for name, card in CARDS.items():
        for edit in (LatentEdit.load(SHIPPED / f"{name}.safetensors"), catalogue.load(catalogue.Request(name))):
            images = [generator.synthesis(edit(ws, generator)) for ws in broadcast_w(generator, w).split(1)]
            after = torch.cat([critics(image) for image in images])
            distance = (torch.cat([identity(image) for image in images]) - people).norm(dim=1).mean()
            change = dict(zip(NAMES, (after - before).mean(0).tolist(), strict=True))
            said = {key: round(change[key], 2) for key in (card.attribute, "sunglasses", "male", "old")}
            seen = int((after[:, NAMES.index(card.attribute)] > 0).sum())
            kept = f"identity distance {float(distance):.2f}, change {said}"
            print(f"{type(edit).__name__:<10} {name:<10} seen in {seen}/16, {kept}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("training/runs/latent-transformer"))
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    SHIPPED.mkdir(parents=True, exist_ok=True)
    generator, critics = load_generator("mobile-ffhq-256"), Critics()
    networks: dict[str, LatentTransformer] = {}
    parts: list[Faces] = []
    for number in range(ROUNDS):
        parts += faces_of(number, networks, generator, critics, args.runs)
        paths = {name: args.runs / f"{name}-{number}.safetensors" for name in CARDS}
        if not all(path.exists() for path in paths.values()):
            train_round({name: torch.cat([part[name] for part in parts]) for name in parts[0]}, generator, paths)
        networks = {name: LatentEdit.load(path).network for name, path in paths.items()}
    for name, path in paths.items():
        shutil.copy(path, SHIPPED / f"{name}.safetensors")
    compare(generator, critics)


if __name__ == "__main__":
    main()
