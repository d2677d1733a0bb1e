"""Models of other programs: imported, listed, converted, and a clip edited with one."""

import pickle
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from steadyface.cli.main import main
from steadyface.clip.folder import FrameFolder
from steadyface.config.job import Job, check_request
from steadyface.config.presets import PRESETS
from steadyface.config.settings import Preset
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import Request, load_style
from steadyface.editing.edit import Edit
from steadyface.errors import InputError, WeightsError
from steadyface.flow.raft_network import SMALL, RaftNetwork
from steadyface.gan.checkpoints import read_stylegan2
from steadyface.gan.load import load_embedded, load_generator
from steadyface.gan.models import MODELS, W_SPACE, file_of, imported, resolution_of, w_space_of
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.gan.stylegan2_names import to_rosinality
from steadyface.interop.imports import import_file, import_style, w_space
from steadyface.inversion.psp_network import PspNetwork, Shape
from steadyface.inversion.settings import PivotalTuning, Refinement
from steadyface.pipeline import run_job
from steadyface.runs.run import Run
from steadyface.stages.align import follow
from steadyface.stages.settings import Align
from steadyface.stitching.settings import Stitching

from ..flow.official_names import to_official

QUICK = Preset(
    "direct",
    None,
    Refinement(common_steps=3, steps_per_frame=1, motions=0),
    PivotalTuning(epochs=0, least_steps=2),
    PivotalTuning(epochs=0, least_steps=2, edit_every=1),
    Stitching(epochs=0),
)


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYFACE_MODELS", str(tmp_path / "models"))


@pytest.fixture
def generator() -> StyleGAN2:
    torch.manual_seed(5)
    made = StyleGAN2(64, z_dim=8, w_dim=16, mapping_layers=2, channel_base=512, channel_max=16)
    made.measure_w()
    return made.eval().requires_grad_(False)


@pytest.fixture
def checkpoint(generator: StyleGAN2, tmp_path: Path) -> Path:
    path = tmp_path / "mine.pt"
    torch.save({"g_ema": to_rosinality(generator), "latent_avg": generator.w_mean}, path)
    return path


def test_a_clip_is_edited_with_an_imported_model(generator, ada_pickle, grid_clip, tmp_path) -> None:
    path = tmp_path / "faces.pkl"
    path.write_bytes(pickle.dumps({"G_ema": ada_pickle(generator)}))
    assert main(["models", "import", str(path), "--name", "faces"]) == 0
    direction = torch.randn(16, generator=torch.Generator().manual_seed(1))
    edit = tmp_path / "mine.safetensors"
    Edit(EditCard("mine", "does something"), {8: direction, 16: direction}).save(edit)
    job = Job(grid_clip, (Request(str(edit)),), "direct", "faces", (0, 2))
    check_request(job)
    run = Run.open(tmp_path / "out")
    result = run_job(job, run, preset=QUICK)
    assert result.edited.stat().st_size > 0
    assert FrameFolder(result.folder / "aligned" / "edited")([0, 1]).shape == (2, 3, 64, 64)
    assert run.manifest["model"] == "faces"
    assert len(run.manifest["weights"]["model"]) == 64


def test_names_files_and_what_is_known_of_them(checkpoint, generator) -> None:
    model = import_file(checkpoint)
    assert imported() == {"mine": model.path} == {"mine": file_of("mine")}
    assert resolution_of("mine") == resolution_of(str(model.path)) == 64
    assert w_space_of("mine") == ""
    assert w_space_of("mobile-ffhq-256") == W_SPACE
    codes = torch.randn(1, generator.num_ws, 16)
    torch.testing.assert_close(load_generator("mine").synthesis(codes), generator.synthesis(codes))
    with pytest.raises(InputError, match="can be called 'mine'"):
        import_file(checkpoint)
    for name in ("../mine", next(iter(MODELS))):
        with pytest.raises(InputError, match="can be called"):
            import_file(checkpoint, name)


def test_what_has_to_be_imported_first_says_so(checkpoint) -> None:
    with pytest.raises(InputError, match="`steadyface models import"):
        file_of(str(checkpoint))
    with pytest.raises(InputError, match="unknown model 'nothing'; known: mobile-ffhq-256"):
        file_of("nothing")


def test_edits_of_another_w_space_are_refused_before_anything_runs(checkpoint, grid_clip) -> None:
    import_file(checkpoint)
    with pytest.raises(InputError, match="not for the W space of --model mine"):
        check_request(Job(grid_clip, (Request("smile"),), model="mine"))


