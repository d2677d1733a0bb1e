"""The whole way with the real generator on three frames of a real clip, in as few steps as each stage can do.

Run as a program, `python tests/test_pipeline.py CLIP OUT THREADS STAGE`, it is the process that the resume test
kills.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.clip.folder import FrameFolder
from steadyface.config.job import Job
from steadyface.config.phases import DEFAULT
from steadyface.config.presets import PRESETS
from steadyface.critics.lpips import Lpips
from steadyface.editing import catalogue
from steadyface.editing.catalogue import Request, find
from steadyface.editing.edit import Edit
from steadyface.editing.lip_preservation import OPEN_MOUTH
from steadyface.editing.settings import LipPreservation
from steadyface.errors import InputError
from steadyface.flow.dis import DisFlow
from steadyface.gan.load import load_generator
from steadyface.inversion.settings import INDEPENDENT, FullSizeTuning, PivotalTuning, Refinement
from steadyface.metrics import native
from steadyface.pipeline import edit_video, run_job
from steadyface.runs.run import Run
from steadyface.runtime.files import file_sha256
from steadyface.stages.plan import plan
from steadyface.stages.stage_list import STAGES
from steadyface.stitching.settings import Compositing, Stitching
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

TINY = replace(
    PRESETS["fast"],
    name="tiny",
    stabilisation=replace(
        DEFAULT,
        phase1=replace(DEFAULT.phase1, epochs=1),
        phase2=replace(DEFAULT.phase2, epochs=1),
    ),
    refinement=Refinement(common_steps=4, steps_per_frame=1),
    tuning=PivotalTuning(epochs=1, least_steps=3),
    adaptation=PivotalTuning(epochs=1, least_steps=3, edit_every=1),
    stitching=Stitching(epochs=1),
    lips=LipPreservation(rounds=1),
)
FRAMES = (2, 5)
LONG = ("refine", "tune", "adapt", "phase1", "phase2", "stitch")
KEPT = (*LONG[:3], "calibrate", "edit", *LONG[3:5], "compose", "stitch")
BOTH = ("eyeglasses", "smile")
EVERY = ("align", "person", *KEPT, "render")
"""The stages of a run with both: one lies on the face, the other holds the lips."""
PARTS = ("input", "inverted", "direct", "edited")


class StopError(Exception):
    """Ends a run at a stage."""


def stop_at(stage, announced):
    def announce(name):
        announced.append(name)
        if name == stage:
            raise StopError

    return announce


def job_on(clip, *edits, **more):
    return Job(clip, tuple(map(Request, edits or ("eyeglasses",))), **{"frames": FRAMES, **more})


@pytest.fixture(scope="module")
def finished(grid_clip, tmp_path_factory):
    """A finished run, and the stages that it announced."""
    announced = []
    run = Run.open(tmp_path_factory.mktemp("pipeline") / "out", announce=announced.append)
    return run_job(job_on(grid_clip), run, preset=TINY), announced


@pytest.fixture(scope="module")
def input_frames(grid_clip):
    return list(read_frames(grid_clip, *FRAMES))


def snapshot(folder):
    return {path: (path.stat().st_mtime_ns, file_sha256(path)) for path in folder.rglob("*") if path.is_file()}


def states(folder):
    return {name: (folder / "state" / f"{name}.safetensors").read_bytes() for name in ("align", "person", *KEPT)}


def test_loops_report_under_the_names_and_with_the_steps_that_are_planned(finished, grid_clip):
    lines = (finished[0].folder / "state" / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    reported = {seen["stage"]: seen["step"] for seen in map(json.loads, lines)}
    planned = plan(STAGES, job_on(grid_clip), TINY, FRAMES[1] - FRAMES[0], loaded=["detail"])
    silent = {"cut out", "calibrate", "compose"}
    loops = [part for parts in planned.values() for part in parts if part.loop not in silent]
    assert reported == {part.loop: part.steps for part in loops if part.steps}


def test_videos_have_the_input_s_size_frames_and_times(finished, input_frames):
    result, announced = finished
    assert announced == ["align", "person", *KEPT, "render"]
    assert result.frames == 3
    assert (result.edited, result.compare) == (result.folder / "edited.mp4", result.folder / "compare.mp4")
    for path, width in ((result.edited, 360), (result.direct, 360), (result.compare, 3 * 360)):
        frames = list(read_frames(path))
        assert [frame.image.shape for frame in frames] == [(288, width, 3)] * 3
        times = [(frame.pts - frames[0].pts) * frame.time_base for frame in frames]
        assert times == [(frame.pts - input_frames[0].pts) * frame.time_base for frame in input_frames]


def test_a_face_is_drawn_at_the_size_that_was_asked_for(finished, grid_clip, tmp_path):
    """Twice as large as it was filmed: what is learnt at 256 px is taken from the run before."""
    small, announced, planned = finished[0].folder, [], []
    preset = replace(TINY, full_size=FullSizeTuning(steps=2))
    run = Run.open(tmp_path / "large", announce=announced.append, reuse=[small])
    large = run_job(job_on(grid_clip, size=512), run, preset=preset, expect=planned.append)
    assert announced == ["detail", "render"]
    assert "detail" in planned[-1]
    assert FrameFolder(large.folder / "aligned" / "keyframes").image(0).shape == (512, 512, 3)
    pairs = zip(read_frames(finished[0].edited), read_frames(large.edited), strict=True)
    for one, other in pairs:
        apart = np.abs(one.image.astype(int) - other.image).max(axis=2)
        assert apart.max() > 8
        assert (apart > 4).mean() < 0.05


def test_a_run_is_measured_in_its_frames(finished):
    folder = finished[0].folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = native.of_run(folder, manifest, DisFlow(), "cpu", hair=False)
    assert found["face"] == pytest.approx(200, abs=15)
    assert found["sharpness"] > 0.3
    assert found["seam"] == pytest.approx(1, abs=0.2)
    assert found["steady"] > 0
    assert native.of_run(folder, {**manifest, "source": "moved.mp4"}, DisFlow(), "cpu", hair=False) is None


def test_a_small_face_is_not_drawn_larger(finished, grid_clip, tmp_path):
    planned = []
    run = Run.open(tmp_path / "again", reuse=[finished[0].folder])
    run_job(job_on(grid_clip), run, preset=TINY, expect=planned.append)
    assert "detail" in planned[0]
    assert "detail" not in planned[-1]
    assert not (run.folder / "state" / "detail.json").exists()


def test_every_video_says_that_it_was_edited(finished):
    result, _ = finished
    for path in (result.edited, result.direct, result.compare):
        with av.open(str(path)) as container:
            assert container.metadata["comment"].startswith("edited with AI by steadyface")
            assert container.metadata["comment"].endswith("edits: eyeglasses 1; preset: tiny")


def test_sound_is_the_input_s_own_cut_to_the_frames(grid_clip, finished, input_frames):
    def packets(path):
        with av.open(str(path)) as container:
            return [(p.pts * p.time_base, bytes(p)) for p in container.demux(container.streams.audio[0]) if p.size]

    result, _ = finished
    start = input_frames[0].pts * input_frames[0].time_base
    end = input_frames[-1].pts * input_frames[-1].time_base + Fraction(1, 25)
    ours, theirs = packets(result.edited), packets(grid_clip)
    first = [content for _, content in theirs].index(ours[0][1])
    for (moved, content), (stamp, original) in zip(ours, theirs[first:], strict=False):
        assert content == original
        assert abs(moved - (stamp - start)) < Fraction(1, 5000)
    length = ours[1][0] - ours[0][0]
    assert ours[0][0] <= 0
    assert end - start - length <= ours[-1][0] < end - start


def test_the_sound_can_be_left_out(grid_clip, finished, tmp_path):
    job = replace(job_on(grid_clip), sound=False)
    result = run_job(job, Run.open(tmp_path / "silent", reuse=[finished[0].folder]), preset=TINY)
    assert [probe(path).has_audio for path in (result.edited, result.direct, result.compare)] == [False] * 3
    assert probe(finished[0].edited).has_audio


def test_outside_the_crop_nothing_changes_but_the_encoding(finished, input_frames):
    result, _ = finished
    quads = Run.open(result.folder).stage("align", read_key(result, "align"), lambda _: pytest.fail("lost"))["quads"]
    outside, inside = [], []
    for before, after, quad in zip(input_frames, read_frames(result.edited), quads.numpy(), strict=True):
        crop = cv2.fillConvexPoly(np.zeros((288, 360), np.uint8), np.rint(quad).astype(np.int32), 1)
        crop = cv2.dilate(crop, np.ones((5, 5), np.uint8)) > 0
        error = (before.image.astype(float) - after.image) ** 2
        outside.append(error[~crop].mean())
        inside.append(error[crop].mean())
    assert 10 * np.log10(255**2 / np.mean(outside)) > 38
    assert 10 * np.log10(255**2 / np.mean(inside)) < 30


def read_key(result, stage):
    return json.loads((result.folder / "state" / f"{stage}.json").read_text(encoding="utf-8"))["key"]


def test_aligned_pictures_are_complete_and_the_inversion_resembles_the_input(finished):
    result, _ = finished
    folders = {name: FrameFolder(result.folder / "aligned" / name) for name in PARTS}
    for folder in folders.values():
        assert sorted(path.name for path in folder.folder.iterdir()) == [f"{i:05d}.png" for i in range(3)]
    pictures = {name: folder([0, 1, 2]) for name, folder in folders.items()}
    assert {tuple(images.shape) for images in pictures.values()} == {(3, 3, 256, 256)}
    lpips = Lpips("alex")
    with torch.no_grad():
        assert lpips(pictures["inverted"], pictures["input"]).max() < 0.2
        assert lpips(pictures["direct"], pictures["inverted"]).min() > 0.04  # eyeglasses
        assert lpips(pictures["edited"], pictures["direct"]).max() < 0.2


def test_eyeglasses_leave_the_mouth_and_the_hair_to_the_input(finished, input_frames):
    result, _ = finished
    before, after = (FrameFolder(result.folder / "aligned" / name)([0, 1, 2]) for name in ("input", "edited"))
    top, bottom, *_ = Edit.load(find(Request("eyeglasses"))).card.effect.region
    rows = torch.ones(256, dtype=torch.bool)
    rows[int(256 * top) : int(256 * bottom) + 1] = False
    assert torch.equal(after[:, :, rows], before[:, :, rows])
    assert (after - before)[:, :, ~rows].abs().mean() > 0.02
    below = np.array([picture.image[215:, 130:230] for picture in input_frames], float)  # his chin
    video = np.array([picture.image[215:, 130:230] for picture in read_frames(result.edited)], float)
    assert 10 * np.log10(255**2 / ((video - below) ** 2).mean()) > 36


def test_manifest_states_what_was_made_of_what(grid_clip, finished):
    result, _ = finished
    manifest = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["source_sha256"] == file_sha256(grid_clip)
    assert manifest["outputs"] == {
        f"{name}.mp4": file_sha256(result.folder / f"{name}.mp4") for name in ("edited", "direct", "compare")
    }
    assert manifest["edits"] == [
        {"name": "eyeglasses", "strength": 1.0, "sha256": file_sha256(find(Request("eyeglasses")))}
    ]
    assert manifest["stages"].keys() == {"align", "person", *KEPT, "render"}
    for stage in (*KEPT, "render"):
        assert manifest["stages"][stage]["seconds"] >= 0
        assert manifest["stages"][stage]["peak_memory_mb"] > 100
    assert manifest["preset"]["refinement"]["common_steps"] == 4
    assert manifest["strength_factors"].keys() == {"eyeglasses"}
    assert manifest["frames"] == list(FRAMES)
    assert all(len(sha) == 64 for sha in manifest["weights"].values())
    assert {"mobile-ffhq", "person-mask", "encoder-mobile-ffhq"} <= manifest["weights"].keys()


def test_nothing_unfinished_is_left(finished):
    names = [path.name for path in finished[0].folder.rglob("*")]
    assert not [name for name in names if "part" in name or name.startswith(".")]


def test_a_second_call_does_no_work(grid_clip, finished):
    result, _ = finished
    before = snapshot(result.folder)
    again = run_job(job_on(grid_clip), Run.open(result.folder, announce=lambda name: pytest.fail(name)), preset=TINY)
    assert again == result
    assert snapshot(result.folder) == before


def test_reuse_takes_the_inversion_for_another_edit_though_cards_are_worded_anew(
    grid_clip, finished, tmp_path, monkeypatch
):
    for edit in map(Edit.load, catalogue.SHIPPED.glob("*.safetensors")):
        replace(edit, card=replace(edit.card, description="anew")).save(tmp_path / f"{edit.card.name}.safetensors")
    monkeypatch.setattr(catalogue, "SHIPPED", tmp_path)
    announced = []
    run = Run.open(tmp_path, announce=stop_at("phase1", announced), reuse=[finished[0].folder])
    with pytest.raises(StopError):
        run_job(job_on(grid_clip, "smile"), run, preset=TINY)
    assert announced == ["calibrate", "edit", "phase1"]  # a smile lies on nothing: no adapt
    assert (tmp_path / "state" / "tune.safetensors").read_bytes() == states(finished[0].folder)["tune"]


def test_what_reads_a_changed_constant_is_made_anew_and_no_other(grid_clip, finished, tmp_path):
    def announced_with(preset, folder):
        announced = []
        run = Run.open(tmp_path / folder, announce=announced.append, reuse=[finished[0].folder, tmp_path / "smile"])
        run_job(job_on(grid_clip, "smile"), run, preset=preset)
        return announced

    later = ["phase1", "phase2", "compose", "stitch", "render"]
    assert announced_with(TINY, "smile") == ["calibrate", "edit", *later]
    assert announced_with(replace(TINY, lips=replace(TINY.lips, rounds=2)), "lips") == ["edit", *later]
    extension = replace(TINY.compositing.extension, cut_at=0.4)
    changed = replace(TINY, compositing=replace(TINY.compositing, extension=extension))
    assert announced_with(changed, "extension") == later[2:]


def test_a_style_draws_the_person_alone_with_mouths_that_open_as_in_the_input(grid_clip, finished, tmp_path):
    announced = []
    run = Run.open(tmp_path, announce=announced.append, reuse=[finished[0].folder])
    result = run_job(job_on(grid_clip, "sketch"), run, preset=TINY)
    assert announced == ["calibrate", "edit", "phase1", "phase2", "compose", "stitch", "lips", "render"]
    phase1, mouth = (load_file(tmp_path / "state" / f"{name}.safetensors")["ws"] for name in ("phase1", "lips"))
    moved = (mouth - phase1).abs().amax((0, 2)) > 0
    sides = torch.tensor(load_generator("mobile-ffhq-256").ws_resolutions)
    assert sides[moved].unique().tolist() == sorted(catalogue.load(OPEN_MOUTH).directions)
    before, edited = (FrameFolder(result.folder / "aligned" / part)([0, 1, 2]) for part in ("input", "edited"))
    wall, cheek = (..., slice(20, 60), slice(2, 12)), (..., slice(150, 170), slice(90, 100))
    assert torch.equal(edited[wall], before[wall])
    colours = [(frames[cheek].amax(1) - frames[cheek].amin(1)).mean() for frames in (before, edited)]
    assert colours[1] < 0.3 * colours[0]  # of a pencil


@pytest.mark.parametrize("baseline", [None, Smoothing(1.0), DeepVideoPrior(epochs=2, width=2)])
def test_baselines_take_the_place_of_the_phases_on_the_same_inversion(grid_clip, finished, tmp_path, baseline):
    announced = []
    run = Run.open(tmp_path, announce=announced.append, reuse=[finished[0].folder])
    preset = replace(TINY, stabilisation=baseline, averaging=None, stitching=Stitching(epochs=0))
    result = run_job(job_on(grid_clip), run, preset=replace(preset, compositing=Compositing(background="generated")))
    smooth = ["smooth"] if isinstance(baseline, Smoothing) else []
    prior = ["dvp"] if isinstance(baseline, DeepVideoPrior) else []
    assert announced == [*smooth, "compose", *prior, "render"]
    inverted, direct, edited = (FrameFolder(result.folder / "aligned" / part)([0, 1, 2]) for part in PARTS[1:])
    assert torch.equal(inverted, FrameFolder(finished[0].folder / "aligned" / "inverted")([0, 1, 2]))
    assert torch.equal(edited, direct) == (baseline is None)


def test_frames_inverted_each_by_itself_do_not_depend_on_each_other(grid_clip, tmp_path):
    codes = {}
    for name, frames in (("three", (2, 5)), ("two", (2, 4))):
        preset = replace(TINY, refinement=replace(INDEPENDENT, steps_per_frame=1))
        with pytest.raises(StopError):
            run_job(
                job_on(grid_clip, frames=frames), Run.open(tmp_path / name, announce=stop_at("tune", [])), preset=preset
            )
        codes[name] = load_file(tmp_path / name / "state" / "refine.safetensors")["ws"]
    moved = (codes["three"][:2] - codes["two"]).abs().mean() / codes["two"].std()
    assert moved < 0.03  # the crops' smoothing over time is all that ties the frames
    assert (codes["three"][0] - codes["three"][1]).abs().amax(1).gt(0).all()


def test_another_seed_differs(grid_clip, finished, tmp_path):
    with pytest.raises(StopError):
        run_job(job_on(grid_clip, seed=1), Run.open(tmp_path, announce=stop_at("tune", [])), preset=TINY)
    other = (tmp_path / "state" / "refine.safetensors").read_bytes()
    assert other != states(finished[0].folder)["refine"]


@pytest.mark.timeout(1800)
def test_killed_in_every_stage_it_ends_in_the_same_bytes(grid_clip, finished, tmp_path):
    """In the long ones somewhere inside, in the others when they begin."""
    whole, out = tmp_path / "whole", tmp_path / "killed"
    run_job(job_on(grid_clip, *BOTH), Run.open(whole, reuse=[finished[0].folder]), preset=TINY)

    def started(stage):
        threads = str(torch.get_num_threads())
        return subprocess.Popen(
            [sys.executable, __file__, str(grid_clip), str(out), threads, "" if stage in LONG else stage]
        )

    for stage in EVERY:
        process = started(stage)
        part = out / "state" / f"{stage}.part.safetensors"
        while not (stage in LONG and part.exists()) and process.poll() is None:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert not (out / "state" / f"{stage}.json").exists()
        assert not list(out.glob("*.mp4"))
    assert started("").wait() == 0
    for stage in EVERY[:-1]:
        kept = [(folder / "state" / f"{stage}.safetensors").read_bytes() for folder in (out, whole)]
        assert kept[0] == kept[1], stage
    for part in PARTS:
        kept = [FrameFolder(folder / "aligned" / part)([0, 1, 2]) for folder in (out, whole)]
        assert torch.equal(*kept)
    done = (out / "steps.txt").read_text(encoding="utf-8").splitlines()
    for stage in ("refine codes", "tune the generator", "adapt it to the edit", "phase 1", "phase 2", "phase 3"):
        assert done.count(f"{stage} 1") == 1  # went on instead of beginning anew


def test_a_video_of_one_frame(grid_clip, tmp_path):
    write_video(tmp_path / "one.mp4", read_frames(grid_clip, 0, 1), probe(grid_clip))
    announced = []
    run = Run.open(tmp_path / "out", announce=announced.append)
    result = run_job(job_on(tmp_path / "one.mp4", frames=(0, None)), run, preset=TINY)
    assert announced == ["align", "person", *KEPT, "render"]
    assert result.frames == len(list(read_frames(result.edited))) == 1
    for part in PARTS:
        assert [path.name for path in run.path("aligned", part).iterdir()] == ["00000.png"]


def test_the_api_checks_before_it_makes_a_folder(grid_clip, tmp_path):
    with pytest.raises(InputError, match="unknown edit 'grin'"):
        edit_video(grid_clip, ["grin"], tmp_path / "out")
    with pytest.raises(InputError, match="no edit"):
        edit_video(grid_clip, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def note_steps(path):
    def watch(seen):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{seen.stage} {seen.step}\n")

    return watch


def dies_in(stage):
    def announce(name):
        if name == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    return announce


if __name__ == "__main__":
    source, out, threads, last = sys.argv[1:]
    torch.set_num_threads(int(threads))
    folder = Run.open(Path(out), announce=dies_in(last))
    folder.save_every_seconds = 0.0
    run_job(job_on(Path(source), *BOTH), folder, preset=TINY, watch=note_steps(Path(out) / "steps.txt"))
