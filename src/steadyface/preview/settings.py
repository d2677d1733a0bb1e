"""Constants of sketches."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sketching:
    """How long the code of a frame is refined."""

    steps: int
    learning_rate: float = 0.05


LOOK = Sketching(steps=12)
"""For ``--look``. A step takes 0.6 processor seconds, all else some 3.5. With 4 steps, lips were doubled. With 8, of
two people one had yellow lenses, and the other a dark mouth under `age`. 16 look as 12 do."""
FURTHEST = 500
"""``--look`` takes a frame at most so far behind the first: all frames before it have to be decoded, which for a long
clip in full HD would take longer than the sketch."""
