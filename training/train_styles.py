"""Train the styles: small changes of the default generator's weights, each taught by a filter on its own samples.

    python training/train_styles.py [NAME ...]      # src/steadyface/weights/styles/NAME.safetensors
    python training/train_styles.py --sheets        # docs/styles/NAME.jpg

Codes stay as they are; the layers from 64 px on are trained, L1 + LPIPS to the filtered picture, or to the picture with
its person filtered: a generator can tell them from the wall. Seeded; a style takes some minutes, and one that is
interrupted begins again.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.clip.folder import to_image, to_tensor
from steadyface.critics.lpips import Lpips
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import STYLES
from steadyface.editing.style import Style
from steadyface.faces.mask import PersonMask
from steadyface.gan.base import broadcast_w, sample_codes, sample_w
from steadyface.gan.load import load_generator
from steadyface.gan.parameters import copy_to_tune, frozen
from steadyface.report.contact_sheet import contact_sheet
from steadyface.report.jpeg import save_jpeg
from steadyface.runtime.memory import keep_freed_memory
from steadyface.runtime.optimise import ramp, step_rng

Image = NDArray[np.uint8]
MODEL = "mobile-ffhq-256"
TRAINED = ("blocks.3.", "blocks.4.", "refine.", "to_image.")
BATCH, RATE = 2, 1e-3


def grey(image: Image) -> NDArray[np.float32]:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def toned(values: NDArray[np.float32], *colours: tuple[int, int, int]) -> Image:
    """Map brightness in [0, 1] to colours, dark to bright."""
    at = np.linspace(0, 1, len(colours))
    channels = [np.interp(values, at, [colour[c] for colour in colours]) for c in range(3)]
    return np.stack(channels, axis=2).round().astype(np.uint8)


def sketch(image: Image) -> Image:
    """Pencil: brightness divided by its own blur, so that only what is darker than its surroundings is drawn."""
    light = grey(image)
    drawn = np.clip(light / (cv2.GaussianBlur(light, (0, 0), 5.0) + 0.02), 0, 1) ** 1.6
    shaded = np.clip(0.82 * drawn + 0.18 * np.sqrt(light), 0, 1)
    return toned(shaded, (38, 36, 40), (128, 125, 122), (250, 247, 240))


def oil_painting(image: Image) -> Image:
    """Kuwahara's filter: each pixel takes the mean of the calmest of the four quadrants around it."""
    reach, picture = 5, image.astype(np.float32)
    best = np.full(image.shape[:2], np.inf, np.float32)
    painted = picture.copy()
    for y in (0, reach - 1):
        for x in (0, reach - 1):
            mean = cv2.boxFilter(picture, -1, (reach, reach), anchor=(x, y))
            square = cv2.boxFilter(picture**2, -1, (reach, reach), anchor=(x, y))
            unrest = (square - mean**2).sum(axis=2)
            painted[unrest < best] = mean[unrest < best]
            best = np.minimum(best, unrest)
    hsv = cv2.cvtColor(np.clip(painted, 0, 255).astype(np.uint8), cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.35, 0, 255)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)


def cartoon(image: Image) -> Image:
    """Flat colours in a few brightnesses, dark outlines."""
    flat = image
    for _ in range(4):
        flat = cv2.bilateralFilter(flat, 9, 40, 7)
    lab = cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).astype(np.float32)
    step = 32.0
    place = lab[..., 0] / step
    lab[..., 0] = step * (np.floor(place) + 0.5 + 0.5 * np.tanh(6 * (place - np.floor(place) - 0.5)))
    lab[..., 1:] = 128 + 1.35 * (lab[..., 1:] - 128)
    colours = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB).astype(np.float32)
    light = cv2.GaussianBlur(grey(image), (0, 0), 0.8)
    ink = np.clip(1 + 14 * (light - cv2.GaussianBlur(light, (0, 0), 2.4)), 0.15, 1)[..., None]
    return np.clip(colours * ink, 0, 255).round().astype(np.uint8)


def bronze(image: Image) -> Image:
    """A cast: brightness alone, with local contrast, in the colours of bronze."""
    even = cv2.createCLAHE(3.0, (4, 4)).apply(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).astype(np.float32) / 255
    return toned(even, (18, 10, 6), (92, 50, 20), (186, 118, 52), (255, 232, 176))