def test_the_w_space_of_ffhq_is_recognised() -> None:
    embedded = load_embedded("mobile-ffhq-256")
    same = StyleGAN2(8, channel_base=64, channel_max=8)
    dense = [layer for layer in embedded.mapping if isinstance(layer, torch.nn.Linear)]
    for index, layer in enumerate(dense):
        ours = same.mapping.get_submodule(f"fc{index}")
        ours.weight.data.copy_(layer.weight / (0.01 / 512**0.5))
        ours.bias.data.copy_(layer.bias / 0.01)
    assert w_space(same) == W_SPACE
    assert w_space(StyleGAN2(8, channel_base=64, channel_max=8)) == ""


def test_conversion_for_other_programs(checkpoint, generator, tmp_path, capsys) -> None:
    import_file(checkpoint)
    codes = torch.randn(1, generator.num_ws, 16)
    for ending in (".pt", ".safetensors"):
        assert main(["models", "convert", "mine", str(tmp_path / f"out{ending}")]) == 0
        found, _ = read_stylegan2(tmp_path / f"out{ending}")
        torch.testing.assert_close(found.synthesis(codes), generator.synthesis(codes), atol=1e-5, rtol=0)
    assert main(["models", "convert", "mine", "out.onnx"]) == 2
    assert main(["models", "convert", "mobile-ffhq-256", "out.pt"]) == 2
    assert "no other program reads it" in capsys.readouterr().err


def test_a_listing_has_imported_models_with_their_licence(checkpoint, capsys) -> None:
    assert main(["models", "import", str(checkpoint), "--licence", "CC0"]) == 0
    assert "rosinality" in capsys.readouterr().out
    assert main(["models", "list"]) == 0
    assert "mine" in capsys.readouterr().out


def test_other_networks_are_named_and_sent_where_they_belong(tmp_path) -> None:
    torch.save(to_official(RaftNetwork(SMALL, "corners").state_dict()), tmp_path / "raft-small.pth")
    with pytest.raises(WeightsError, match=r"is a RAFT: give it to .*--flow"):
        import_file(tmp_path / "raft-small.pth")
    torch.save({"pca.weight": torch.zeros(2)}, tmp_path / "tnet_15.pth.tar")
    with pytest.raises(WeightsError, match="Latent Transformer"):
        import_file(tmp_path / "tnet_15.pth.tar")
    torch.save({"x": torch.zeros(2)}, tmp_path / "x.pth")
    with pytest.raises(WeightsError, match="no generator"):
        import_file(tmp_path / "x.pth")


def test_a_whole_set_of_other_peoples_files_edits_a_clip(
    generator, ada_pickle, grid_clip, tmp_path, monkeypatch, capsys
) -> None:
    """A StyleGAN2 pickle, an encoder e4e and a StyleCLIP mapper, in the published formats at small scale."""
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path / "edits"))
    draws = torch.Generator().manual_seed(4)
    (tmp_path / "ffhq.pkl").write_bytes(pickle.dumps({"G_ema": ada_pickle(generator)}))
    network = PspNetwork(Shape("e4e", rows=generator.num_ws, width=4, w_dim=16, head=16))
    state = {f"encoder.{key}": value for key, value in network.state_dict().items()}
    average = generator.w_mean.repeat(generator.num_ws, 1)
    opts = {"encoder_type": "Encoder4Editing", "stylegan_size": 64}
    torch.save({"state_dict": state, "opts": opts, "latent_avg": average}, tmp_path / "e4e.pt")
    mapper = {
        f"mapper.{level}_mapping.mapping.{n}.{part}": 40 * torch.randn(*(16,) * dims, generator=draws)
        for level in ("course", "medium")
        for n in range(1, 5)
        for part, dims in (("weight", 2), ("bias", 1))
    }
    torch.save({"state_dict": mapper, "opts": {"mapper_type": "LevelsMapper"}}, tmp_path / "angrier.pt")
    for name in ("ffhq.pkl", "e4e.pt", "angrier.pt"):
        assert main(["models", "import", str(tmp_path / name)]) == 0
    said = capsys.readouterr().out
    assert all(text in said for text in ("--model ffhq", "--encoder e4e", "--edit angrier"))
    job = Job(grid_clip, (Request("angrier"),), "direct", "ffhq", (0, 2), encoder="e4e")
    check_request(job)
    run = Run.open(tmp_path / "out")
    folder = run_job(job, run, preset=QUICK).folder / "aligned"
    before, direct = (FrameFolder(folder / name)([0, 1]) for name in ("inverted", "direct"))
    assert float((direct - before).abs().max()) > 0.02
    assert {"model", "encoder"} <= run.manifest["weights"].keys()
    with pytest.raises(InputError, match="unknown encoder 'e5e'; known: e4e"):
        check_request(replace(job, encoder="e5e"))


