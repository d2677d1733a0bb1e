"""All metrics of one finished run folder."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.clip.segments import Segments
from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import Expression
from steadyface.critics.identity import Identity
from steadyface.critics.lpips import Lpips
from steadyface.critics.scorers import (
    Scorer,
    age_gender_scorer,
    attributes_scorer,
    expression_scorer,
    floor_of,
    room_of,
)
from steadyface.editing import catalogue
from steadyface.editing.card import EditCard
from steadyface.errors import InputError
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mask import PersonMask
from steadyface.faces.mesh import FaceMesh
from steadyface.flow.base import FlowEstimator
from steadyface.flow.estimators import load_estimator
from steadyface.metrics import background, identity, liveliness, native, strength
from steadyface.metrics.frames import Crops, EditControl, Frames, Image, Within, segments_in
from steadyface.metrics.gates import ON_PERSON, gates
from steadyface.metrics.perceptual import mean_lpips, psnr, sharpness_ratio
from steadyface.metrics.warping import Reduction, warping_errors
from steadyface.runtime.determinism import settle_vector_math
from steadyface.stitching.extension import outline

PARTS = ("input", "inverted", "direct", "edited")
DISTANCES = (1, 5, 10)
MASKS = 16
"""Masks of the person that stay in memory: the frames of a batch are asked for twice."""

Table = dict[str, Any]


@dataclass(frozen=True)
class Critics:
    """The networks that the metrics use, all on one device."""

    flow: FlowEstimator
    lpips: Lpips
    identity: Callable[[torch.Tensor], torch.Tensor]
    mesh: FaceMesh
    eyes: EyeFinder
    person: Callable[[Image], NDArray[np.floating]]
    """Picture (H, W, 3) -> the probability (H, W) that a pixel shows a person."""
    scorers: Sequence[Scorer]
    device: torch.device | str = "cpu"

    @classmethod
    def load(cls, device: torch.device | str = "cpu", flow: str = "spynet") -> "Critics":
        """Load the networks of the zoo.

        By default the flow is SPyNet's: the preset `default` optimises along DIS's flow, and would be rewarded for
        the errors of that flow.

        Raises:
            InputError: there is no such flow estimator.
            WeightsError: some weights can't be had.
        """
        lpips = Lpips("alex").to(device)
        scorers = (
            expression_scorer(Expression().to(device)),
            age_gender_scorer(AgeGender().to(device)),
            attributes_scorer(Attributes(lpips).to(device)),
        )
        estimator = load_estimator(flow, device)
        nets = lpips, Identity().to(device), FaceMesh.load(), EyeFinder.load(), PersonMask.load().find
        return cls(estimator, *nets, scorers, device)


def evaluate_run(
    folder: Path,
    *,
    critics: Critics | None = None,
    distances: Sequence[int] = DISTANCES,
    reduction: Reduction = "channel_mean",
    announce: Callable[[str], None] = lambda _: None,
) -> Table:
    """Measure a run folder: flicker, similarity, sharpness, identity, liveliness, strength, background, native size.

    Returns a table that JSON can hold. A metric is left out if a part that it needs is missing or incomplete (a run
    stopped early, a deleted folder). It is None if it can't be measured (the yaw of a head that doesn't turn). Keys:
    "frames", "parts", "flow", "warping_error" (by distance, by part; "input" is the floor), "warping_ratio",
    "warping_reduction", "lpips", "psnr", "sharpness" (over the inversion's; of "control" over the input's), "identity",
    "liveliness", "strength", "background", "native" (`metrics.native`), "attributes" (those that the
    edits change), "gates".

    Args:
        folder: OUT of ``steadyface edit``.
        critics: the zoo's by default.
        distances: frames between the pairs of the warping error; those longer than the clip are left out.
        reduction: of the warping error, see `warping.pair_error`.
        announce: called with the name of each group of metrics as it begins.

    Raises:
        InputError: the folder isn't a run, or its manifest is damaged.
        WeightsError: a critic's weights can't be had.
    """
    settle_vector_math()
    parts = find_parts(folder)
    manifest = _manifest(folder)
    critics = critics or Critics.load()
    table: Table = {"frames": len(parts["input"]), "parts": list(parts), "flow": type(critics.flow).__name__}
    control = EditControl(parts["input"], parts["edited"]) if "edited" in parts else None
    announce("warping error")
    table |= _steadiness(parts, segments_in(folder, len(parts["input"])), critics, distances, reduction)
    announce("likeness")
    table |= _likeness(parts, critics, control)
    announce("identity")
    table["identity"] = _identity(parts, critics)
    announce("liveliness")
    table["liveliness"] = _liveliness(parts, critics, control)
    announce("strength")
    table["strength"] = _strength(parts, critics, folder / "aligned" / "untuned")
    announce("background")
    around = background.of_run(folder, manifest)
    table["background"] = around and asdict(around)
    announce("native size")
    cards = edit_cards(manifest)
    hair = any(card.effect.extends_past_crop or card.model for card in cards)
    table["native"] = native.of_run(folder, manifest, critics.flow, critics.device, hair=hair)
    table["attributes"] = [card.attribute for card in cards if card.attribute]
    table = _plain(table)
    return table | {"gates": [asdict(gate) for gate in gates(table)]}


def find_parts(folder: Path) -> dict[str, Crops]:
    """Open the complete parts of a run folder: those of `PARTS` with as many pictures as the input.

    Raises:
        InputError: there is no input, so it isn't a run folder.
    """
    parts = {name: Crops(folder / "aligned" / name) for name in PARTS}
    count = len(parts["input"])
    if not count:
        people = sorted(each.parent.name for each in folder.glob("person-*/aligned"))
        if people:
            raise InputError(f"{folder} has a run of each person; give one of {', '.join(people)}")
        raise InputError(f"{folder} isn't a run: it has no aligned/input; give the --out of `steadyface edit`")
    return {name: crops for name, crops in parts.items() if len(crops) == count}


def edit_cards(manifest: Mapping[str, Any]) -> list[EditCard]:
    """Return the cards of a run's edits; deleted edits are left out."""
    cards = []
    for edit in manifest.get("edits", []):
        with suppress(InputError):
            cards.append(catalogue.read_card(catalogue.find(catalogue.Request(edit["name"]))))
    return cards


