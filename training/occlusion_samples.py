"""The samples of `train_occlusion.py`: a face, perhaps with something in front of it, as a video would show it."""

from dataclasses import dataclass

import cv2
import numpy as np

from occluder_shapes import Floats, Layer, Pen, noise, over, polygon, texture
from occluders import occluder, turned_box
from occlusion_faces import SIDE, Faces
from steadyface.faces.occlusion import SIZE

MIRRORED = 0.5
BACKGROUND = 0.5
"""Share of the samples with another background than the picture's own."""


@dataclass(frozen=True)
class Sample:
    """What the network is given, and what it should say."""

    picture: Floats
    """(SIZE, SIZE, 3), 0 to 255."""
    covered: Floats
    """(SIZE, SIZE), 0 to 1."""
    outline: Floats
    """(SIZE, SIZE), 0 to 1: the face."""


def sample(faces: Faces, index: int, rng: np.random.Generator, kind: str | None) -> Sample:
    """One face with an occluder of this kind (`occluders.TRAINED`, `occluders.UNSEEN`) or without one."""
    pen = Pen(rng, faces)
    picture = np.asarray(faces.pictures[index]).astype(np.float32)
    if pen.chance(BACKGROUND):
        person = np.asarray(faces.persons[index]).astype(np.float32)[..., None] / 255
        picture = picture * person + texture(pen) * (1 - person)
    picture = lit(picture, pen)
    if pen.chance(0.1):
        picture = worn(picture, pen)
    covered = np.zeros((SIDE, SIDE), np.float32)
    if kind is not None:
        picture, covered = pasted(picture, blurred(occluder(pen, kind), pen), pen)
    outline = np.asarray(faces.outlines[index]).astype(np.float32) / 255
    return filmed(picture, covered, outline, pen)


def lit(picture: Floats, pen: Pen) -> Floats:
    """Light from a side, and shadows that fall on the face, hard and soft: none of them covers it."""
    if pen.chance(0.5):
        angle = pen.between(0, 2 * np.pi)
        y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE - 0.5
        ramp = pen.between(0, 1.2) * (x * np.cos(angle) + y * np.sin(angle))
        picture = (
            picture * np.clip(1 + ramp, 0.2, 2)[..., None] * (1 + 0.15 * pen.rng.normal(0, 1, 3) * ramp[..., None])
        )
    if pen.chance(0.3):
        area = polygon(turned_box(pen, pen.place(), pen.between(0.1, 1.5) * SIDE, pen.between(0.3, 2) * SIDE))
        if pen.chance(0.5):
            area = (noise(pen, int(pen.rng.integers(3, 8))) > 0.2).astype(np.float32)
        area = cv2.GaussianBlur(area, (0, 0), pen.between(1.0, 10))[..., None]
        picture = picture * (1 + (pen.between(0.4, 0.85) - 1) * area * pen.rng.uniform(0.9, 1.1, 3).astype(np.float32))
    return np.asarray(np.clip(picture, 0, 255), np.float32)


def worn(picture: Floats, pen: Pen) -> Floats:
    """Drawn eyeglasses, in front of the eyes' place in aligned crops, with a glint."""
    frame, glass = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    half = np.array([pen.between(0.085, 0.115), pen.between(0.06, 0.1)]) * SIDE
    thick = int(pen.rng.integers(1, 6))
    centres = [np.array([0.5 + side * 0.125, 0.485]) * SIDE + pen.rng.normal(0, 0.01, 2) * SIDE for side in (-1, 1)]
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    power = pen.between(0.4, 1)
    ring = np.stack([np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power, np.sin(turn)], -1) * half
    for centre, side in zip(centres, (-1, 1), strict=True):
        points = [np.rint(centre + ring).astype(np.int32)]
        cv2.polylines(frame, points, True, 255, thick, cv2.LINE_AA)
        cv2.fillPoly(glass, points, 255)
        edge = np.rint(centre + half * [side, -0.3]).astype(int)
        cv2.line(frame, edge.tolist(), [int(edge[0] + side * 0.12 * SIDE), int(edge[1])], 255, thick, cv2.LINE_AA)
    inner = [
        np.rint(c - [s * half[0], 0.2 * half[1]]).astype(int).tolist() for c, s in zip(centres, (-1, 1), strict=True)
    ]
    cv2.line(frame, *inner, 255, thick, cv2.LINE_AA)
    tint, opacity = (
        (pen.colour(), pen.between(0.3, 0.95)) if pen.chance(0.3) else (np.float32(255), pen.between(0, 0.2))
    )
    shine = opacity * np.clip(0.6 + 0.5 * noise(pen, 4), 0, 1) * glass / 255
    picture = picture + shine[..., None] * (tint - picture)
    metal = pen.colour() * (0.4 if pen.chance(0.6) else 1)
    return np.asarray(picture + frame[..., None].astype(np.float32) / 255 * (metal - picture), np.float32)


