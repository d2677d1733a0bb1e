"""Make a StyleCLIP global direction for the default generator: by a text with CLIP, or by one of our critics.

    python training/global_direction.py --name tanned --text "face" "tanned face" --clip ViT-B-32:ViT-B-32.safetensors
    python training/global_direction.py --name glad --attribute happy

Writes it as a style for `--edit NAME`, and a sheet at five strengths. Minutes: a backward pass for each of 100 faces.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import torch
from torch import Tensor

from nada import Describe
from refine_edits import Critics
from steadyface.clip.folder import to_image
from steadyface.critics.clip import Clip
from steadyface.critics.lpips import Lpips
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import folders
from steadyface.editing.style import Style
from steadyface.errors import InputError
from steadyface.gan.base import Generator, sample_codes
from steadyface.gan.load import load_generator
from steadyface.report.contact_sheet import contact_sheet
from steadyface.runtime.memory import keep_freed_memory
from style_channels import channels_of, global_direction
from train_nada import MODEL

STRENGTHS = (-1.5, -0.75, 0.0, 0.75, 1.5)


def by_attribute(name: str, generator: Generator) -> tuple[Describe, Tensor]:
    """Descriptors of all scores of the critics, and the direction of one of them."""
    critics = Critics.load(Lpips("alex"))

    def describe(pictures: Tensor) -> Tensor:
        scores = critics.scores(pictures)
        return torch.stack([scores[key] / (10.0 if key == "age" else 1.0) for key in names], dim=1)

    names = list(critics.scores(generator.synthesis(sample_codes(generator, 1, seed=11)[0])))
    if name not in names:
        raise InputError(f"unknown attribute '{name}'; known: {', '.join(names)}")
    return describe, torch.tensor([float(each == name) for each in names])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--text", nargs=2, metavar=("SOURCE", "TARGET"))
    target.add_argument("--attribute")
    parser.add_argument("--clip", metavar="MODEL:FILE", help="a model of open_clip and the file of its weights")
    parser.add_argument("--faces", type=int, default=100)
    parser.add_argument("--beta", type=float, default=0.15, help="channels below this part of the largest effect stay")
    parser.add_argument("--length", type=float, default=5.0, help="deviations of the first channel at strength 1")
    parser.add_argument("--out", type=Path, default=folders()[-1])
    args = parser.parse_args()
    keep_freed_memory()
    generator = load_generator(MODEL)
    if args.attribute:
        describe, direction = by_attribute(args.attribute, generator)
    elif args.clip:
        model, _, weights = args.clip.partition(":")
        clip = Clip.load(model, Path(weights))
        describe, direction = clip.images, clip.text(args.text[1]) - clip.text(args.text[0])
    else:
        raise InputError("a text needs CLIP: give --clip MODEL:FILE")
    channels = channels_of(generator, describe, direction, count=args.faces)
    deltas = global_direction(channels, args.length, args.beta)
    print(f"{sum(int((delta != 0).sum()) for delta in deltas.values())} channels of {len(deltas)} layers move")
    card = EditCard(args.name, args.attribute or f"{args.text[0]} to {args.text[1]}", model=MODEL)
    style = Style(card, deltas)
    args.out.mkdir(parents=True, exist_ok=True)
    style.save(args.out / f"{args.name}.safetensors")
    with torch.no_grad():
        made = [replace(style, strength=strength)(generator) for strength in STRENGTHS]
        rows = [[to_image(each.synthesis(ws)) for ws in sample_codes(generator, 6, seed=11)] for each in made]
    sheet = contact_sheet(rows, [f"{strength:g}" for strength in STRENGTHS])
    cv2.imwrite(str(args.out / f"{args.name}.jpg"), sheet[:, :, ::-1])


if __name__ == "__main__":
    main()
