"""Generators in the files of other programs, in exactly their formats; and hostile files."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from steadyface.errors import InputError, WeightsError
from steadyface.gan.checkpoints import card_of, load_stylegan2, read_stylegan2, save_stylegan2, write_rosinality
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.gan.stylegan2_names import to_rosinality


@pytest.fixture
def codes(small_stylegan2: StyleGAN2) -> torch.Tensor:
    return torch.randn(2, small_stylegan2.num_ws, 16, generator=torch.Generator().manual_seed(3))


def same(path: Path, generator: StyleGAN2, codes: torch.Tensor) -> str:
    """Read a file, hold its images and mean against the generator's, and say what it was."""
    found, kind = read_stylegan2(path)
    torch.testing.assert_close(found.synthesis(codes), generator.synthesis(codes), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.w_mean, generator.w_mean)
    assert not any(parameter.requires_grad for parameter in found.parameters())
    return kind


def test_adas_pickle(small_stylegan2, codes, ada_pickle, tmp_path) -> None:
    path = tmp_path / "ffhq.pkl"
    path.write_bytes(pickle.dumps({"G": None, "D": None, "G_ema": ada_pickle(small_stylegan2)}))
    assert "ADA" in same(path, small_stylegan2, codes)


@pytest.mark.parametrize("average", ["(512,)", "(1, 512)", "(18, 512)"])
def test_rosinalitys_checkpoint(small_stylegan2, codes, tmp_path, average) -> None:
    mean = small_stylegan2.w_mean
    shapes = {"(512,)": mean, "(1, 512)": mean[None], "(18, 512)": mean.repeat(small_stylegan2.num_ws, 1)}
    path = tmp_path / "ffhq.pt"
    torch.save({"g_ema": to_rosinality(small_stylegan2), "latent_avg": shapes[average]}, path)
    assert same(path, small_stylegan2, codes) == "rosinality's checkpoint"


def test_without_an_average_it_is_measured(small_stylegan2, tmp_path) -> None:
    path = tmp_path / "sketch.pt"
    torch.save({"g_ema": to_rosinality(small_stylegan2), "g_optim": {"state": {}, "param_groups": []}}, path)
    found, kind = read_stylegan2(path)
    assert "without latent_avg" in kind
    z = torch.randn(4096, 8, generator=torch.Generator().manual_seed(9))
    assert float((found.w_mean - small_stylegan2.mapping(z).mean(0)).abs().max()) < 0.15 * float(found.w_std.mean())


@pytest.mark.parametrize("wrapped", [False, True], ids=["PTI", "STIT"])
def test_tuned_modules(small_stylegan2, codes, ada_pickle, tmp_path, wrapped) -> None:
    path, module = tmp_path / "tuned.pt", ada_pickle(small_stylegan2)
    torch.save({"generator": module, "pivots": torch.zeros(3, 8, 16), "quads": []} if wrapped else module, path)
    assert "PTI" in same(path, small_stylegan2, codes)


def test_safetensors_under_either_name(small_stylegan2, codes, tmp_path) -> None:
    save_file(small_stylegan2.state_dict(), tmp_path / "ada.safetensors")
    same(tmp_path / "ada.safetensors", small_stylegan2, codes)
    save_file(to_rosinality(small_stylegan2), tmp_path / "rosinality.safetensors")
    found, _ = read_stylegan2(tmp_path / "rosinality.safetensors")
    torch.testing.assert_close(found.synthesis(codes), small_stylegan2.synthesis(codes), atol=1e-5, rtol=0)


def test_round_trips(small_stylegan2, codes, tmp_path) -> None:
    write_rosinality(small_stylegan2, tmp_path / "a.pt")
    generator, _ = read_stylegan2(tmp_path / "a.pt")
    save_stylegan2(generator, card_of(generator, "a.pt", "mine"), tmp_path / "b.safetensors")
    again = load_stylegan2(tmp_path / "b.safetensors")
    assert torch.equal(again.synthesis(codes), small_stylegan2.synthesis(codes))
    assert torch.equal(again.w_std, generator.w_std)


class Hostile:
    """A pickle that makes a file when it is read by a reader that trusts it."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (self.victim,)


@pytest.mark.parametrize("ending", [".pkl", ".pt"])
def test_a_file_that_would_run_code_is_refused(tmp_path, ending) -> None:
    victim, path = tmp_path / "victim", tmp_path / f"evil{ending}"
    tree = {"G_ema": Hostile(victim), "g_ema": Hostile(victim)}
    if ending == ".pkl":
        path.write_bytes(pickle.dumps(tree))
    else:
        torch.save(tree, path)
    with pytest.raises(WeightsError, match="refused") as caught:
        read_stylegan2(path)
    assert not victim.exists()
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_damaged_files_are_refused_in_one_line(small_stylegan2, tmp_path) -> None:
    whole = io.BytesIO()
    torch.save({"g_ema": to_rosinality(small_stylegan2)}, whole)
    wrong = to_rosinality(small_stylegan2)
    wrong["convs.0.conv.weight"] = torch.zeros(1, 3, 3, 3, 3)
    odd = io.BytesIO()
    torch.save({"g_ema": wrong}, odd)
    files = {
        "short.pt": whole.getvalue()[:-2000],
        "empty.pt": b"",
        "text.pkl": b"not a pickle",
        "cut.safetensors": b"\x10\0\0\0",
        "shapes.pt": odd.getvalue(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError) as caught:
            read_stylegan2(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="there is no file"):
        read_stylegan2(tmp_path / "nothing.pt")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(small_stylegan2, tmp_path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", pickle.dumps({}))
        archive.writestr("bomb/data/0", bytes(64 << 20))
    with pytest.raises(WeightsError, match="larger than the file"):
        read_stylegan2(path)


def test_another_network_is_no_generator(tmp_path) -> None:
    torch.save({"state_dict": {"layer.weight": torch.zeros(2)}}, tmp_path / "x.pt")
    with pytest.raises(WeightsError, match="no generator 'g_ema'"):
        read_stylegan2(tmp_path / "x.pt")
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="models import"):
        load_stylegan2(tmp_path / "x.safetensors")
