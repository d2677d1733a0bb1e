"""The preset from video to video: the demo's clip, the tiny generator, an official file of that generator's width."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from steadyface import pipeline
from steadyface.clip.folder import FrameFolder, to_image
from steadyface.config.job import Job, check
from steadyface.config.presets import PRESETS, preset_for
from steadyface.editing import catalogue
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import Request
from steadyface.editing.edit import Edit
from steadyface.errors import InputError
from steadyface.gan.base import Generator
from steadyface.gan.models import W_SPACE
from steadyface.inversion import guess
from steadyface.inversion.settings import PivotalTuning, Refinement
from steadyface.runtime.files import file_sha256
from steadyface.stages import settings

CLIP = catalogue.SHIPPED.parent / "demo.mp4"
FRAMES = (0, 3)
PARTS = ("inverted", "direct", "edited")


class NearTheMean(nn.Module):
    """In the encoder's place: a code of the tiny generator that depends on the frame."""

    def __init__(self, lpips: nn.Module) -> None:
        super().__init__()

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3))[:, None] + torch.linspace(-1, 1, 16)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_generator: Generator) -> dict[str, Tensor]:
    """The arrays of the user's own network for eyeglasses, with all else of the tiny generator's width too."""
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    shipped.mkdir()
    (own / "latent-transformer").mkdir(parents=True)
    monkeypatch.setattr(catalogue, "SHIPPED", shipped)
    monkeypatch.setenv("STEADYFACE_EDITS", str(own))
    monkeypatch.setattr(pipeline, "load_generator", lambda _: tiny_generator)
    monkeypatch.setattr(settings, "resolution_of", lambda _: tiny_generator.resolution)
    monkeypatch.setattr(guess, "Encoder", NearTheMean)
    monkeypatch.setattr(tiny_generator, "w_space", W_SPACE)
    Edit(EditCard("eyeglasses", "a test", "eyeglasses"), {8: torch.ones(16)}).save(shipped / "eyeglasses.safetensors")
    draws = torch.Generator().manual_seed(0)
    state = {f"dense.{row}.weight": torch.randn(16, 16, generator=draws) for row in range(18)}
    state |= {f"dense.{row}.bias": torch.randn(16, generator=draws) for row in range(18)}
    torch.save(state, own / "latent-transformer" / "tnet_15.pth.tar")
    return state


def test_edits_each_frame_s_code_by_the_network_and_does_nothing_else(
    tmp_path: Path, network: dict[str, Tensor], tiny_generator: Generator
) -> None:
    quick = {"refinement": Refinement(common_steps=1, steps_per_frame=1), "tuning": PivotalTuning(0, least_steps=1)}
    quick |= {"adaptation": None}
    pictures, announced = {}, []
    for name in ("latent-transformer", "direct"):
        job = Job(CLIP, (Request("eyeglasses", 0.5),), name, frames=FRAMES)
        reuse, preset = [tmp_path / "latent-transformer"] if name == "direct" else [], replace(PRESETS[name], **quick)
        result = pipeline.run_checked(job, tmp_path / name, reuse=reuse, preset=preset, announce=announced.append)
        assert result.edited.stat().st_size > 1000
        pictures[name] = {part: FrameFolder(result.folder / "aligned" / part)([0, 1, 2]) for part in PARTS}
    last = ["calibrate", "edit", "compose", "render"]
    assert announced == ["align", "person", "refine", "tune", *last, *last]
    ours, direct = pictures["latent-transformer"], pictures["direct"]
    assert torch.equal(ours["edited"], ours["direct"])
    assert torch.equal(ours["inverted"], direct["inverted"])
    assert not torch.equal(ours["edited"], direct["edited"])

    # The rows at 8, 16, 32 and 64 px are rows 1, 3, 5 and 7 of a StyleGAN2 code
    folder = tmp_path / "latent-transformer"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    alpha = 0.5 * manifest["strength_factors"]["eyeglasses"]
    codes = load_file(folder / "state" / "refine.safetensors")["ws"]
    for row, official in enumerate((1, 3, 5, 7)):
        weight, bias = network[f"dense.{official}.weight"], network[f"dense.{official}.bias"]
        codes[:, row] += alpha * (codes[:, row] @ weight.T / 4.0 + bias)
    tuned = load_file(folder / "state" / "tune.safetensors")
    changed = {key.removeprefix("generator."): value for key, value in tuned.items()}
    tiny_generator.load_state_dict({**tiny_generator.state_dict(), **changed})
    for index in range(3):
        expected = to_image(tiny_generator.synthesis(codes[index : index + 1])).astype(int)
        shown = FrameFolder(folder / "aligned" / "edited").image(index)
        assert abs(expected - shown).max() <= 1

    file = tmp_path / "own" / "latent-transformer" / "tnet_15.pth.tar"
    assert manifest["edits"] == [{"name": "eyeglasses", "strength": 0.5, "sha256": file_sha256(file)}]
    assert manifest["preset"]["editing"] == "latent-transformer"


@pytest.mark.parametrize("name", ["age", "beard"])
def test_edits_without_a_network_are_refused_before_anything_runs(tmp_path: Path, name: str) -> None:
    job = Job(CLIP, (Request("smile"), Request(name)), "latent-transformer")
    with pytest.raises(InputError, match=f"no network for '{name}'; it has them for eyeglasses, smile"):
        check(job, tmp_path / "out")
    check(replace(job, edits=(Request("smile"), Request("eyeglasses"))), tmp_path / "out")


def test_everything_else_is_as_in_direct_editing() -> None:
    for kind in ("codes", "eyeglasses"):
        ours = preset_for("latent-transformer", kind)
        assert ours == replace(preset_for("direct", kind), name=ours.name, editing=ours.editing, adaptation=None)
    assert {name for name, preset in PRESETS.items() if preset.editing != "directions"} == {"latent-transformer"}