def _manifest(folder: Path) -> Table:
    """Read the manifest; empty for a run that stopped before it was written."""
    path = folder / "manifest.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged: run the edit again with the same --out") from error


def _persons(inputs: Frames, critics: Critics) -> Callable[[int], NDArray[np.float32]]:
    """The mask (S, S) of the person in a frame (S, S, 3); the outer half of the soft edge counts as background."""

    @lru_cache(MASKS)
    def mask(index: int) -> NDArray[np.float32]:
        person = np.rint(255 * critics.person(inputs[index])).astype(np.uint8)
        return outline(person, len(person), 1.0)

    return mask


def _steadiness(
    parts: Mapping[str, Frames], segments: Segments, critics: Critics, distances: Sequence[int], reduction: Reduction
) -> Table:
    errors: Table = {}
    ratios: Table = {}
    for distance in distances:
        pairs = segments.followed(distance)
        if not pairs:
            continue
        found = warping_errors(
            parts, parts["input"], critics.flow, pairs=pairs, distance=distance, every=(distance + 1) // 2,
            reduction=reduction, device=critics.device,
        )  # fmt: skip
        mean = {name: error.mean for name, error in found.items()}
        errors[str(distance)] = mean | {"coverage": found["input"].coverage}
        ratios[str(distance)] = {
            f"{a}/{b}": mean[a] / mean[b]
            for a, b in (("direct", "input"), ("edited", "input"), ("edited", "direct"))
            if a in mean and b in mean and mean[b] > 0
        }
    return {"warping_error": errors, "warping_ratio": ratios, "warping_reduction": reduction}


