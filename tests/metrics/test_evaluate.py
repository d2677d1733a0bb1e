"""All metrics of a run folder, with small stand-ins for the networks that need real faces."""

import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from steadyface.critics.lpips import Lpips
from steadyface.errors import InputError
from steadyface.faces import topology
from steadyface.faces.eyes import Eyes
from steadyface.faces.mesh import MeshFace
from steadyface.flow.dis import DisFlow
from steadyface.flow.spynet import SpyNet
from steadyface.metrics.evaluate import Critics, edit_cards, evaluate_run, find_parts
from steadyface.metrics.gates import ON_PERSON

COUNT = 12


class StillFlow:
    def __call__(self, a, b):
        return torch.zeros(len(a), 2, *a.shape[2:])


class PaintedMesh:
    """Reads the mouth's opening off the brightness of the picture's first pixel."""

    def find_aligned(self, image):
        points = np.zeros((topology.LANDMARKS, 2), np.float32)
        points[list(topology.RIGHT_EYE_SIX)] = (10, 10)
        points[list(topology.LEFT_EYE_SIX)] = (30, 10)
        points[topology.LEFT_SIDE] = (40, 0)
        for upper, lower in topology.LIP_GAPS:
            points[upper], points[lower] = (20, 30), (20, 30 + float(image[0, 0, 0]) / 100)
        return MeshFace(points, 1.0)


class StillEyes:
    """Sees the same open eyes in every picture."""

    def find(self, image, landmarks):
        contour = np.linspace((0, 0), (8, 2), 16)
        return Eyes(np.stack([contour, contour]), np.full((2, 2), 4.0))


@pytest.fixture(scope="module")
def critics():
    return Critics(
        flow=StillFlow(),
        lpips=Lpips("alex"),
        identity=lambda images: images.mean((2, 3)) + 2,
        mesh=PaintedMesh(),
        eyes=StillEyes(),
        person=lambda image: np.ones(image.shape[:2], np.float32),
        scorers=[lambda images: {"light": (images.mean((1, 2, 3)) + 1) * 127.5}],
    )


@pytest.fixture
def frames():
    """Versions of a static clip: brighter by 40 when edited, with a flicker of 8 in the direct edit only."""
    texture = cv2.GaussianBlur(np.random.default_rng(0).integers(40, 160, (48, 48, 3), np.uint8), (0, 0), 1.0)
    clip = {name: [texture.copy() for _ in range(COUNT)] for name in ("input", "inverted", "direct", "edited")}
    for t in range(COUNT):
        clip["direct"][t] += np.uint8(40 + 8 * (t % 2))
        clip["edited"][t] += np.uint8(40)
        for name, depth in (("input", 100), ("inverted", 100), ("direct", 100), ("edited", 50)):
            clip[name][t][0, 0] = 100 + round(depth * np.sin(t))
    return clip


@pytest.fixture
def run(tmp_path, frames, write_crops):
    for name, pictures in frames.items():
        write_crops(tmp_path / "aligned" / name, pictures)
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    return tmp_path


def test_a_run_is_measured(run, critics):
    announced = []
    found = evaluate_run(run, critics=critics, distances=(1, 2), announce=announced.append)
    assert (found["frames"], found["flow"]) == (COUNT, "StillFlow")
    errors = found["warping_error"]
    corner = np.square(np.diff(100 + np.round(100 * np.sin(np.arange(COUNT))))).mean() / 255**2 / 48**2
    assert errors["1"]["input"] == pytest.approx(corner, rel=1e-4)
    assert errors["1"]["direct"] == pytest.approx((8 / 255) ** 2, rel=0.05)
    assert errors["2"]["direct"] < 0.1 * errors["1"]["direct"]
    assert found["warping_ratio"]["1"]["edited/input"] == pytest.approx(0.25, rel=0.02)
    assert found["lpips"]["inverted/input"] == 0
    assert found["lpips"]["edited/direct"] > 0
    assert found["psnr"]["inverted/input"] is None
    assert found["sharpness"]["input"] == 1  # the inversion is the input here
    assert found["sharpness"]["edited"] == pytest.approx(1, abs=0.2)
    assert found["sharpness"]["control"] == pytest.approx(1, abs=0.2)
    assert found["identity"]["edited"]["tg_id"] == pytest.approx(1, abs=1e-4)
    mouth = found["liveliness"]["edited"]["mouth"]
    assert mouth["correlation"] == pytest.approx(1, abs=1e-3)
    assert mouth["amplitude"] == pytest.approx(0.5, abs=0.01)
    assert found["liveliness"]["control"]["mouth"]["amplitude"] == pytest.approx(1, abs=0.02)
    assert found["liveliness"]["edited"]["eyes"] is None
    assert found["liveliness"]["edited"]["blinks"] == {"kept": 0, "input": 0}
    assert found["strength"]["direct"]["light"]["mean"] == pytest.approx(44, abs=0.1)
    assert found["strength"]["kept"]["light"] == pytest.approx(40 / 44, abs=0.01)
    assert found["strength"]["weakest_tenth"]["light"] == pytest.approx(40 / 44, abs=0.01)
    assert found["background"] is None
    assert {gate["quantity"] for gate in found["gates"] if gate["passed"] is False} >= {"mouth, amplitude"}
    assert announced[0] == "warping error"
    assert len(announced) == 7


