"""Which frames a step compares."""

from typing import Literal

from steadyface.runtime.optimise import shuffled_index

Pair = tuple[int, int]


def anchor_index(count: int) -> int:
    """Index of the middle one of ``count`` frames, the earlier one if there are two (section 3.2)."""
    return (count - 1) // 2


def steps_of(epochs: int, count: int) -> int:
    """Steps that draw each of ``count`` frames but the anchor once per epoch; 0 for a single frame."""
    return epochs * (count - 1)


def step_pairs(seed: int, step: int, count: int, partners: Literal["anchor", "anchor+neighbours"]) -> list[Pair]:
    """Pairs (a, b) of frame numbers that ``step`` compares. The first is the anchor with the drawn frame.

    That pair is the paper's (section 3.2, "Frame sampling"). With neighbours, the drawn frame is also compared with the
    next one, or with the previous one if the next doesn't exist or is the anchor. So each epoch compares every pair of
    consecutive frames.
    """
    anchor = anchor_index(count)
    drawn = shuffled_index(seed, step, count - 1)
    drawn += drawn >= anchor
    pairs = [(anchor, drawn)]
    if partners == "anchor+neighbours":
        beside = [n for n in (drawn + 1, drawn - 1) if 0 <= n < count and n != anchor]
        pairs += [(drawn, n) for n in beside[:1]]
    return pairs


def frames_of(pairs: list[Pair]) -> list[int]:
    """The frames of ``pairs``, each once, in order of appearance."""
    return list(dict.fromkeys(frame for pair in pairs for frame in pair))
