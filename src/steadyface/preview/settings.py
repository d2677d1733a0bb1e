"""Constants of sketches."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sketching:
    """How long the code of a frame is refined."""

    steps: int
    learning_rate: float = 0.05


LOOK = Sketching(steps=8)
"""For ``--look``, where reading the networks takes most of the time."""
FURTHEST = 500
"""``--look`` takes a frame at most so far behind the first: all frames before it have to be decoded, which for a long
clip in full HD would take longer than the sketch."""