def test_a_run_of_the_released_code_goes_on_here(
    generator, ada_pickle, grid_clip, tmp_path, monkeypatch, capsys
) -> None:
    """Its crops, its tuned generator and its edited codes, in its formats at small scale."""
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path / "edits"))
    settings = Align.of(Job(grid_clip, (), frames=(0, 2)), PRESETS["default"])
    quads = follow(SimpleNamespace(watch=None, device="cpu"), settings).quads  # type: ignore[arg-type]
    np.save(tmp_path / "quads_ori.npy", quads + 1.5)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"G_ema": ada_pickle(generator)}))
    latents = generator.w_mean + 0.5 * torch.randn(2, generator.num_ws, 16)
    torch.save({"latents": latents}, tmp_path / "variables.pth")
    for name in ("model.pkl", "variables.pth"):
        assert main(["models", "import", str(tmp_path / name)]) == 0
    assert "edited codes of 2 frames" in capsys.readouterr().out
    job = Job(grid_clip, (Request("variables"),), "direct", "model", (0, 2), landmarks=tmp_path / "quads_ori.npy")
    check_request(job)
    run = Run.open(tmp_path / "out")
    folder = run_job(job, run, preset=replace(QUICK, adaptation=None)).folder
    np.testing.assert_allclose(load_file(folder / "state" / "align.safetensors")["quads"], quads + 1.5)
    drawn = FrameFolder(folder / "aligned" / "direct")([0, 1])
    tuned = deepcopy(generator)
    changed = load_file(folder / "state" / "tune.safetensors")
    changed = {key.removeprefix("generator."): value for key, value in changed.items()}
    tuned.load_state_dict(generator.state_dict() | changed)
    wanted = tuned.synthesis(latents).clamp(-1, 1)
    torch.testing.assert_close(drawn, wanted, atol=1.01 / 127.5, rtol=0)


def test_a_tuned_generator_becomes_a_style_of_its_base(checkpoint, generator, grid_clip, tmp_path, monkeypatch) -> None:
    """As StyleGAN-NADA writes it: rosinality's names, no latent_avg."""
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path / "edits"))
    tuned = deepcopy(generator)
    for parameter in tuned.synthesis.parameters():
        parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)))
    torch.save({"g_ema": to_rosinality(tuned)}, tmp_path / "sketchy.pt")
    import_file(checkpoint)
    assert main(["models", "import", str(tmp_path / "sketchy.pt"), "--style-of", "mine"]) == 0
    codes = torch.randn(1, generator.num_ws, 16)
    style = load_style(Request("sketchy"))
    torch.testing.assert_close(
        style(load_generator("mine")).synthesis(codes), tuned.synthesis(codes), atol=2e-3, rtol=0
    )
    job = Job(grid_clip, (Request("sketchy"),), "direct", "mine", (0, 2))
    check_request(job)
    folder = run_job(job, Run.open(tmp_path / "out"), preset=QUICK).folder / "aligned"
    before, direct = (FrameFolder(folder / name)([0, 1]) for name in ("inverted", "direct"))
    assert float((direct - before).abs().max()) > 0.02
    with pytest.raises(InputError, match="is for --model mine"):
        check_request(replace(job, model="mobile-ffhq-256"))


def test_a_style_needs_the_base_that_it_was_tuned_from(checkpoint, tmp_path) -> None:
    import_file(checkpoint)
    other = StyleGAN2(32, z_dim=8, w_dim=16, mapping_layers=2, channel_base=512, channel_max=16)
    torch.save({"g_ema": to_rosinality(other)}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="has other layers than mine"):
        import_style(tmp_path / "other.pt", "mine")
    with pytest.raises(InputError, match="is a MobileStyleGAN"):
        import_style(tmp_path / "other.pt", "mobile-ffhq-256")
