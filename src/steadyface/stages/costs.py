"""What each stage costs, from what its settings say: the loops that it runs, their steps, the price of one.

The prices were measured once (`Prices`); `benchmarks/stage_costs.py` compares them with finished runs. A function here
is given a stage's settings and the number of frames. Importing it doesn't import torch.
"""

from dataclasses import dataclass

from steadyface.consistency.settings import Objective
from steadyface.inversion.settings import Keyframes, PivotalTuning
from steadyface.runtime.time_left import Part
from steadyface.stages import edit_settings as editing
from steadyface.stages import settings as inversion
from steadyface.temporal.settings import Averaging

Parts = tuple[Part, ...]

PROBES = 12
"""As `clip.synthesis.PROBES`, which would import torch."""


@dataclass(frozen=True)
class Prices:
    """Processor seconds at 256 px, from runs of `default` and `fast` on 75 frames of a GRID clip, and of `paper` on 4.

    Only their ratios count. "With its gradient" is forward and backward.
    """

    decoded: float = 0.015
    """A frame, read and searched for a face."""
    cropped: float = 0.02
    """A face, cut out or written."""
    pasted: float = 0.055
    """A frame, read, its face pasted in, and encoded."""
    outlined: float = 0.01
    """The person's outline in a crop."""
    drawn: float = 0.16
    """A picture by the generator."""
    fitted: float = 0.6
    """A picture by the generator, compared by LPIPS, with the gradient of its code."""
    tuned: float = 0.8
    """The same with the gradient of all weights."""
    tuned_large: float = 1.8
    """The same of the large generator."""
    searched_flow: float = 0.7
    """The flow between two current pictures by a network, with its gradient."""
    flow: float = 0.035
    """The flow between two input frames, searched once."""
    averaged: float = 0.17
    """A picture, averaged in the anchor's coordinates along flows that are known."""
    measured: float = 0.1
    """A mouth or an attribute, measured in a picture."""
    composed: float = 6.5
    """The masks of a clip: where the edit changes it."""
    prior: float = 1.0
    """A step of a Deep Video Prior. Guessed."""


PRICES = Prices()
_USUAL = Keyframes()


def none(settings: object, frames: int) -> Parts:
    """Of a stage that takes hardly any time."""
    return ()


def follow(settings: inversion.Align, frames: int) -> Parts:
    """Of `align.follow`."""
    return (Part("follow the face", frames, PRICES.decoded),)


def cut_out(settings: inversion.Crop, frames: int) -> Parts:
    """Of `align.cut_out`."""
    return (Part("cut out", frames, PRICES.cropped),)


def find_person(settings: inversion.Person, frames: int) -> Parts:
    """Of `align.find_person`."""
    return (Part("find the person", frames, PRICES.outlined),)


def refine(settings: inversion.Refine, frames: int) -> Parts:
    """Of `invert.refine`."""
    how = settings.refinement
    keyframes = _keyframes(frames, how.keyframes)
    return (Part("refine codes", how.common_steps + how.steps_per_frame * keyframes, PRICES.fitted),)


def tune(settings: inversion.Tune, frames: int) -> Parts:
    """Of `invert.tune`."""
    return (_tuning("tune the generator", settings.tuning, frames, edits=bool(settings.preserved_edits)),)


def adapt(settings: editing.Adapt, frames: int) -> Parts:
    """Of `invert.adapt`."""
    return (_tuning("adapt it to the edit", settings.adaptation, frames, edits=True),)


def _tuning(loop: str, how: PivotalTuning, frames: int, *, edits: bool) -> Part:
    """Every step has a picture of a frame, some an edited one and its target, some one nearby."""
    each = PRICES.tuned / how.real_every
    if edits and how.edit_weight:
        each += (PRICES.tuned + 2 * PRICES.drawn) / how.edit_every
    if how.local_weight:
        each += (PRICES.tuned + PRICES.drawn) / how.local_every
    learnt = frames if how.every_frame else _keyframes(frames)
    return Part(loop, max(how.least_steps, round(how.epochs * learnt)), each)


def calibrate(settings: editing.Calibrate, frames: int) -> Parts:
    """Of `edit.calibrate`: for each edit, probe frames without it, with it, and at a second factor or two."""
    looks = 5 * min(frames, PROBES) * sum(not edit.style for edit in settings.edits)
    return (Part("calibrate", 1, looks * (PRICES.drawn + PRICES.measured)),)