def test_likeness_on_the_person_leaves_out_what_is_around(run, critics, frames, write_crops):
    """The edited clip is the direct edit inside the mask and something else around it; masks move with the frames."""
    masks = np.zeros((COUNT, *frames["input"][0].shape[:2]), np.float32)
    for index, mask in enumerate(masks):
        mask[10:30, index : 20 + index] = 1
        frames["input"][index][-1, -1] = index
    for name in ("input", "edited"):
        shutil.rmtree(run / "aligned" / name)
    shown = [np.where(m[:, :, None] > 0, p, 30) for m, p in zip(masks, frames["direct"], strict=True)]
    write_crops(run / "aligned" / "edited", [picture.astype(np.uint8) for picture in shown])
    write_crops(run / "aligned" / "input", frames["input"])

    def likeness(masks):
        judge = replace(critics, person=lambda image: masks[image[-1, -1, 0]])
        return evaluate_run(run, critics=judge, distances=(1,))["lpips"]

    found = likeness(masks)
    assert found[ON_PERSON] < 1e-6 < found["edited/direct"]
    assert likeness(0.5 * masks)[ON_PERSON] == 0
    assert likeness(1 - masks)[ON_PERSON] > 0.01
    assert likeness(masks[::-1])[ON_PERSON] > 0.01


def test_what_is_kept_is_of_the_untuned_generators_edit(run, critics, frames, write_crops):
    light = {name: [np.full_like(frames["input"][0], value)] * 3 for name, value in (("plain", 80), ("edited", 160))}
    for name, pictures in light.items():
        write_crops(run / "aligned" / "untuned" / name, pictures)
    found = evaluate_run(run, critics=critics, distances=(1,))["strength"]
    assert found["untuned"]["light"]["mean"] == pytest.approx(80, abs=0.1)
    assert found["kept"]["light"] == pytest.approx(40 / 80, abs=0.01)


def test_the_table_is_strict_json(run, critics):
    found = evaluate_run(run, critics=critics, distances=(1,))
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_channel_sum_is_three_times_the_mean(run, critics):
    mean = evaluate_run(run, critics=critics, distances=(1,))["warping_error"]["1"]
    total = evaluate_run(run, critics=critics, distances=(1,), reduction="channel_sum")["warping_error"]["1"]
    assert total["direct"] == pytest.approx(3 * mean["direct"], rel=1e-5)


@pytest.mark.parametrize("missing", ["inverted", "direct", "edited"])
def test_what_needs_a_missing_part_is_left_out(run, critics, missing):
    (run / "aligned" / missing / "00003.png").unlink()
    found = evaluate_run(run, critics=critics, distances=(1, COUNT))
    assert found["parts"] == [part for part in ("input", "inverted", "direct", "edited") if part != missing]
    assert missing not in found["warping_error"]["1"]
    assert str(COUNT) not in found["warping_error"]
    assert not any(missing in pair for pair in found["lpips"])
    assert missing not in found["identity"]
    assert found["gates"]


def test_only_the_input(tmp_path, critics, frames, write_crops):
    write_crops(tmp_path / "aligned" / "input", frames["input"])
    found = evaluate_run(tmp_path, critics=critics, distances=(1,))
    assert found["parts"] == ["input"]
    assert (found["lpips"], found["strength"], found["liveliness"]) == ({}, {}, {})


def test_a_single_frame_has_no_warping_error(tmp_path, critics, frames, write_crops):
    for name in ("input", "inverted", "direct", "edited"):
        write_crops(tmp_path / "aligned" / name, frames[name][:1])
    found = evaluate_run(tmp_path, critics=critics)
    assert found["warping_error"] == {}
    assert found["identity"]["edited"]["tl_id"] == 1


def test_another_folder_is_not_a_run(tmp_path):
    with pytest.raises(InputError, match="isn't a run"):
        find_parts(tmp_path)


def test_edits_that_are_gone_have_no_attributes():
    assert edit_cards({"edits": [{"name": "no-such-edit", "strength": 1.0}]}) == []
    assert edit_cards({}) == []


def test_a_damaged_manifest_is_named(run, critics):
    (run / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        evaluate_run(run, critics=critics)


@pytest.mark.parametrize(("name", "kind"), [("spynet", SpyNet), ("dis", DisFlow)])
def test_the_zoos_critics_look_at_pictures(name, kind):
    critics = Critics.load("cpu", name)
    assert isinstance(critics.flow, kind)
    pictures = torch.zeros(2, 3, 128, 128)
    found = {key: value.shape for scorer in critics.scorers for key, value in scorer(pictures).items()}
    assert {"happy", "age", "male"} <= found.keys()
    assert set(found.values()) == {(2,)}
    assert critics.identity(pictures).shape == (2, 128)
