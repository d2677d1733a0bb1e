"""Strength that means the same on every clip.

An edit's unit is what it does to the generator's own faces. A real person has already some of it, older skin, marks
that a classifier takes for a frame, and a tuned generator answers less: on a GRID clip the age of strength 1 came out
at .73 of its years even where its change was added to the frames themselves.
"""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.critics.lpips import Lpips
from steadyface.editing.edit import CodeEdit
from steadyface.gan.base import Generator
from steadyface.metrics.strength import LOG_ODDS, floor_of, room_of, scorer_of

LEAST, MOST, MOST_YEARS = 0.7, 1.25, 1.8
"""A factor outside these would draw another edit: thicker frames, another person. A classifier that is sure doesn't see
it (at 1.8, a woman's eyeglasses were sunglasses, and scored higher); years go on."""
CLOSE = 0.03
TOLL = 0.05
"""What phases 1 and 2 take of an edit on their way, and is put on beforehand."""
TRIALS = 4
CONSTANTS = (LEAST, MOST, MOST_YEARS, CLOSE, TOLL, TRIALS)
"""What a factor depends on beside the clip."""


def factor(effect: Callable[[float], float], wanted: float, most: float = MOST) -> float:
    """The factor on an edit's strength, `LEAST` to ``most``, whose ``effect`` comes closest to ``wanted``.

    ``effect`` gives the change of an attribute at a factor; it is asked `TRIALS` times at most, by the secant rule.
    """
    tried = {1.0: effect(1.0)}
    before, now = 0.0, 1.0
    while len(tried) < TRIALS and abs(tried[now] / wanted - 1) > CLOSE:
        reached = tried.get(before, 0.0)
        slope = (tried[now] - reached) / (now - before)
        step = (wanted - tried[now]) / slope if slope * wanted > 0 else (most if tried[now] / wanted < 1 else LEAST)
        before, now = now, min(max(now + step, LEAST), most)
        if now in tried:
            break
        tried[now] = effect(now)
    return min(tried, key=lambda each: abs(tried[each] - wanted))


@torch.no_grad()
def factor_on_clip(
    edit: CodeEdit,
    ws: Tensor,
    generator: Generator,
    plain: Iterable[Tensor],
    shown: Callable[[CodeEdit], Iterable[Tensor]],
    lpips: Lpips,
) -> float:
    """The factor with which an edit does to a clip what it does without one on ``generator``.

    ``ws`` (N, num_ws, w_dim) are codes of some frames and ``plain`` those frames, (1, 3, R, R) each, as the tuned
    generator shows them; ``shown`` gives the frames with an edit, as the result will have them: in its region, with
    the parts that it keeps. 1 for an edit that no classifier knows, or that hardly changes its attribute. No more is
    asked than the classifier's scale leaves room for: a man with eyeglasses was given far too heavy ones.
    """
    attribute = edit.card.attribute
    score = scorer_of(attribute, lpips) if attribute else None
    if score is None:
        return 1.0

    def seen(images: Iterable[Tensor]) -> NDArray[np.float64]:
        return np.array([float(score(image)[attribute]) for image in images])

    def drawn(codes: Tensor) -> Iterable[Tensor]:
        return (generator.synthesis(code[None]) for code in codes)

    wanted = float(seen(drawn(edit(ws, generator))).mean() - seen(drawn(ws)).mean())
    if abs(wanted) < floor_of(attribute):
        return 1.0
    before = seen(plain)
    aim = max(min(abs(wanted) * (1 + TOLL), room_of(attribute, before, wanted > 0)), floor_of(attribute))
    return factor(
        lambda k: float(seen(shown(edit.times(k))).mean() - before.mean()),
        aim if wanted > 0 else -aim,
        MOST if attribute in LOG_ODDS else MOST_YEARS,
    )
