"""What of an edit will be seen in a clip: where it may change anything, and what stays the input's."""

from collections.abc import Iterable

import torch
from torch import Tensor

from steadyface.aligned import Aligned
from steadyface.consistency.flows import Frames, kept
from steadyface.editing.card import EditCard, Part
from steadyface.editing.change import with_change
from steadyface.editing.region import all_regions
from steadyface.render import probe_frames
from steadyface.stitching.kept import mask_of, with_kept
from steadyface.stitching.settings import Stitching


def where_edits_may(clip: Aligned, *cards: EditCard) -> Tensor:
    """Where these edits may change anything: on the person, in their regions. (1, 1, R, R) in [0, 1]."""
    regions = all_regions((card.region for card in cards), len(clip.person))
    if any(card.whole_face for card in cards):
        regions = torch.maximum(regions, torch.from_numpy(clip.outline(probe_frames(len(clip)))))
    return (torch.from_numpy(clip.person) * regions).to(clip.inputs.device)


def parts_kept(cards: Iterable[EditCard]) -> frozenset[Part]:
    """The parts of the face that all of these edits leave to the input."""
    return frozenset.intersection(*(frozenset(card.keeps) for card in cards))


def as_shown(clip: Aligned, before: Frames, direct: Frames, card: EditCard) -> Frames:
    """The input with what a direct edit changes, and without what its card leaves alone: (len, 3, R, R).

    What the result will be like, but for the flicker.
    """
    where, settings = where_edits_may(clip, card), Stitching()

    def edited(index: int) -> Tensor:
        change = direct([index]) - before([index])
        return with_change(clip.inputs([index]), change, where)[0]

    def masks(index: int) -> Tensor:
        return mask_of(card.keeps, clip.landmarks[index], len(clip.person), settings)

    pictures = kept(edited)
    if not card.keeps:
        return pictures
    return with_kept(pictures, clip.inputs, clip.inputs, masks, probe_frames(len(clip)), settings)
