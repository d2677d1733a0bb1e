"""Which frames a step compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from steadyface.runtime.optimise import shuffled_index

Pair = tuple[int, int]


@dataclass(frozen=True)
class Sampling:
    """The frames that are drawn, each once in an epoch, and the anchor that they are compared with."""

    drawn: tuple[int, ...]
    anchor: int
    count: int
    """Number of frames of the clip."""

    @classmethod
    def of_all(cls, count: int) -> Self:
        """All frames are drawn; the anchor is the middle one, the earlier if there are two (section 3.2)."""
        return cls.of(range(count), (count - 1) // 2, count)

    @classmethod
    def of(cls, frames: Sequence[int], anchor: int, count: int) -> Self:
        """Only some frames are drawn, the keyframes: ours, so that a phase is as long for an hour as for a minute."""
        return cls(tuple(frame for frame in frames if frame != anchor), anchor, count)


def steps_of(epochs: int, sampling: Sampling) -> int:
    """Steps that draw each frame but the anchor once per epoch; 0 for a single frame."""
    return epochs * len(sampling.drawn)


def step_pairs(
    seed: int, step: int, sampling: Sampling, partners: Literal["anchor", "anchor+neighbours"]
) -> list[Pair]:
    """Pairs (a, b) of frame numbers that ``step`` compares. The first is the anchor with the drawn frame.

    That pair is the paper's (section 3.2, "Frame sampling"). With neighbours, the drawn frame is also compared with the
    next one, or with the previous one if the next doesn't exist or is the anchor. So each epoch over all frames
    compares every pair of consecutive frames.
    """
    anchor = sampling.anchor
    drawn = sampling.drawn[shuffled_index(seed, step, len(sampling.drawn))]
    pairs = [(anchor, drawn)]
    if partners == "anchor+neighbours":
        beside = [n for n in (drawn + 1, drawn - 1) if 0 <= n < sampling.count and n != anchor]
        pairs += [(drawn, n) for n in beside[:1]]
    return pairs


def frames_of(pairs: list[Pair]) -> list[int]:
    """The frames of ``pairs``, each once, in order of appearance."""
    return list(dict.fromkeys(frame for pair in pairs for frame in pair))
