"""RAFT against values of torchvision's own code, its weight files, and what is refused."""

import os

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from steadyface.errors import InputError, WeightsError
from steadyface.flow.dis import DisFlow
from steadyface.flow.estimators import load_estimator
from steadyface.flow.raft import Raft, load_raft
from steadyface.flow.raft_network import LARGE, SMALL, RaftNetwork

from .official_names import to_official

KINDS = {"small": (SMALL, "corners"), "large": (LARGE, "mask")}

# The last of four flows of torchvision's raft_small and raft_large on `picture(0)` and `picture(1)`, with the weights
# of `fill`: every 50th row and 60th column, x before y.
TORCHVISION = {
    "small": (4.47839, 4.16096, 4.15974, 3.16997, 3.13958, 3.15721, 3.16595, 3.14128, 3.13835,
              2.46016, 1.83111, 1.82615, 2.49433, 2.56636, 2.53944, 2.50663, 2.54926, 2.56921),
    "large": (1.53782, 2.25662, 2.25637, 2.12912, 3.1783, 3.17864, 2.11198, 3.18349, 3.18341,
              1.09198, 1.65648, 1.65587, 1.70839, 2.53199, 2.53161, 1.69148, 2.52915, 2.52933),
}  # fmt: skip


def fill(network: nn.Module) -> None:
    """Weights in closed form: waves, of a size that keeps the signal's."""
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            steps = torch.arange(value.numel(), dtype=torch.float64)
            wave = torch.sin(steps * (1 + 0.37 * len(name)) + len(name)).view(value.shape)
            scale = 1.2 * value[0].numel() ** -0.5 if value.ndim == 4 else 0.1
            positive = "running_var" in name or (value.ndim == 1 and name.endswith("weight"))
            value.copy_(1 + 0.3 * wave if positive else scale * wave)


def picture(number: int) -> Tensor:
    """(1, 3, 128, 160) of smooth waves."""
    y, x = torch.meshgrid(*(torch.arange(side, dtype=torch.float64) for side in (128, 160)), indexing="ij")
    phases = [(0.11 * x + 0.2 * c + 0.3 * number, 0.17 * y - 0.1 * c * x / 9 + 0.4 * number) for c in range(3)]
    return torch.stack([torch.sin(p) * torch.cos(q) for p, q in phases])[None].float()


def random_network(kind: str) -> RaftNetwork:
    torch.manual_seed(0)
    network = RaftNetwork(*KINDS[kind])
    network.update_block.flow_head.conv2.weight.data.mul_(10)
    return network


def random_pair(height: int = 64, width: int = 72) -> tuple[Tensor, Tensor]:
    draws = torch.Generator().manual_seed(1)
    first, second = (torch.rand(1, 3, height, width, generator=draws) * 2 - 1 for _ in range(2))
    return first, second


@pytest.mark.parametrize("kind", KINDS)
def test_equals_torchvisions_values(kind):
    network = RaftNetwork(*KINDS[kind])
    fill(network)
    flow = Raft(network, updates=4)(picture(0), picture(1))
    torch.testing.assert_close(flow[0, :, ::50, ::60].flatten(), torch.tensor(TORCHVISION[kind]), rtol=0, atol=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_both_forms_of_a_file_give_the_same_flow(kind, tmp_path):
    state = random_network(kind).state_dict()
    torch.save(state, tmp_path / "torchvision.pth")
    torch.save(to_official(state), tmp_path / "official.pth")
    save_file(state, tmp_path / "tensors.safetensors")
    a, b = random_pair()
    flows = [load_raft(path, updates=2)(a, b) for path in sorted(tmp_path.iterdir())]
    assert flows[0].abs().mean() > 0.01
    for flow in flows[1:]:
        torch.testing.assert_close(flow, flows[0], rtol=0, atol=1e-6)


def test_our_own_files_say_how_they_upsample_and_may_be_half_precise(tmp_path):
    state = {name: value.half() for name, value in random_network("small").state_dict().items()}
    save_file(state, tmp_path / "ours.safetensors", {"upsampling": "centres"})
    network = load_raft(tmp_path / "ours.safetensors").network
    assert network.upsampling == "centres"
    assert {value.dtype for value in network.state_dict().values()} == {torch.float32}


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 79), (20, 90)])
def test_any_size(height, width):
    flow = Raft(random_network("small"), updates=1)(*random_pair(height, width))
    assert flow.shape == (1, 2, height, width)
    assert flow.isfinite().all()


def test_frozen_and_differentiable_in_both_images():
    raft = Raft(random_network("small"), updates=2)
    a, b = (image.requires_grad_() for image in random_pair())
    raft(a, b).square().mean().backward()
    for image in (a, b):
        assert image.grad is not None
        assert image.grad.isfinite().all()
        assert image.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in raft.parameters())


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_hostile_file_is_refused_and_does_not_run(tmp_path):
    victim = tmp_path / "made-by-the-pickle"
    torch.save({"module.fnet.conv1.weight": Hostile(str(victim))}, tmp_path / "raft-things.pth")
    with pytest.raises(WeightsError, match=r"raft-things\.pth: refused a torch checkpoint"):
        load_raft(tmp_path / "raft-things.pth")
    assert not victim.exists()


def small_state(**changes: Tensor) -> dict[str, Tensor]:
    return random_network("small").state_dict() | {name.replace("__", "."): value for name, value in changes.items()}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"weight": torch.zeros(1)}, "is not a RAFT of torchvision or of its authors: it differs in"),
        (small_state(extra=torch.zeros(1)), r"differs in \['extra'\]"),
        (small_state(feature_encoder__conv__bias=torch.zeros(3)), r"differs in \['feature_encoder\.conv\.bias'\]"),
        (small_state(feature_encoder__conv__bias=torch.full((128,), torch.nan)), "is damaged"),
    ],
)
def test_other_networks_are_refused(tmp_path, state, message):
    torch.save(state, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=message) as caught:
        load_raft(tmp_path / "net.pth")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_missing_and_damaged_files_are_named(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=name) as caught:
        load_raft(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_estimators_by_name_and_by_file(tmp_path, monkeypatch):
    monkeypatch.setenv("STEADYFACE_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert isinstance(load_estimator("dis"), DisFlow)
    (tmp_path / "weights").mkdir()
    torch.save(to_official(random_network("small").state_dict()), tmp_path / "weights" / "raft-small.pth")
    for name in ("raft-small", "raft-small.pth", str(tmp_path / "weights" / "raft-small.pth")):
        assert isinstance(load_estimator(name), Raft)
    for name in ("raft-things", "elsewhere/raft-small"):
        with pytest.raises(InputError, match=f"unknown flow estimator '{name}': choose from dis, spynet, raft"):
            load_estimator(name)
