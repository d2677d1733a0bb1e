"""What occluders are drawn with: random numbers, textures, and antialiased shapes. All in px of `occlusion_faces.SIDE`.

A layer is a picture (SIDE, SIDE, 3), float32, 0 to 255, and its opacity (SIDE, SIDE), 0 to 1.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from occlusion_faces import SIDE, Bytes, Faces

Floats = NDArray[np.float32]
Layer = tuple[Floats, Floats]

_BITS = 4


@dataclass(frozen=True)
class Pen:
    """Where randomness and real texture come from."""

    rng: np.random.Generator
    faces: Faces

    def between(self, low: float, high: float) -> float:
        """A number, evenly distributed."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True in this share of the draws."""
        return bool(self.rng.random() < share)

    def picture(self) -> Bytes:
        """One of the faces' pictures."""
        return np.asarray(self.faces.pictures[self.rng.integers(len(self.faces))])

    def colour(self) -> Floats:
        """Any, with greys, black and white as frequent as they are on objects."""
        grey = self.between(0, 255)
        strength = self.rng.choice([0.0, 0.3, 1.0])
        return np.asarray(np.clip(grey + strength * self.rng.uniform(-130, 130, 3), 0, 255), np.float32)

    def place(self) -> NDArray[np.float64]:
        """A point of the face, mostly of its lower half, (x, y) px."""
        return SIDE * np.array([self.between(0.22, 0.78), self.between(0.3, 0.95)])


def noise(pen: Pen, cells: int) -> Floats:
    """Smooth noise (SIDE, SIDE), about -1 to 1."""
    small = pen.rng.normal(0, 0.5, (cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def texture(pen: Pen) -> Floats:
    """Plain, shaded, striped, chequered, noisy, or a part of another picture."""
    kind = pen.rng.integers(6)
    if kind == 0:
        picture = pen.picture().astype(np.float32)
        size = int(pen.between(0.15, 0.7) * SIDE)
        x, y = pen.rng.integers(0, SIDE - size, 2)
        patch = cv2.resize(picture[y : y + size, x : x + size], (SIDE, SIDE))
        return np.asarray(patch if pen.chance(0.5) else patch[::-1, :, ::-1], np.float32)
    flat = np.ones((SIDE, SIDE, 3), np.float32) * pen.colour()
    if kind == 1:
        return flat
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    angle, period = pen.between(0, np.pi), pen.between(6, 50)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    if kind == 2:
        mix = np.clip(along / SIDE, 0, 1)
    elif kind == 3:
        mix = (np.sin(2 * np.pi * along / period) > pen.between(-0.8, 0.8)).astype(np.float32)
    elif kind == 4:
        mix = (np.sin(2 * np.pi * along / period) * np.sin(2 * np.pi * across / period) > 0).astype(np.float32)
    else:
        mix = np.clip(0.5 + 0.4 * noise(pen, int(pen.rng.integers(3, 12))) + 0.2 * noise(pen, 60), 0, 1)
    return np.asarray(flat + mix[..., None] * (pen.colour() - flat), np.float32)


def capsule(mask: Bytes, start: NDArray[np.floating], end: NDArray[np.floating], width: float) -> Bytes:
    ends = [tuple(int(v) for v in np.rint(point * 2**_BITS)) for point in (start, end)]
    return np.asarray(cv2.line(mask, *ends, 255, max(1, round(width)), cv2.LINE_AA, _BITS))


def polygon(points: NDArray[np.floating]) -> Floats:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 2**_BITS).astype(np.int32)], 255, cv2.LINE_AA, _BITS)
    return mask.astype(np.float32) / 255


def rounded(alpha: Floats, depth: float) -> Floats:
    """Brightness (SIDE, SIDE) of a thing with this mask that is round: darker by ``depth`` at its rim."""
    distance = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(1 - depth * (1 - np.sqrt(np.clip(distance / max(1.0, float(distance.max())), 0, 1))), np.float32)


def over(below: Layer, above: Layer) -> Layer:
    """Both, the second in front."""
    (picture, alpha), (front, cover) = below, above
    return picture + cover[..., None] * (front - picture), np.maximum(alpha, cover)