def blurred(layer: Layer, pen: Pen) -> Layer:
    """An occluder out of focus, or that moves."""
    picture, alpha = layer
    picture = np.clip(picture * pen.between(0.6, 1.3), 0, 255)
    sigma = pen.between(0.3, 1.2) if pen.chance(0.8) else pen.between(1.2, 3)
    weighted = np.dstack([picture * alpha[..., None], alpha])
    weighted = cv2.GaussianBlur(weighted, (0, 0), sigma)
    if pen.chance(0.2):
        length = int(pen.rng.integers(3, 16))
        kernel = np.zeros((length, length), np.float32)
        angle, middle = pen.between(0, np.pi), (length - 1) / 2
        way = middle * np.array([np.cos(angle), np.sin(angle)])
        ends = [np.rint(middle + sign * way).astype(int).tolist() for sign in (-1, 1)]
        cv2.line(kernel, *ends, 1.0)
        weighted = cv2.filter2D(weighted, -1, kernel / kernel.sum())
    alpha = np.clip(weighted[..., 3], 0, 1)
    return weighted[..., :3] / np.maximum(alpha, 1e-3)[..., None], alpha


def pasted(picture: Floats, layer: Layer, pen: Pen) -> Layer:
    """The face with the occluder and its shadow, and what is covered."""
    if pen.chance(0.5):
        shift = np.array([[1, 0, pen.rng.normal(0, 8)], [0, 1, pen.between(-2, 12)]])
        shadow = cv2.GaussianBlur(cv2.warpAffine(layer[1], shift, (SIDE, SIDE)), (0, 0), pen.between(2, 9))
        picture = picture * (1 - pen.between(0.1, 0.6) * shadow[..., None])
    return over((picture, np.zeros((SIDE, SIDE), np.float32)), layer)


def filmed(picture: Floats, covered: Floats, outline: Floats, pen: Pen) -> Sample:
    """Reduce to `SIZE` with a misalignment, then exposure, resolution, grain and compression of a video."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (SIZE - 1.0)
    angle, zoom = pen.rng.normal(0, 0.07), 1 + pen.rng.normal(0, 0.05)
    turn = zoom * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    placed = (corners - SIZE / 2) @ turn + SIZE / 2 + pen.rng.normal(0, 0.02, 2) * SIZE
    placed = placed + pen.rng.normal(0, 0.02, (4, 2)) * SIZE
    if pen.chance(MIRRORED):
        placed[:, 0] = SIZE - 1 - placed[:, 0]
    source = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * (SIDE - 1)
    matrix = cv2.getPerspectiveTransform(source, placed.astype(np.float32))
    stack = np.dstack([cv2.GaussianBlur(picture, (0, 0), 0.5), covered, outline])
    stack = cv2.warpPerspective(stack, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
    shown = np.ascontiguousarray(stack[..., :3])

    gamma, contrast = np.exp(pen.rng.normal(0, 0.25)), np.exp(pen.rng.normal(0, 0.15))
    shown = 255 * (np.clip(shown, 0, 255) / 255) ** gamma
    cast = 1 + pen.rng.normal(0, 0.08, 3)
    shown = (shown - 110) * contrast * cast + 110 + pen.rng.normal(0, 14)
    if pen.chance(0.06):
        shown = np.repeat(shown.mean(2, keepdims=True), 3, 2)
    if pen.chance(0.5):
        side = int(pen.between(36, SIZE))
        small = cv2.resize(shown, (side, side), interpolation=cv2.INTER_AREA)
        shown = cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR if pen.chance(0.6) else cv2.INTER_CUBIC)
    if pen.chance(0.5):
        shown = shown + pen.between(0, 9) * pen.rng.normal(0, 1, shown.shape)
    shown = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    if pen.chance(0.6):
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(pen.between(15, 95))]
        shown = cv2.imdecode(cv2.imencode(".jpg", shown, quality)[1], cv2.IMREAD_COLOR)
    return Sample(shown.astype(np.float32), np.clip(stack[..., 3], 0, 1), np.clip(stack[..., 4], 0, 1))
