"""Face detection with BlazeFace.

Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019). The anchors and
the decoding follow the calculator options that MediaPipe documents for its short-range and full-range models.
Measured on portraits: the short-range model needs eyes 5 % of the picture's long side apart, the full-range
model 2 %.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces.resample import Matrix, apply
from steadyface.faces.tflite import TfliteModel
from steadyface.zoo import weights

Floats = NDArray[np.float32]

RIGHT_EYE, LEFT_EYE = 0, 1
"""Rows of `Detection.keypoints`, the person's own eyes; then nose tip, mouth, right ear, left ear."""


@dataclass(frozen=True)
class Detection:
    """One face in one picture."""

    box: Floats
    """(4,): left, top, right, bottom in px; reaches beyond the picture for a face that is cut off."""
    score: float
    """The detector's confidence, 0 to 1."""
    keypoints: Floats
    """(6, 2): x, y in px."""


@dataclass(frozen=True)
class _View:
    """A rectangle of the picture that a network looks at, px."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class _Network:
    """One of the two models. The thresholds are MediaPipe's own: the full-range model gives faces higher scores."""

    model: TfliteModel
    anchors: Floats
    min_score: float


class FaceDetector:
    """Finds faces from a few dozen pixels to the whole picture.

    Both models see the whole picture; in pictures longer than a tile the full-range model also sees
    overlapping tiles.
    """

    def __init__(self, short: Path, full: Path, *, tile: int = 960, threads: int = 1) -> None:
        """Open the short-range and the full-range model; `tile` is the tiles' side in px.

        Raises:
            WeightsError: one of the files isn't a model.
        """
        self._short = _Network(TfliteModel(short, threads), anchors(((16, 2), (8, 6))), min_score=0.5)
        self._full = _Network(TfliteModel(full, threads), anchors(((48, 1),)), min_score=0.6)
        self._tile = tile

    @classmethod
    def load(cls, threads: int = 1) -> Self:
        """Open the models of the zoo, fetching them if need be."""
        return cls(weights("face-detector-short"), weights("face-detector-full"), threads=threads)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in `image` (H, W, 3), highest score first."""
        height, width = image.shape[:2]
        whole = _View(0, 0, width, height)
        found = _look(self._short, image, whole)
        found += _look(self._full, image, whole)
        for view in _tiles(width, height, self._tile):
            inside = _look(self._full, image, view)
            found += [d for d in inside if _is_whole(d, view, width, height)]
        return weighted_nms(found)


def letterbox(image: NDArray[np.uint8], side: int) -> tuple[Floats, Matrix]:
    """Fit `image` (H, W, 3) into the middle of a black square.

    Returns the square (side, side, 3), 0 to 255, and the map (2, 3) from its px to the image's px.
    """
    size = np.array([image.shape[1], image.shape[0]])
    fitted = np.maximum(1, np.round(size * side / size.max())).astype(int)
    left, top = (side - fitted) // 2
    square = np.zeros((side, side, 3), np.float32)
    inside = cv2.resize(image, (int(fitted[0]), int(fitted[1])), interpolation=cv2.INTER_AREA)
    square[top : top + fitted[1], left : left + fitted[0]] = inside
    scale = size / fitted
    return square, np.column_stack([np.diag(scale), (0.5 - np.array([left, top])) * scale - 0.5])


def anchors(layers: tuple[tuple[int, int], ...]) -> Floats:
    """Return the anchor centres (N, 2), as x, y in units of the input's side.

    Each layer is (cells along a side, anchors in a cell). Anchors are square, of one fixed size, centred in
    their cells, row by row.
    """
    parts = []
    for cells, repeats in layers:
        line = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(line, line)
        parts.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), repeats, axis=0))
    return np.concatenate(parts).astype(np.float32)


def decode(
    regressors: Floats, logits: Floats, grid: Floats, side: int, to_image: Matrix, min_score: float
) -> list[Detection]:
    """Turn a network's output into detections in image px.

    Args:
        regressors: (N, 16): box centre x, y, width, height, six keypoints x, y, in input px from the anchor.
        logits: (N,), before the sigmoid.
        grid: (N, 2), from `anchors`.
        side: the input's side, px.
        to_image: (2, 3), from input px to image px.
        min_score: detections with a lower score are dropped.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
    scale = to_image.diagonal()
    found = []
    for index in np.flatnonzero(scores >= min_score):
        # The networks count from the outer edge of the first pixel, we from its centre.
        points = regressors[index].reshape(8, 2) + grid[index] * side - 0.5
        centre = apply(to_image, points[0])
        half = regressors[index, 2:4] * scale / 2
        box = np.concatenate([centre - half, centre + half]).astype(np.float32)
        found.append(Detection(box, float(scores[index]), apply(to_image, points[2:]).astype(np.float32)))
    return found


def weighted_nms(detections: list[Detection], min_iou: float = 0.3) -> list[Detection]:
    """Merge overlapping detections into their mean weighted by score, highest score first (BlazeFace, section 3.3).

    Unlike picking the best, the mean doesn't jump between neighbouring anchors from frame to frame.
    """
    rest = sorted(detections, key=lambda d: -d.score)
    kept = []
    while rest:
        near = iou(rest[0].box, np.stack([d.box for d in rest])) > min_iou
        near[0] = True
        group = [d for d, same in zip(rest, near, strict=True) if same]
        share = np.array([d.score for d in group], np.float32)
        share /= share.sum()
        box = np.tensordot(share, np.stack([d.box for d in group]), 1)
        keypoints = np.tensordot(share, np.stack([d.keypoints for d in group]), 1)
        kept.append(Detection(box, group[0].score, keypoints))
        rest = [d for d, same in zip(rest, near, strict=True) if not same]
    return kept


def iou(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the intersection over union of `box` (4,) with each of `boxes` (N, 4)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = np.prod(box[2:] - box[:2]) + areas - common
    return np.asarray(common / np.maximum(union, 1e-9))


def _look(network: _Network, image: NDArray[np.uint8], view: _View) -> list[Detection]:
    part = image[view.top : view.top + view.height, view.left : view.left + view.width]
    side = network.model.width
    pixels, to_view = letterbox(part, side)
    regressors, logits = network.model(pixels / np.float32(127.5) - 1)
    to_image = to_view + np.array([[0, 0, view.left], [0, 0, view.top]])
    return decode(regressors, logits[:, 0], network.anchors, side, to_image, network.min_score)


def _tiles(width: int, height: int, tile: int) -> list[_View]:
    """Cover the picture with tiles that overlap by at least a quarter, if it's longer than one tile."""
    if max(width, height) <= tile:
        return []
    return [
        _View(left, top, min(tile, width), min(tile, height))
        for top in _starts(height, tile)
        for left in _starts(width, tile)
    ]


def _starts(length: int, tile: int) -> list[int]:
    if length <= tile:
        return [0]
    count = int(np.ceil((length - tile) / (tile * 0.75))) + 1
    return [round(s) for s in np.linspace(0, length - tile, count)]


def _is_whole(detection: Detection, view: _View, width: int, height: int) -> bool:
    """Whether the face is not cut by the tile's own border: a cut face gives a wrong box."""
    left, top, right, bottom = detection.box
    return bool(
        (left >= view.left or view.left == 0)
        and (top >= view.top or view.top == 0)
        and (right < view.left + view.width or view.left + view.width == width)
        and (bottom < view.top + view.height or view.top + view.height == height)
    )
