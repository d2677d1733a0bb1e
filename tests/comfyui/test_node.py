"""The node for ComfyUI, without ComfyUI."""

import importlib.util
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

FOLDER = Path(__file__).resolve().parents[2] / "comfyui"


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As ComfyUI loads it: a package that is no part of any other."""
    spec = importlib.util.spec_from_file_location("custom_node", FOLDER / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "custom_node", package)
    spec.loader.exec_module(package)
    monkeypatch.delitem(sys.modules, "custom_node.node", raising=False)
    return importlib.import_module("custom_node.node")


def images() -> torch.Tensor:
    return torch.rand(3, 48, 64, 3, generator=torch.Generator().manual_seed(0))


def test_images_survive_the_video(node: ModuleType, tmp_path: Path) -> None:
    node.write_images(tmp_path / "images.mkv", images(), Fraction(30))
    frames = list(read_frames(tmp_path / "images.mkv"))
    assert np.array_equal(np.stack([frame.image for frame in frames]), np.rint(255 * images().numpy()))
    assert probe(tmp_path / "images.mkv").average_rate == 30


def test_edited_images_and_their_change_come_back(node: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def edit(source: Path, edits: list[str], out: Path, **how: Any) -> SimpleNamespace:
        """Darkens a patch, in the place of a run."""
        asked.update(how, edits=edits)
        out.mkdir()
        change = np.zeros((48, 64, 3), np.float32)
        change[10:20, 10:20] = -300
        made = []
        for frame in read_frames(source, coded=True):
            by = np.maximum(change, -frame.image.astype(np.float32))
            made.append(replace(frame, image=(frame.image + by).astype(np.uint8), change=by))
        write_video(out / "edited.mkv", made, probe(source), codec="ffv1")
        return SimpleNamespace(folder=out)

    monkeypatch.setattr(node, "edit_video", edit)
    edited, mask = node.SteadyfaceEdit().edit(images(), "age", 0.6, "fast", 25.0, 0, 7)
    assert (asked["edits"], asked["preset"], asked["face"], asked["seed"]) == (["age:0.6"], "fast", None, 7)
    assert edited.shape == (3, 48, 64, 3)
    assert not edited[:, 10:20, 10:20].any()
    assert (mask[:, 10:20, 10:20] == 1).all()
    torch.testing.assert_close(edited[:, 24:], images()[:, 24:], atol=1 / 255, rtol=0)
    assert mask[:, 24:].max() < 0.1


def test_it_says_what_comfyui_asks_for(node: ModuleType) -> None:
    (name,) = node.NODE_CLASS_MAPPINGS
    made = node.NODE_CLASS_MAPPINGS[name]
    inputs = made.INPUT_TYPES()["required"]
    assert {"eyeglasses", "age"} < set(inputs["edit"][0])
    assert inputs["preset"][0] == ["default", "fast"]
    assert set(inputs) == {*getattr(made, made.FUNCTION).__annotations__} - {"return"}
    assert name in node.NODE_DISPLAY_NAME_MAPPINGS
    assert len(made.RETURN_TYPES) == len(made.RETURN_NAMES) == 2
