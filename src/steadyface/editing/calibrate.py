"""Calibration: a strength should mean the same on every clip.

Strength 1 is defined by an edit's effect on the generator's own faces. A real person may have some of the attribute
already (older skin, marks that a classifier takes for the rims of eyeglasses), and a tuned generator responds less. On
a GRID clip, `age` at strength 1 had .73 of its years even when its change was added to the frames themselves.
"""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.critics.lpips import Lpips
from steadyface.critics.scorers import LOG_ODDS, floor_of, room_of, scorer_of
from steadyface.editing.edit import CodeEdit
from steadyface.editing.settings import Calibration
from steadyface.gan.base import Generator


def factor(effect: Callable[[float], float], wanted: float, most: float, settings: Calibration) -> float:
    """The factor on an edit's strength, `Calibration.least` to ``most``, whose ``effect`` comes closest to ``wanted``.

    ``effect`` gives the change of an attribute at a factor. The secant method evaluates it a few times.
    """
    tried = {1.0: effect(1.0)}
    before, now = 0.0, 1.0
    while len(tried) < settings.trials and abs(tried[now] / wanted - 1) > settings.tolerance:
        reached = tried.get(before, 0.0)
        slope = (tried[now] - reached) / (now - before)
        step = (
            (wanted - tried[now]) / slope
            if slope * wanted > 0
            else (most if tried[now] / wanted < 1 else settings.least)
        )
        before, now = now, min(max(now + step, settings.least), most)
        if now in tried:
            break
        tried[now] = effect(now)
    return min(tried, key=lambda each: abs(tried[each] - wanted))


@torch.no_grad()
def factor_on_clip(
    edit: CodeEdit,
    ws: Tensor,
    generator: Generator,
    inputs: Iterable[Tensor],
    plain: Iterable[Tensor],
    shown: Callable[[CodeEdit], Iterable[Tensor]],
    lpips: Lpips,
    settings: Calibration,
) -> float:
    """The factor that gives an edit the effect on a clip that it has, without a factor, on ``generator``.

    ``ws`` (N, num_ws, w_dim) are the codes of some frames, ``inputs`` those frames, (1, 3, R, R) each, and ``plain``
    the same as the tuned generator renders them. ``shown`` gives the frames with an edit as in the result: inside its
    region, with its preserved parts. The factor is 1 for an edit that no classifier measures, or that hardly changes
    its attribute. The target is limited to the room left on the classifier's scale. The factor is 0 for an overlay that
    the person in the input wears already, by a probability above one half: a second pair of eyeglasses would be drawn
    over the first.
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
    if edit.card.effect.overlay and wanted > 0 and attribute in LOG_ODDS and seen(inputs).mean() > 0:
        return 0.0
    before = seen(plain)
    aim = max(min(abs(wanted) * (1 + settings.loss), room_of(attribute, before, wanted > 0)), floor_of(attribute))
    return factor(
        lambda k: float(seen(shown(edit.times(k))).mean() - before.mean()),
        aim if wanted > 0 else -aim,
        settings.most if attribute in LOG_ODDS else settings.most_years,
        settings,
    )