def zombie(image: Image) -> Image:
    """Grey-green and hollow: colours drained, shadows deepened."""
    light = grey(image)
    hollow = np.clip(light + 0.9 * (light - cv2.GaussianBlur(light, (0, 0), 9.0)), 0, 1) ** 1.25
    dead = toned(hollow, (6, 9, 8), (62, 78, 58), (148, 166, 128), (226, 236, 206)).astype(np.float32)
    return (0.82 * dead + 0.18 * image).round().astype(np.uint8)


@dataclass(frozen=True)
class Lesson:
    """What a style is taught, and for how long."""

    draw: Callable[[Image], Image]
    description: str
    person_only: bool = True
    """What is behind stays as it is. Of a filter that hardly changes it the whole picture will do."""
    steps: int = 240

    def goal(self, image: Image, find: PersonMask) -> Image:
        """The picture as the style should draw it."""
        if not self.person_only:
            return self.draw(image)
        inside = np.clip(2 * find.find(image) - 0.5, 0, 1)[..., None]  # half as soft as the network draws outlines
        return (inside * self.draw(image) + (1 - inside) * image).round().astype(np.uint8)


LESSONS = {
    "sketch": Lesson(sketch, "a pencil drawing"),
    "oil-painting": Lesson(oil_painting, "an oil painting", person_only=False, steps=120),
    "cartoon": Lesson(cartoon, "flat colours and ink", person_only=False, steps=120),
    "bronze": Lesson(bronze, "cast in bronze"),
    "zombie": Lesson(zombie, "grey-green and hollow"),
}


def train(name: str) -> Style:
    """Teach the generator a filter; returns what it added to the weights."""
    lesson = LESSONS[name]
    plain = load_generator(MODEL)
    tuned, parameters = copy_to_tune(plain)
    trained = {key: value for key, value in parameters.items() if key.startswith(TRAINED)}
    # Style matrices act through all entries of w at once: far smaller steps
    slow = {key for key in trained if key.endswith(("affine.weight", "up.weight"))}
    groups = [{"params": [trained[key] for key in trained if key not in slow], "scale": 1.0}]
    groups += [{"params": [trained[key] for key in trained if key in slow], "scale": 0.05}]
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99))
    lpips, find, rate = Lpips("alex"), PersonMask.load(), ramp(RATE, lesson.steps)
    for step in range(lesson.steps):
        for group in optimiser.param_groups:
            group["lr"] = rate(step) * group["scale"]
        optimiser.zero_grad()
        rng = step_rng(len(name), step)
        z = torch.from_numpy(rng.standard_normal((BATCH, plain.z_dim))).float()
        for one in z.split(1):
            with torch.no_grad():
                ws = broadcast_w(plain, sample_w(plain, one, float(rng.uniform(0.5, 0.8))))
                goal = to_tensor(lesson.goal(to_image(plain.synthesis(ws)), find))
            image = tuned.synthesis(ws)
            loss = ((image - goal).abs().mean() + lpips(image, goal).mean()) / BATCH
            loss.backward()
        optimiser.step()
        if step % 25 == 0:
            print(f"{name} {step} {float(loss.detach()) * BATCH:.4f}", flush=True)
    state, before = frozen(tuned).state_dict(), plain.state_dict()
    card = EditCard(name, lesson.description, trained_on="the generator's own samples, filtered", model=MODEL)
    return Style(card, {key: state[key] - before[key] for key in trained})


@torch.no_grad()
def sheet(name: str, docs: Path, rows: int = 8) -> None:
    """Samples: as they are, filtered, and as the styled generator makes them."""
    plain = load_generator(MODEL)
    styled = Style.load(STYLES / f"{name}.safetensors")(plain)
    codes = sample_codes(plain, rows, seed=11)
    samples, made = ([to_image(each.synthesis(ws)) for ws in codes] for each in (plain, styled))
    find = PersonMask.load()
    drawn = [LESSONS[name].goal(image, find) for image in samples]
    picture = contact_sheet([samples, drawn, made], ["sample", "filter", name])
    docs.mkdir(parents=True, exist_ok=True)
    save_jpeg(docs / f"{name}.jpg", picture)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(LESSONS))
    parser.add_argument("--sheets", action="store_true", help="only draw the sheets")
    parser.add_argument("--docs", type=Path, default=Path("docs/styles"))
    args = parser.parse_args()
    keep_freed_memory()
    STYLES.mkdir(parents=True, exist_ok=True)
    for name in args.names:
        if not args.sheets:
            train(name).save(STYLES / f"{name}.safetensors")
        sheet(name, args.docs)


if __name__ == "__main__":
    main()
