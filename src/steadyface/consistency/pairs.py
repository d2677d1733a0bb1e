"""Which frames a step compares."""

from typing import Literal

from steadyface.optimise import shuffled_index

Pair = tuple[int, int]


def anchor_index(count: int) -> int:
    """Number of the middle frame of ``count``, from 0; of the two middle ones the earlier (section 3.2)."""
    return (count - 1) // 2


def steps_of(epochs: int, count: int) -> int:
    """Steps that draw each of ``count`` frames but the anchor once per epoch; 0 for a single frame."""
    return epochs * (count - 1)


def step_pairs(seed: int, step: int, count: int, partners: Literal["anchor", "anchor+neighbours"]) -> list[Pair]:
    """Pairs (a, b) of frame numbers that ``step`` compares, the drawn frame always being b of the first.

    Section 3.2, "Frame sampling": the anchor with one other frame. With neighbours also (drawn, the frame
    after it), or before it where there is none or that is the anchor; so every pair of consecutive frames is
    met in each epoch.
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
