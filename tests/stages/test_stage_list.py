"""Keys follow from what the stages declare: whoever reads a constant is made anew when it changes, and no other."""

import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.config.curve import Curve
from steadyface.config.job import Job, preset_of
from steadyface.config.settings import Consistency, Preset
from steadyface.editing.catalogue import Request
from steadyface.stages.kept import KEPT
from steadyface.stages.stage import stage_keys, with_ancestors
from steadyface.stages.stage_list import INVERSION, STAGES

Place = tuple[str | int, ...]
"""A field of a field of a dataclass, by their names; numbers for members of tuples."""

FIRST_READERS = {
    "alignment": {"align"},
    "refinement": {"refine"},
    "tuning": {"tune"},
    "adaptation": {"adapt"},
    "masking": {"tune", "adapt", "calibrate", "edit", "target", "compose", "average", "lips"},
    "calibration": {"calibrate"},
    "lips": {"edit", "lips"},
    "stitching": {"stitch"},
    "compositing": {"compose"},
    "averaging": {"render"},
    "full_size": {"detail"},
    "name": {"render"},
    "fade": {"render"},
}
"""By hand: the stages that read a part of a preset, besides those below."""
OF_THE_METHOD = {
    "flow": {"target"},
    "drawn": {"target", "phase1", "phase2"},
    "target": {"target"},
    "phase1": {"phase1"},
    "phase2": {"phase2"},
}
OF_COMPOSITING = {"preservation": {"tune", "adapt", "calibrate", "edit", "compose", "average", "lips"}}
WIDTH = ("compositing", "extension", "width")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """With an edit of each kind: one that lies on the face, one that holds the lips, and a style."""
    source = tmp_path / "clip.mp4"
    source.write_bytes(b"a clip")
    return Job(source, (Request("beard"), Request("smile"), Request("sketch")))


@pytest.fixture
def preset(job: Job) -> Preset:
    """One in which every stage of the method has something to do."""
    found = preset_of(job)
    both = preset_of(replace(job, edits=job.edits[:1])).averaging
    return replace(found, stitching=replace(found.stitching, epochs=1), averaging=both)


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every number, name or flag in a dataclass."""
    if is_dataclass(value):
        for each in fields(value):
            yield from leaves(getattr(value, each.name), (*place, each.name))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*place, key))
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from leaves(each, (*place, number))
    else:
        yield place, value


def changed(value: Any, place: Place) -> Any:
    """The same with another value at a place."""
    if not place:
        return another(value)
    first, *rest = place
    if is_dataclass(value):
        assert isinstance(first, str)
        return replace(value, **{first: changed(getattr(value, first), tuple(rest))})  # type: ignore[type-var]
    if isinstance(value, dict):
        return {**value, first: changed(value[first], tuple(rest))}
    members = list(value)
    members[first] = changed(members[first], tuple(rest))  # type: ignore[index]
    return tuple(members)


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return 0.5 if value is None else {"input": "current"}.get(value, f"{value}'")


def below(names: set[str]) -> set[str]:
    """These stages and all that take from them."""
    return {stage.name for stage in STAGES if names & set(with_ancestors(STAGES, stage.name))}


def readers_of(place: Place) -> set[str]:
    """By hand, from the tables above."""
    first, *rest = place
    if first == "stabilisation":
        return {"target", "average"} if rest == ["target", "kind"] else OF_THE_METHOD[str(rest[0])]
    if place == WIDTH:
        return {"outlines", "compose"}
    if first == "compositing" and rest[0] in OF_COMPOSITING:
        return OF_COMPOSITING[str(rest[0])]
    if place == ("averaging", "smoothness"):
        return {"average", "render"}
    if first == "refinement" and rest[0] == "keyframes":
        return {"keyframes", "refine"}
    return FIRST_READERS[str(first)]


def moved(job: Job, preset: Preset, place: Place) -> tuple[set[str], set[str]]:
    """The stages whose keys another value changes, and those whose settings it does."""
    new = changed(preset, place)
    before, after = (stage_keys(STAGES, job, each) for each in (preset, new))
    readers = {stage.name for stage in STAGES if stage.settings(job, preset) != stage.settings(job, new)}
    return {name for name in before if before[name] != after[name]}, readers


def test_every_constant_of_a_preset_changes_the_keys_of_its_readers_and_of_all_below(job: Job, preset: Preset) -> None:
    places = [place for place, _ in leaves(preset) if place != ("editing",)]  # has a test of its own
    assert len(places) > 120
    for place in places:
        keys, readers = moved(job, preset, place)
        assert readers, f"nobody reads {place}"
        assert keys == below(readers), place
        assert readers == readers_of(place), place


@pytest.mark.parametrize("baseline", [Smoothing(), DeepVideoPrior()])
def test_constants_of_baselines_change_theirs(job: Job, preset: Preset, baseline: Smoothing | DeepVideoPrior) -> None:
    with_it = replace(preset, stabilisation=baseline)
    own = {"smooth"} if isinstance(baseline, Smoothing) else {"dvp"}
    for place, _ in leaves(baseline):
        keys, readers = moved(job, with_it, ("stabilisation", *place))
        assert (readers, keys) == (own, below(own))


@pytest.mark.parametrize(
    ("field", "value", "readers"),
    [
        ("frames", (0, 5), {"align", "crop", "outlines", "large", "render"}),
        ("face", 2, {"align"}),
        ("codec", "ffv1", {"render"}),
        ("layer", True, {"render"}),
        ("curve", Curve((0.0, 1.0), (0.0, 1.0)), {"render"}),
        ("part", True, {"render"}),
        ("preview", 0.5, {"render"}),
        ("sound", False, {"render"}),
        ("rate", Fraction(24), {"render"}),
        ("seed", 1, {"refine", "tune", "adapt", "phase1", "phase2", "stitch", "detail"}),
        ("edits", (Request("beard", 0.5), Request("smile"), Request("sketch")),
         {"adapt", "calibrate", "edit", "lips", "render"}),
        ("edits", (Request("beard"), Request("smile")),
         {"calibrate", "edit", "target", "compose", "average", "lips", "large", "render"}),
    ],
)  # fmt: skip
def test_what_a_job_asks_for_changes_the_keys_of_its_readers(
    job: Job, preset: Preset, field: str, value: Any, readers: set[str]
) -> None:
    before, after = (stage_keys(STAGES, each, preset) for each in (job, replace(job, **{field: value})))
    assert {name for name in before if before[name] != after[name]} == below(readers)


def test_a_size_is_read_where_faces_are_cut_out_large(job: Job, preset: Preset) -> None:
    beard = replace(job, edits=(Request("beard"),))
    before, after = (stage_keys(STAGES, replace(beard, size=size), preset) for size in (None, 512))
    assert {name for name in before if before[name] != after[name]} == below({"large"})


def test_another_kind_of_editing_edits_with_another_file(job: Job) -> None:
    worn = replace(job, edits=(Request("eyeglasses"),))
    keys = [
        stage_keys(STAGES, worn, preset_of(replace(worn, preset=name))) for name in ("direct", "latent-transformer")
    ]
    assert keys[0]["tune"] == keys[1]["tune"]
    assert keys[0]["edit"] != keys[1]["edit"]


def test_every_field_of_a_job_is_a_name_or_changes_a_key(job: Job) -> None:
    """Device and preset's name change no stage by themselves; model and encoder have to be there to be tried."""
    tried = {"frames", "face", "seed", "edits", "source", "landmarks", "size", "codec", "layer"}
    tried |= {"curve", "part", "preview", "sound", "rate"}
    assert {each.name for each in fields(Job)} - tried == {"preset", "model", "device", "inversion", "encoder"}