def edit(settings: editing.Edit, frames: int) -> Parts:
    """Of `edit.apply`, which takes time only if lips are held."""
    held = sum(edit.effect.preserves_lip_opening for edit in settings.edits)
    looks = held * (settings.lips.rounds + 1) * _keyframes(frames)
    return (Part("hold the lips", looks, PRICES.drawn + PRICES.measured),)


def target(settings: editing.TargetFrames, frames: int) -> Parts:
    """Of `stabilise.scene`. It is computed while the stage that takes it runs: `plan` adds it there."""
    return (Part("", _keyframes(frames), 2 * PRICES.drawn + _averages(settings.target.averaging)),)


def phase1(settings: editing.FirstPhase, frames: int) -> Parts:
    """Of `stabilise.refine_codes`."""
    each = _compared(settings.phase1.objective, PRICES.fitted)
    drawn = (_keyframes(frames) if settings.keyframes else frames) - 1
    return (Part("phase 1", settings.phase1.epochs * drawn, each),)


def phase2(settings: editing.SecondPhase, frames: int) -> Parts:
    """Of `stabilise.tune_generator`. A single frame is left as it is."""
    how = settings.phase2
    drawn = (_keyframes(frames) if settings.keyframes else frames) - 1
    steps = how.epochs * drawn
    nearby = PRICES.tuned + PRICES.drawn if how.locality_weight else 0.0
    return (Part("phase 2", steps, _compared(how.objective, PRICES.tuned) + nearby),)


def _compared(objective: Objective, picture: float) -> float:
    """A step on the drawn frame, the anchor and perhaps a neighbour, for which the paper searches the flow anew."""
    pictures = 3 if objective.partners == "anchor+neighbours" else 2
    return pictures * picture + (2 * PRICES.searched_flow if objective.flow_error_weight else 0.0)


def compose(settings: editing.Compose, frames: int) -> Parts:
    """Of `compose.compose`, which finds the person around the crop where an edit ends there or leaves it."""
    return (Part("compose", 1, PRICES.composed + settings.cut_out * frames * (PRICES.outlined + PRICES.decoded)),)


def stitch(settings: editing.Stitch, frames: int) -> Parts:
    """Of `compose.stitch`."""
    return (Part("phase 3", round(settings.stitching.epochs * frames), PRICES.tuned),)


def lips(settings: editing.Lips, frames: int) -> Parts:
    """Of `finish.preserve_lips`."""
    looks = settings.lips.rounds * _keyframes(frames)
    return (Part("restore the lips", looks, PRICES.drawn + PRICES.measured),)


def detail(settings: inversion.Detail, frames: int) -> Parts:
    """Of `full_size.learn`; nothing of this is done for a small face."""
    return (Part("learn the details", settings.tuning.steps, 2 * PRICES.tuned_large),)


def prior(settings: editing.Prior, frames: int) -> Parts:
    """Of `stabilise.deep_video_prior`."""
    return (Part("deep video prior", settings.prior.epochs * frames, PRICES.prior),)


def render(settings: editing.Render, frames: int) -> Parts:
    """Of `render.render`: folders of pictures and three videos; the first comes with the aligned results."""
    drawn = PRICES.drawn + PRICES.cropped
    probes = min(frames, PROBES)
    return (
        Part("write untuned/plain", probes, drawn),
        Part("write untuned/edited", probes, drawn),
        Part("write inverted", frames, drawn),
        Part("write direct", frames, drawn),
        Part("write edited.mp4", frames, PRICES.pasted + PRICES.cropped + _averages(settings.averaging)),
        Part("write direct.mp4", frames, PRICES.pasted),
        Part("write compare.mp4", frames, PRICES.pasted / 2),
    )


def _averages(averaging: Averaging | None) -> float:
    """Of one picture: its flows to the next frame and from an anchor, and now and then one to an anchor."""
    return (2 + 1 / averaging.every) * 2 * PRICES.flow + PRICES.averaged if averaging else 0.0


def _keyframes(frames: int, how: Keyframes | None = _USUAL) -> int:
    """How many frames are learnt from, at most."""
    return min(frames, how.most) if how else frames
