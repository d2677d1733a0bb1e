"""What of an edit will be seen in a clip: where it may change anything, and what stays the input's."""

from collections.abc import Iterable
from dataclasses import asdict
from functools import reduce

import torch
from torch import Tensor

from steadyface.aligned import Aligned
from steadyface.consistency.flows import Frames, kept
from steadyface.editing.card import EditCard
from steadyface.editing.change import with_change
from steadyface.editing.parts import Part
from steadyface.editing.region import region_mask
from steadyface.render import PROBES, probe_frames
from steadyface.stitching.kept import mask_of, with_kept
from steadyface.stitching.settings import Stitching

INSIDE = -0.01
"""How far within the face's outline an edit ends that moves the jaw: a part of the crop's side."""
AROUND = 0.06
"""How far beyond the face's outline an edit of it ends: a beard's lower edge is there."""
CONSTANTS = (INSIDE, asdict(Stitching()))
"""What is shown of an edit depends on these beside the clip and the card."""


def where_edits_may(clip: Aligned, *cards: EditCard) -> Tensor:
    """Where these edits may change anything: on the person, in their regions. (1, 1, R, R) in [0, 1]."""
    return _on_person(clip, (_region(clip, card) for card in cards))


def where_edits_show(clip: Aligned, *cards: EditCard) -> Tensor:
    """Where the result isn't the input: where the edits may change anything, less what they only push about.

    What holds a mouth moves the jaw with it: outside the face's outline its change is of ears, neck and collar. A beard
    smears long hair beside it.
    """
    return _on_person(clip, (_shown(clip, card) for card in cards))


def _on_person(clip: Aligned, regions: Iterable[Tensor]) -> Tensor:
    return (torch.from_numpy(clip.person) * reduce(torch.maximum, regions)).to(clip.inputs.device)


def _region(clip: Aligned, card: EditCard) -> Tensor:
    mask = region_mask(card.region, len(clip.person))
    return torch.maximum(mask, _outline(clip)) if card.whole_face else mask


def _shown(clip: Aligned, card: EditCard) -> Tensor:
    region = _region(clip, card)
    if card.holds_mouth:
        return region * _outline(clip, INSIDE)
    return region * _outline(clip, AROUND) if card.ends_at_face else region


def _outline(clip: Aligned, dilation: float = 0.0) -> Tensor:
    return torch.from_numpy(clip.outline(probe_frames(len(clip)), dilation))


def parts_kept(cards: Iterable[EditCard]) -> frozenset[Part]:
    """The parts of the face that all of these edits leave to the input."""
    every = [{*card.keeps, "irises"} if "eyes" in card.keeps else card.keeps for card in cards]
    return frozenset(every[0]).intersection(*every[1:])


def as_shown(clip: Aligned, before: Frames, direct: Frames, *cards: EditCard) -> Frames:
    """The input with what a direct edit changes, and without what its cards leave alone: (len, 3, R, R).

    What the result will be like, but for the flicker.
    """
    where, keeps, settings = where_edits_show(clip, *cards), parts_kept(cards), Stitching()

    def edited(index: int) -> Tensor:
        change = direct([index]) - before([index])
        return with_change(clip.inputs([index]), change, where)[0]

    def masks(index: int) -> Tensor:
        return mask_of(keeps, clip.landmarks[index], len(clip.person), settings)

    pictures = kept(edited, PROBES)
    if not keeps:
        return pictures
    return with_kept(pictures, clip.inputs, clip.inputs, masks, probe_frames(len(clip)), settings)