def _likeness(parts: Mapping[str, Frames], critics: Critics, control: Frames | None) -> Table:
    pairs = [(a, b) for a, b in (("inverted", "input"), ("edited", "direct")) if a in parts and b in parts]
    table: Table = {
        "lpips": {f"{a}/{b}": mean_lpips(parts[a], parts[b], critics.lpips, device=critics.device) for a, b in pairs},
        "psnr": {f"{a}/{b}": psnr(parts[a], parts[b]) for a, b in pairs},
        "sharpness": {},
    }
    if ("edited", "direct") in pairs:
        masks = _persons(parts["input"], critics)
        edited, direct = (Within(parts[name], parts["input"], masks) for name in ("edited", "direct"))
        table["lpips"][ON_PERSON] = mean_lpips(edited, direct, critics.lpips, device=critics.device)
    if "inverted" in parts:
        others = [name for name in ("input", "direct", "edited") if name in parts]
        table["sharpness"] = {name: sharpness_ratio(parts[name], parts["inverted"]) for name in others}
    if control is not None:
        table["sharpness"]["control"] = sharpness_ratio(control, parts["input"])
    return table


def _identity(parts: Mapping[str, Frames], critics: Critics) -> Table:
    found = {
        name: identity.descriptors(crops, critics.identity, device=critics.device) for name, crops in parts.items()
    }
    inputs = found.pop("input")
    return {
        name: {
            "similarity": identity.similarity(clip, inputs),
            "tl_id": identity.tl_id(clip, inputs),
            "tg_id": identity.tg_id(clip, inputs),
        }
        for name, clip in found.items()
    }


def _liveliness(parts: Mapping[str, Frames], critics: Critics, control: Frames | None) -> Table:
    """Motions of each part. "control" (`EditControl`) shows how much of the input's motion the edit's look hides."""
    clips: dict[str, Frames] = dict(parts)
    if control is not None:
        clips["control"] = control
    found = {name: liveliness.face_signals(crops, critics.mesh, critics.eyes) for name, crops in clips.items()}
    inputs = found.pop("input")
    table: Table = {}
    for name, clip in found.items():
        motions = liveliness.liveliness(clip, inputs)
        table[name] = {signal: motion and asdict(motion) for signal, motion in motions.items()}
        kept, total = liveliness.blinks_kept(clip["eyes"], inputs["eyes"])
        table[name]["blinks"] = {"kept": kept, "input": total}
    return table


def _strength(parts: Mapping[str, Frames], critics: Critics, untuned: Path) -> Table:
    """Changes from the inversion, and the fraction that is kept of the same edit's change on the untuned generator."""
    names = [name for name in ("direct", "edited") if name in parts]
    if "inverted" not in parts or not names:
        return {}

    def scored(frames: Frames) -> strength.Scores:
        return strength.scores(frames, critics.scorers, device=critics.device)

    before, after = scored(parts["inverted"]), {name: scored(parts[name]) for name in names}
    found = {name: strength.changes(values, before) for name, values in after.items()}
    plain, edited = Crops(untuned / "plain"), Crops(untuned / "edited")
    if len(plain) and len(plain) == len(edited):
        found["untuned"] = strength.changes(scored(edited), scored(plain))
    table: Table = {name: {key: asdict(value) for key, value in changes.items()} for name, changes in found.items()}
    full = found.get("untuned", found.get("direct"))
    if full and "edited" in found:
        table["kept"], table["weakest_tenth"] = {}, {}
        for key, change in full.items():
            floor, rises = floor_of(key), change.mean > 0
            room = room_of(key, before[key], rises)
            rooms = np.array([room_of(key, before[key][[t]], rises) for t in range(len(before[key]))])
            table["kept"][key] = strength.retention(found["edited"][key], change, floor, room)
            table["weakest_tenth"][key] = strength.weakest_tenth(
                after["edited"][key], before[key], change, floor, rooms
            )
    return table


def _plain(value: Any) -> Any:
    """Replace NaN and infinity, which JSON doesn't have, by None."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