def test_another_clip_under_the_same_name_is_another_one_and_the_same_elsewhere_is_not(
    job: Job, preset: Preset, tmp_path: Path
) -> None:
    keys = stage_keys(STAGES, job, preset)
    elsewhere = tmp_path / "moved.mp4"
    elsewhere.write_bytes(job.source.read_bytes())
    assert stage_keys(STAGES, replace(job, source=elsewhere), preset) == keys
    job.source.write_bytes(b"another clip")
    assert not set(stage_keys(STAGES, job, preset).values()) & set(keys.values())


def test_a_stage_that_does_not_apply_passes_its_first_input_on(job: Job, preset: Preset) -> None:
    plain = replace(preset, stabilisation=None, averaging=None, stitching=replace(preset.stitching, epochs=0))
    keys = stage_keys(STAGES, replace(job, edits=(Request("smile"),)), plain)
    assert keys["adapt"] == keys["tune"]
    assert keys["edit"] == keys["smooth"] == keys["phase1"] == keys["phase2"] == keys["stitch"] == keys["lips"]


def test_a_new_version_makes_a_stage_and_all_below_anew(job: Job, preset: Preset) -> None:
    newer = [replace(stage, version=2) if stage.name == "phase1" else stage for stage in STAGES]
    before, after = stage_keys(STAGES, job, preset), stage_keys(newer, job, preset)
    assert {name for name in before if before[name] != after[name]} == below({"phase1"})


def test_the_list_is_whole() -> None:
    names = [stage.name for stage in STAGES]
    assert len(set(names)) == len(names)
    for place, stage in enumerate(STAGES):
        assert set(stage.inputs) <= set(names[:place])
        module, _, function = stage.make.partition(".")
        make = getattr(import_module(f"steadyface.stages.{module}"), function)
        assert len(inspect.signature(make).parameters) == 2 + len(stage.inputs), stage.name
        assert inspect.getdoc(make)
        assert stage.kept is None or stage.kept in KEPT
    assert INVERSION == ("align", "crop", "person", "keyframes", "refine", "tune")


def test_settings_are_frozen_and_hold_nothing_that_a_key_can_not_tell(job: Job, preset: Preset) -> None:
    for stage in STAGES:
        found = stage.settings(job, preset)
        if found is None:
            assert stage.name in ("smooth", "dvp")
            continue
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(found, fields(found)[0].name, None)
    assert isinstance(preset.stabilisation, Consistency)
