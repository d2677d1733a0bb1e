"""e4e, pSp and ReStyle: the published names and shapes, and files in their format."""

from pathlib import Path

import pytest
import torch

from steadyface.errors import InputError, WeightsError
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.inversion.psp import PspEncoder, load_encoder, read_official, save_encoder
from steadyface.inversion.psp_network import PspNetwork, Shape

TYPES = {
    "e4e": "Encoder4Editing",
    "psp": "GradualStyleEncoder",
    "restyle-e4e": "ProgressiveBackboneEncoder",
    "restyle-psp": "BackboneEncoder",
}
TABLES = {"e4e": "e4e_psp", "psp": "e4e_psp", "restyle-e4e": "restyle", "restyle-psp": "restyle"}


@pytest.mark.parametrize("kind", TYPES)
def test_arrays_are_those_of_the_published_files(kind, key_table) -> None:
    table = dict(key_table(TABLES[kind]))
    with torch.device("meta"):
        network = PspNetwork(Shape(kind))
    assert {f"encoder.{key}": str(list(value.shape)) for key, value in network.state_dict().items()} == table


def small(kind: str) -> PspNetwork:
    torch.manual_seed(1)
    network = PspNetwork(Shape(kind, rows=8, width=4, w_dim=16, head=12))
    for name, buffer in network.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
    return network.eval()


def official(path: Path, kind: str) -> tuple[PspNetwork, torch.Tensor]:
    network, mean = small(kind), torch.randn(8, 16, generator=torch.Generator().manual_seed(2))
    state = {f"encoder.{key}": value for key, value in network.state_dict().items()}
    state["decoder.style.1.weight"] = torch.zeros(1)
    torch.save(
        {"state_dict": state, "opts": {"encoder_type": TYPES[kind], "device": "cuda:0"}, "latent_avg": mean}, path
    )
    return network, mean


@pytest.mark.parametrize("kind", ["e4e", "psp"])
def test_codes_are_the_mean_and_the_networks_offsets(kind, tmp_path, small_stylegan2: StyleGAN2) -> None:
    network, mean = official(tmp_path / "x.pt", kind)
    images = torch.rand(2, 3, 256, 256, generator=torch.Generator().manual_seed(3)) * 2 - 1
    with torch.no_grad():
        expected = network(images) + mean
        found = read_official(tmp_path / "x.pt")(images, small_stylegan2)
    torch.testing.assert_close(found, expected)
    if kind == "e4e":
        first = network.styles[0]
        network.styles[0] = torch.nn.Sequential(first, torch.nn.Threshold(1e9, 0))  # nothing: rows lose it alike
        with torch.no_grad():
            without = network(images) + mean
        lost = expected - without
        torch.testing.assert_close(lost, lost[:, :1].expand_as(lost), atol=1e-5, rtol=1e-4)


def test_restyle_looks_at_its_own_result(tmp_path, small_stylegan2: StyleGAN2) -> None:
    network, mean = official(tmp_path / "x.pt", "restyle-psp")
    images = torch.rand(1, 3, 256, 256) * 2 - 1
    enlarge = torch.nn.AdaptiveAvgPool2d(256)
    with torch.no_grad():
        code = mean[None]
        for _ in range(2):
            code = code + network(torch.cat([images, enlarge(small_stylegan2.synthesis(code))], 1))
        found = read_official(tmp_path / "x.pt")(images, small_stylegan2, iterations=2)
    torch.testing.assert_close(found, code)


@pytest.mark.parametrize("kind", TYPES)
def test_files_are_kept_as_they_are(kind, tmp_path, small_stylegan2: StyleGAN2) -> None:
    official(tmp_path / "x.pt", kind)
    encoder = read_official(tmp_path / "x.pt")
    save_encoder(encoder, tmp_path / "x.safetensors", "mine")
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    again = load_encoder(tmp_path / "x.safetensors")
    assert again.network.shape == encoder.network.shape
    assert torch.equal(again(images, small_stylegan2), encoder(images, small_stylegan2))


def test_a_network_of_one_row_gives_codes_of_w(tmp_path, small_stylegan2: StyleGAN2) -> None:
    torch.manual_seed(4)
    network = PspNetwork(Shape("restyle-e4e", rows=1, width=4, w_dim=16, head=12, side=128)).eval()
    save_encoder(PspEncoder(network, torch.randn(1, 16)), tmp_path / "x.safetensors", "mine")
    encoder, images = load_encoder(tmp_path / "x.safetensors"), torch.rand(2, 3, 256, 256) * 2 - 1
    codes = encoder(images, small_stylegan2, iterations=2)
    assert codes.shape == (2, small_stylegan2.num_ws, 16)
    assert torch.equal(codes, codes[:, :1].expand_as(codes))
    halved = torch.nn.functional.avg_pool2d(images, 2)
    torch.testing.assert_close(encoder(halved, small_stylegan2, iterations=2), codes)


def test_what_does_not_fit_is_said_in_one_line(tmp_path, tiny_generator) -> None:
    path = tmp_path / "x.pt"
    official(path, "e4e")
    tiny_generator.w_dim = 8
    with pytest.raises(InputError, match="8 rows of 16 numbers"):
        read_official(path)(torch.zeros(1, 3, 64, 64), tiny_generator)
    tree = torch.load(path, weights_only=True)
    torch.save({**tree, "opts": {"encoder_type": "Another"}}, path)
    with pytest.raises(WeightsError, match="not an encoder e4e, pSp or ReStyle"):
        read_official(path)
    del tree["state_dict"]["encoder.latlayer1.bias"]
    torch.save(tree, path)
    with pytest.raises(WeightsError, match="not an encoder of the kind e4e") as caught:
        read_official(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="models import"):
        load_encoder(path)
    assert isinstance(PspEncoder(small("e4e"), torch.zeros(8, 16)), torch.nn.Module)
