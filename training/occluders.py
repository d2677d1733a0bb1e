"""Draws what `train_occlusion.py` puts in front of faces: hands, objects, text and people, each with its own mask.

Each function returns a layer (`occluder_shapes`) for something at a point of the face, (x, y) px.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from occluder_shapes import Floats, Layer, Pen, capsule, noise, over, polygon, rounded, texture
from occlusion_faces import SIDE

_FONTS = (
    *[cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX],
    *[cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_SCRIPT_COMPLEX],
)
_LETTERS = list("ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghiklmnoprstuvwz0123456789 ?!.:&@")


def painted_skin(pen: Pen) -> Floats:
    """The colour of a cheek, the face's own or another's, uneven as skin is."""
    picture = pen.picture()
    x = int(SIDE * (0.36 if pen.chance(0.5) else 0.64))
    colour = picture[int(0.58 * SIDE) : int(0.64 * SIDE), x - 5 : x + 5].mean((0, 1)) * pen.between(0.7, 1.25)
    uneven = 1 + pen.between(0, 1) * (0.10 * noise(pen, 5) + 0.05 * noise(pen, 24) + 0.05 * noise(pen, 96))
    redder = np.array([0.04, -0.02, -0.03], np.float32) * noise(pen, 7)[..., None]
    return np.asarray(colour * (uneven[..., None] + redder), np.float32)


def photographed_skin(pen: Pen) -> Floats:
    """A piece of a cheek, enlarged: only for the evaluation."""
    picture = pen.picture()
    x = int(SIDE * (0.30 if pen.chance(0.5) else 0.58))
    piece = picture[int(0.55 * SIDE) : int(0.67 * SIDE), x : x + 24].astype(np.float32)
    return np.asarray(cv2.resize(piece, (SIDE, SIDE)) * pen.between(0.8, 1.2), np.float32)


def hand(pen: Pen, at: NDArray[np.float64], skin: Callable[[Pen], Floats] = painted_skin) -> Layer:
    """Forearm, palm, thumb and four fingers, as capsules that overlap; the arm leads out of the picture."""
    palm = pen.between(0.16, 0.42) * SIDE
    outwards = np.arctan2(*(at - SIDE / 2)[::-1]) if pen.chance(0.5) else np.pi / 2
    angle = outwards + np.pi + pen.rng.normal(0, 0.6)
    side = 1 if pen.chance(0.5) else -1
    along, across = np.array([np.cos(angle), np.sin(angle)]), side * np.array([-np.sin(angle), np.cos(angle)])
    colours, curl, spread = skin(pen), pen.between(0.25, 1.0), pen.between(0.02, 0.3)
    layer: Layer = np.zeros((SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE), np.float32)
    light, depth = pen.between(0.9, 1.1), pen.between(0.15, 0.5)

    def add(*segments: tuple[NDArray[np.float64], NDArray[np.float64], float]) -> None:
        nonlocal layer
        mask = np.zeros((SIDE, SIDE), np.uint8)
        for start, end, width in segments:
            capsule(mask, at + palm * start, at + palm * end, palm * width)
        alpha = mask.astype(np.float32) / 255
        layer = over(layer, (colours * (light * rounded(alpha, depth))[..., None], alpha))

    if pen.chance(0.8):
        sleeve = pen.chance(0.3)
        arm_colours, colours = colours, texture(pen) if sleeve else colours
        add((-0.6 * along, -6 * along, pen.between(0.6, 0.8) * (1.3 if sleeve else 1)))
        colours = arm_colours
    add(*((0.34 * step * across - 0.35 * along, 0.33 * step * across + 0.35 * along, 0.36) for step in (-1, 0, 1)))
    thumb = 0.55 * across - 0.1 * along
    tip = thumb + 0.45 * np.cos(0.6) * along + pen.between(0.1, 0.5) * across
    add((0.25 * across - 0.35 * along, thumb, 0.32), (thumb, tip, 0.25))
    for finger, length in enumerate((0.85, 1.0, 0.95, 0.75)):
        sway = (finger - 1.5) * spread * -1 + pen.rng.normal(0, 0.04)
        way = np.cos(sway) * along + np.sin(sway) * across
        bend = np.cos(sway + pen.rng.normal(0, 0.15)) * along + np.sin(sway + pen.rng.normal(0, 0.15)) * across
        root = (0.38 - 0.25 * finger) * across + 0.42 * along
        joint = root + 0.5 * length * curl * way
        end = joint + 0.5 * length * curl * bend
        add((root, joint, 0.25), (joint, end, 0.22))
        if curl > 0.6 and pen.chance(0.5):
            nail = capsule(np.zeros((SIDE, SIDE), np.uint8), at + palm * (end - 0.02 * bend), at + palm * end, palm / 9)
            layer = over(layer, (np.clip(colours * 1.15 + 12, 0, 255), 0.8 * nail.astype(np.float32) / 255))
    return layer


def forearm(pen: Pen, at: NDArray[np.float64]) -> Layer:
    angle, width = pen.between(0, 2 * np.pi), pen.between(0.14, 0.34) * SIDE
    way = np.array([np.cos(angle), np.sin(angle)]) * SIDE * 1.5
    ends = (at - way, at + way) if pen.chance(0.6) else (at, at + way)
    alpha = capsule(np.zeros((SIDE, SIDE), np.uint8), *ends, width).astype(np.float32) / 255
    colours = painted_skin(pen) if pen.chance(0.7) else texture(pen)
    return colours * rounded(alpha, pen.between(0, 0.5))[..., None], alpha


def ball(pen: Pen, at: NDArray[np.float64]) -> Layer:
    axes = pen.between(0.06, 0.28) * SIDE * np.array([1, pen.between(0.75, 1)])
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    alpha = polygon(at + axes * np.stack([np.cos(turn), np.sin(turn)], -1))
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    lit = np.hypot(x - at[0] + 0.4 * axes[0], y - at[1] + 0.4 * axes[1]) / axes[0]
    shade = np.clip(1.15 - pen.between(0.1, 0.4) * lit, 0.3, 1.2) + pen.between(0, 0.6) * np.exp(-8 * lit**2)
    return texture(pen) * shade[..., None].astype(np.float32), alpha


def turned_box(pen: Pen, at: NDArray[np.float64], width: float, height: float) -> NDArray[np.float64]:
    """Corners (4, 2) of a rectangle that is turned, and seen at an angle."""
    angle, slant = pen.rng.normal(0, 0.5), pen.rng.normal(1, 0.12, (4, 1))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2] * slant
    return at + corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def phone(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """Its dark or coloured back with lenses, or its screen."""
    width = pen.between(0.18, 0.36) * SIDE
    corners = turned_box(pen, at, width, width * pen.between(1.6, 2.1))
    alpha = polygon(corners)
    body = np.ones((SIDE, SIDE, 3), np.float32) * (pen.between(5, 70) if pen.chance(0.6) else pen.colour())
    layer: Layer = body * (1 + 0.1 * noise(pen, 3))[..., None], alpha
    if pen.chance(0.4):
        return over(layer, (texture(pen), polygon(corners.mean(0) + 0.88 * (corners - corners.mean(0)))))
    for step in (0.18, 0.36):
        lens = corners[0] + step * (corners[2] - corners[0])
        dot = capsule(np.zeros((SIDE, SIDE), np.uint8), lens, lens, width * 0.16).astype(np.float32) / 255
        layer = over(layer, (np.full((SIDE, SIDE, 3), pen.between(0, 60), np.float32), dot))
    return layer


def microphone(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """A ball of foam or wire, and its handle that leads downwards."""
    radius, angle = pen.between(0.05, 0.15) * SIDE, np.pi / 2 + pen.rng.normal(0, 0.5)
    way = np.array([np.cos(angle), np.sin(angle)])
    grey = pen.between(5, 90) if pen.chance(0.7) else pen.colour()
    blank = np.zeros((SIDE, SIDE), np.uint8)
    handle = capsule(blank.copy(), at, at + 2 * SIDE * way, radius * pen.between(0.7, 1.3)).astype(np.float32) / 255
    foam = capsule(blank.copy(), at, at + radius * pen.between(0, 1) * way, 2 * radius).astype(np.float32) / 255
    grain = 1 + pen.between(0.05, 0.4) * noise(pen, 96) + 0.2 * noise(pen, 6)
    plain = np.ones((SIDE, SIDE, 3), np.float32)
    stick = plain * pen.between(5, 120) * rounded(handle, 0.6)[..., None]
    return over((stick, handle), (plain * grey * (grain * rounded(foam, 0.5))[..., None], foam))


def bar(pen: Pen, at: NDArray[np.float64]) -> Layer:
    alpha = polygon(turned_box(pen, at, 2 * SIDE, pen.between(0.04, 0.22) * SIDE))
    if pen.chance(0.5):
        alpha = np.ascontiguousarray(alpha.T)
    return texture(pen) * (rounded(alpha, 0.5)[..., None] if pen.chance(0.5) else 1), alpha


def blob(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """A polygon, pointed or smooth, with any texture."""
    corners = int(pen.rng.integers(3, 10))
    turn = np.sort(pen.rng.uniform(0, 2 * np.pi, corners))
    radius = pen.between(0.12, 0.4) * SIDE * pen.rng.uniform(0.5, 1.2, corners)
    alpha = polygon(at + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], -1))
    if pen.chance(0.5):
        alpha = np.clip(4 * cv2.GaussianBlur(alpha, (0, 0), pen.between(2, 7)) - 1.5, 0, 1)
    return texture(pen) * (1 + 0.2 * noise(pen, 3))[..., None], alpha


def text(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """One or two lines, outlined or on a box, straight as captions are."""
    font, scale = _FONTS[pen.rng.integers(len(_FONTS))], pen.between(0.5, 1.9)
    stroke = int(max(2, round(scale * pen.between(1.6, 3.5))))
    rim = stroke + int(pen.rng.choice([0, 3, 5]))
    colours = (np.array(c, np.float32) for c in ((255, 255, 255), (0, 0, 0), pen.colour(), (250, 220, 40)))
    ink, paper = pen.rng.permutation(np.stack([*colours]))[:2]
    layer: Layer = np.ones((SIDE, SIDE, 3), np.float32) * paper, np.zeros((SIDE, SIDE), np.float32)
    for line in range(int(pen.rng.integers(1, 3))):
        words = "".join(pen.rng.choice(_LETTERS, pen.rng.integers(3, 16)))
        (width, height), _ = cv2.getTextSize(words, font, scale, stroke)
        left, base = round(at[0] - width * pen.between(0.2, 0.8)), round(at[1] + (1.7 * line + 0.5) * height)
        shapes = []
        for thickness in (rim, stroke):
            mask = np.zeros((SIDE, SIDE), np.uint8)
            cv2.putText(mask, words, (left, base), font, scale, 255, thickness, cv2.LINE_AA)
            shapes.append(mask.astype(np.float32) / 255)
        if rim == stroke and pen.chance(0.4):
            cv2.rectangle(shapes[0], (left - 6, base - height - 6), (left + width + 6, base + 8), 1.0, -1)
        rimmed, inked = (np.ones((SIDE, SIDE, 3), np.float32) * c for c in (paper, ink))
        layer = over(over(layer, (rimmed, shapes[0])), (inked, shapes[1]))
    return layer


def passer_by(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """Another person, hair and all, who stands half in front."""
    index = pen.rng.integers(len(pen.faces))
    shift = np.array([pen.rng.choice([-1, 1]) * pen.between(0.45, 0.8), pen.rng.normal(0.15, 0.25)]) * SIDE
    scale = pen.between(0.8, 1.6)
    matrix = np.array([[scale, 0, 0.0], [0, scale, 0]])
    matrix[:, 2] = shift + (1 - scale) * SIDE / 2
    layers = (pen.faces.pictures[index], pen.faces.persons[index])
    picture, alpha = (cv2.warpAffine(np.asarray(each), matrix, (SIDE, SIDE)).astype(np.float32) for each in layers)
    return picture, np.asarray(np.clip(4 * alpha / 255 - 1.5, 0, 1), np.float32)


def cup(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """Wider at its rim, with a handle or a band: only for the evaluation."""
    width, height = pen.between(0.2, 0.38) * SIDE, pen.between(0.25, 0.5) * SIDE
    low, tilt = pen.between(0.6, 0.95), pen.rng.normal(0, 0.25)
    corners = np.array([[-1, -1], [1, -1], [low, 1], [-low, 1]]) * [width / 2, height / 2]
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    alpha = polygon(at + corners @ turn)
    shade = rounded(alpha, 0.4)
    ring = np.zeros((SIDE, SIDE), np.uint8)
    centre = tuple(int(v) for v in at + np.array([width * 0.5, 0]) @ turn)
    cv2.ellipse(ring, centre, (int(width * 0.3), int(height * 0.3)), 0, 0, 360, 255, max(2, int(width / 9)))
    body = np.ones((SIDE, SIDE, 3), np.float32) * pen.colour() * shade[..., None]
    layer: Layer = body, np.maximum(alpha, ring.astype(np.float32) / 255 if pen.chance(0.5) else 0)
    if pen.chance(0.5):
        layer = over(layer, (texture(pen) * shade[..., None], polygon(at + 0.999 * corners * [1, 0.4] @ turn) * alpha))
    return layer


def textured_hand(pen: Pen, at: NDArray[np.float64]) -> Layer:
    """A hand with `photographed_skin`."""
    return hand(pen, at, photographed_skin)


TRAINED = {draw.__name__: draw for draw in (hand, forearm, ball, phone, microphone, bar, blob, text, passer_by)}
"""What the network learns from."""
UNSEEN = {draw.__name__: draw for draw in (cup, textured_hand)}
"""What it is evaluated on besides."""
HELD = ("ball", "phone", "microphone", "cup")
"""Things that a hand may hold."""


def occluder(pen: Pen, kind: str) -> Layer:
    """One thing in front of the face, perhaps held by a hand."""
    at = pen.place()
    layer = (TRAINED | UNSEEN)[kind](pen, at)
    if kind in HELD and pen.chance(0.4):
        skin = photographed_skin if kind in UNSEEN else painted_skin
        layer = over(layer, hand(pen, at + pen.rng.normal(0, 0.05, 2) * SIDE + [0, 0.12 * SIDE], skin))
    return layer
