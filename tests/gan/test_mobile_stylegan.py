"""The default generator against the reference runtime, and the 256 px one against the 1024 px one."""

from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

from steadyface.critics.lpips import Lpips
from steadyface.errors import InputError
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.gan.mobile_stylegan import MobileStyleGAN
from steadyface.zoo import CARDS
from steadyface.zoo.archives import read_members
from steadyface.zoo.registries import download


@pytest.fixture(scope="module")
def wide() -> MobileStyleGAN:
    return load_generator("mobile-ffhq-1024")


@pytest.fixture(scope="module")
def small() -> MobileStyleGAN:
    return load_generator("mobile-ffhq-256")


def test_meets_the_contract(small: MobileStyleGAN) -> None:
    assert isinstance(small, Generator)
    assert small.num_ws == len(small.ws_resolutions)
    assert small.ws_resolutions[0] == 4
    assert small.ws_resolutions[-1] == 256
    assert not any(parameter.requires_grad for parameter in small.parameters())


def test_in_mixed_precision_the_image_is_nearly_the_same(small: MobileStyleGAN) -> None:
    ws = broadcast_w(small, small.w_mean[None])
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        mixed = small.synthesis(ws)
    assert mixed.dtype == torch.float32
    with torch.no_grad():
        assert (mixed - small.synthesis(ws)).abs().mean() < 0.02


def test_every_row_of_the_code_matters(small: MobileStyleGAN) -> None:
    ws = broadcast_w(small, small.w_mean[None]).clone().requires_grad_()
    small.synthesis(ws).square().sum().backward()
    assert (ws.grad.abs().amax(dim=(0, 2)) > 0).all()


def test_mean_of_w_is_the_mean_of_mapped_codes(small: MobileStyleGAN) -> None:
    w = small.mapping(torch.randn(4000, 512, generator=torch.Generator().manual_seed(5)))
    error = (w.mean(0) - small.w_mean) / small.w_std
    assert error.abs().mean() < 2.0 / 4000**0.5
    torch.testing.assert_close(w.std(0).mean(), small.w_std.mean(), rtol=0.03, atol=0)


def test_small_generator_shows_what_the_wide_one_does(wide: MobileStyleGAN, small: MobileStyleGAN) -> None:
    z = torch.randn(3, 512, generator=torch.Generator().manual_seed(77))
    w = sample_w(small, z, 0.7)
    lpips = Lpips("alex")
    with torch.no_grad():
        for one in w.split(1):
            goal = torch.nn.functional.avg_pool2d(wide.synthesis(broadcast_w(wide, one)), 4).clamp(-1, 1)
            image = small.synthesis(broadcast_w(small, one)).clamp(-1, 1)
            assert float(lpips(image, goal)) < 0.10
            assert 10 * torch.log10(4 / (image - goal).square().mean()) > 23


@pytest.mark.parametrize("psi", [0.5, 0.8, 1.0])
def test_at_512_px_it_is_the_wide_one_averaged_over_two_by_two(wide: MobileStyleGAN, psi: float) -> None:
    middle = load_generator("mobile-ffhq-512")
    assert (middle.num_ws, middle.ws_resolutions[-1]) == (wide.num_ws, 512)
    w = sample_w(wide, torch.randn(1, 512, generator=torch.Generator().manual_seed(9)), psi)
    with torch.no_grad():
        goal = torch.nn.functional.avg_pool2d(wide.synthesis(broadcast_w(wide, w)), 2)
        torch.testing.assert_close(middle.synthesis(broadcast_w(middle, w)), goal, rtol=0, atol=1e-5)


def test_equals_the_reference_runtime(wide: MobileStyleGAN, tmp_path: Path) -> None:
    card = CARDS["mobile-ffhq"]
    archive = tmp_path / card.source.filename
    download(card.source, archive)
    for name, content in read_members(archive, card.members).items():
        (tmp_path / Path(name).name).write_bytes(content)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    models = [
        openvino.Core().compile_model(str(tmp_path / f"{name}Network.xml"), "CPU", exact)
        for name in ("Mapping", "Synthesis")
    ]
    z = torch.randn(1, 512, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        w = wide.mapping(z)
        np.testing.assert_allclose(w, models[0](z.numpy())[0], atol=1e-4)
        one = wide.w_mean.lerp(w, 0.7)
        image = wide.synthesis(broadcast_w(wide, one))
    np.testing.assert_allclose(image, models[1](one.numpy())[0], atol=1e-4)


def test_unknown_model_is_refused() -> None:
    with pytest.raises(InputError, match="mobile-ffhq-256"):
        load_generator("stylegan9")
