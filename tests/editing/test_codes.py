from pathlib import Path

import pytest
import torch

from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import Request, load
from steadyface.editing.codes import GivenCodes, latents_in
from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator
from steadyface.zoo.convert import read_torch


def test_codes_take_the_place_of_the_clip_s(tiny_generator: Generator, tmp_path: Path) -> None:
    ws, given = torch.randn(3, 4, 16), torch.randn(3, 4, 16)
    GivenCodes(EditCard("theirs", "x"), given).save(tmp_path / "theirs.safetensors")
    path = str(tmp_path / "theirs.safetensors")
    torch.testing.assert_close(load(Request(path))(ws, tiny_generator), given)
    torch.testing.assert_close(load(Request(path, 0.5))(ws, tiny_generator), (ws + given) / 2)
    with pytest.raises(InputError, match=r"theirs has codes of the shape \(3, 4, 16\), the clip needs \(2, 4, 16\)"):
        load(Request(path))(ws[:2], tiny_generator)


def read_official(path: Path) -> torch.Tensor | None:
    return latents_in(read_torch(path.read_bytes()), path)


def test_reads_what_the_released_code_keeps(tmp_path: Path) -> None:
    latents = torch.randn(3, 4, 16, requires_grad=True)
    torch.save(latents, tmp_path / "latents.pth")
    torch.save({"latents": latents}, tmp_path / "variables.pth")
    for name in ("latents", "variables"):
        found = read_official(tmp_path / f"{name}.pth")
        assert found is not None
        assert torch.equal(found, latents)
    for odd in ({"x": latents}, [latents], torch.zeros(3, 4)):
        torch.save(odd, tmp_path / "odd.pth")
        assert read_official(tmp_path / "odd.pth") is None
    torch.save(latents * float("nan"), tmp_path / "nan.pth")
    with pytest.raises(WeightsError, match="not finite"):
        read_official(tmp_path / "nan.pth")
