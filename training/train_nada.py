"""Teach the default generator a style with StyleGAN-NADA: by a text, given CLIP, or by pictures of the style.

    python training/train_nada.py --name clay --text "photo" "claymation" --clip ViT-B-32:ViT-B-32.safetensors
    python training/train_nada.py --name mine --pictures folder/          # CLIP, or AlexNet features without it

Writes the style for `--edit NAME` and a sheet of samples before and after. Seeded; minutes, not resumable.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import torch
from torch import Tensor
from torch.nn import functional as F

from nada import Describe, Nada, adapt, towards_pictures
from steadyface.clip.folder import to_image, to_tensor
from steadyface.critics.clip import Clip
from steadyface.critics.lpips import Lpips
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import folders
from steadyface.editing.style import Style
from steadyface.errors import InputError
from steadyface.gan.base import sample_codes
from steadyface.gan.load import load_generator
from steadyface.report.contact_sheet import contact_sheet
from steadyface.runtime.memory import keep_freed_memory
from steadyface.runtime.optimise import Progress

MODEL = "mobile-ffhq-256"
STEPS, RATE = 60, 2e-4
"""The default generator's weights aren't scaled as StyleGAN2's are: at the paper's rate, .002, faces were gone in 40
steps; these drew 16 pencil sketches' style on faces that stay who they are, .0005 already a mouth for all."""


def alexnet(lpips: Lpips) -> Describe:
    """Means and deviations of the last levels of AlexNet, over the picture: strokes and colours, not who it is."""

    def describe(pictures: Tensor) -> Tensor:
        levels = lpips.features(pictures)[1:]
        parts = [part for level in levels for part in (level.mean((2, 3)), level.std((2, 3)))]
        return torch.cat([F.normalize(part, dim=1) for part in parts], dim=1)

    return describe


def pictures_in(folder: Path, side: int) -> Iterator[Tensor]:
    """Every picture of a folder as (1, 3, S, S)."""
    for path in sorted(folder.iterdir()):
        if (image := cv2.imread(str(path))) is not None:
            yield to_tensor(cv2.resize(image[:, :, ::-1], (side, side), interpolation=cv2.INTER_AREA))


def show(seen: Progress) -> None:
    if seen.step == seen.steps:
        print(f"direction {seen.losses['direction']:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--text", nargs=2, metavar=("SOURCE", "TARGET"))
    target.add_argument("--pictures", type=Path, metavar="FOLDER")
    parser.add_argument("--clip", metavar="MODEL:FILE", help="a model of open_clip and the file of its weights")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--rows", type=int, help="adaptive choice of layers: how many rows may change at a time")
    parser.add_argument("--out", type=Path, default=folders()[-1])
    args = parser.parse_args()
    if args.text and not args.clip:
        raise InputError("a text needs CLIP: give --clip MODEL:FILE")
    keep_freed_memory()
    generator = load_generator(MODEL)
    model, _, weights = (args.clip or "").partition(":")
    clip = Clip.load(model, Path(weights)) if model else None
    describe = clip.images if clip else alexnet(Lpips("alex"))
    if clip and args.text:
        direction = clip.text(args.text[1]) - clip.text(args.text[0])
    else:
        plain = (generator.synthesis(ws).detach() for ws in sample_codes(generator, 32, seed=5))
        direction = towards_pictures(describe, pictures_in(args.pictures, generator.resolution), plain)
    settings = Nada(steps=args.steps, learning_rate=args.rate, rows=args.rows)
    tuned = adapt(generator, describe, direction, settings, seed=0, watch=show)
    old, new = generator.state_dict(), tuned.state_dict()
    card = EditCard(args.name, f"in the style of {args.text[1] if args.text else args.pictures}", model=MODEL)
    args.out.mkdir(parents=True, exist_ok=True)
    deltas = {key: new[key] - old[key] for key in old if not torch.equal(new[key], old[key])}
    Style(card, deltas).save(args.out / f"{args.name}.safetensors")
    with torch.no_grad():
        codes = sample_codes(generator, 6, seed=11)
        rows = [[to_image(each.synthesis(ws)) for ws in codes] for each in (generator, tuned)]
    sheet = contact_sheet(rows, ["sample", args.name])
    cv2.imwrite(str(args.out / f"{args.name}.jpg"), sheet[:, :, ::-1])


if __name__ == "__main__":
    main()
