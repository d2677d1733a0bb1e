"""Fixtures that every part of the suite shares."""

import gzip
import json
import sys
import types
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder
from steadyface.clip.segments import Segments
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.runtime import optimise as loop

DATA = Path(__file__).parent / "data"
PORTRAIT = "061_neutral"


@pytest.fixture(scope="session")
def grid_clip() -> Path:
    """A man who speaks: 75 frames of 360x288, 25 a second, with MP2 sound. `data/README.md` says whose the data are."""
    return DATA / "grid_sbia1a.mpg"


@pytest.fixture(scope="session")
def photograph() -> np.ndarray:
    """A portrait of a man, neutral, (512, 512, 3)."""
    return np.ascontiguousarray(cv2.imread(str(DATA / f"{PORTRAIT}.jpg"))[..., ::-1])


@pytest.fixture(scope="session")
def marks() -> np.ndarray:
    """The photograph's points as a hand has placed them, (189, 2): the pupils first."""
    return np.array(json.loads((DATA / f"{PORTRAIT}.json").read_text(encoding="utf-8"))[PORTRAIT])


@pytest.fixture(scope="session")
def key_table() -> Callable[[str], list[list[str]]]:
    """Read the rows of a published table of names and shapes."""

    def read(name: str) -> list[list[str]]:
        with gzip.open(DATA / "keys" / f"{name}.tsv.gz", "rt", encoding="utf-8") as file:
            return [line.rstrip("\n").split("\t") for line in file]

    return read


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end for what tests were skipped, and how many."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        each = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"skipped: {each}")


@pytest.fixture
def grey_clip(tmp_path: Path) -> Callable[[Sequence[int], int], Aligned]:
    """Makes clips of crops of one grey each, (greys, side): a face is a circle about the middle, all is a person."""

    def make(greys: Sequence[int], side: int) -> Aligned:
        folder = FrameFolder(tmp_path / "crops")
        for index, grey in enumerate(greys):
            folder.write(index, np.full((side, side, 3), grey, np.uint8))
        angle = np.arange(468) * 2 * np.pi / 468
        circle = side * (0.5 + 0.3125 * np.stack([np.cos(angle), np.sin(angle)], -1))
        count = len(greys)
        return Aligned(
            np.zeros((count, 4, 2)),
            np.stack([circle] * count),
            np.ones((side, side), np.float32),
            folder,
            Segments.whole(count),
        )

    return make


class TinyGenerator(nn.Module):
    """A random 64 px generator that meets the `Generator` protocol: four styled layers, at 8 to 64 px."""

    resolution = 64
    w_space = ""
    num_ws = 4
    w_dim = 16
    z_dim = 8
    ws_resolutions = (8, 16, 32, 64)

    def __init__(self) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(0)

        def random(*shape: int, scale: float = 1.0) -> nn.Parameter:
            return nn.Parameter(scale * torch.randn(shape, generator=draws))

        self.mapping = nn.Linear(self.z_dim, self.w_dim)
        self.mapping.weight = random(self.w_dim, self.z_dim, scale=self.z_dim**-0.5)
        self.mapping.bias = random(self.w_dim)
        self.const = random(1, 12, 8, 8)
        self.layers = nn.ModuleList()
        for _ in self.ws_resolutions:
            style = random(12, self.w_dim, scale=0.5 * self.w_dim**-0.5)
            self.layers.append(TinyLayer(style, random(12, 12, 3, 3, scale=0.12)))
        self.colours = nn.Conv2d(12, 3, 1)
        self.colours.weight, self.colours.bias = random(3, 12, 1, 1, scale=0.3), random(3, scale=0.1)
        self.register_buffer("w_mean", self.mapping.bias.detach().clone())
        self.register_buffer("w_std", torch.ones(self.w_dim))

    def synthesis(self, ws: Tensor) -> Tensor:
        x = self.const
        for row, layer in enumerate(self.layers):
            x = layer(functional.interpolate(x, scale_factor=2) if row else x, ws[:, row])
        return torch.tanh(self.colours(x)).float()


class TinyLarge(TinyGenerator):
    """Its larger sister, of 128 px: the first layers are the same, those from 64 px on its own."""

    resolution = 128
    num_ws = 5
    ws_resolutions = (8, 16, 32, 64, 128)

    def __init__(self) -> None:
        super().__init__()
        with torch.no_grad():
            self.layers[3].weight.mul_(0.5)


class TinyLayer(nn.Module):
    """Channels scaled by the style, a 3x3 convolution, leaky ReLU."""

    def __init__(self, style: nn.Parameter, weight: nn.Parameter) -> None:
        super().__init__()
        self.style, self.weight = style, weight

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scaled = x * (1 + w @ self.style.T)[:, :, None, None]
        return functional.leaky_relu(functional.conv2d(scaled, self.weight, padding=1), 0.2)


@pytest.fixture
def tiny_generator() -> TinyGenerator:
    """A new small generator with the same weights each time, its parameters frozen."""
    return TinyGenerator().eval().requires_grad_(False)


@pytest.fixture
def tiny_large() -> TinyLarge:
    """As `tiny_generator`, the larger one."""
    return TinyLarge().eval().requires_grad_(False)


@pytest.fixture
def small_stylegan2() -> StyleGAN2:
    """A random StyleGAN2 of 32 px whose codes have 16 numbers, its parameters frozen."""
    torch.manual_seed(0)
    made = StyleGAN2(32, z_dim=8, w_dim=16, mapping_layers=2, channel_base=256, channel_max=16)
    for name, parameter in made.named_parameters():
        if name.endswith(("bias", "noise_strength")):
            nn.init.normal_(parameter, std=0.3)
    made.mapping.w_avg.normal_()
    made.measure_w()
    return made.eval().requires_grad_(False)


@pytest.fixture
def persistence(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Stand-ins for the modules whose names such pickles hold; reading must not import them."""
    package, module = types.ModuleType("torch_utils"), types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta):
        raise AssertionError("the pickle's source was about to be run")

    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj
    package.persistence = module
    monkeypatch.setitem(sys.modules, "torch_utils", package)
    monkeypatch.setitem(sys.modules, "torch_utils.persistence", module)
    return module


@pytest.fixture
def ada_pickle(persistence: types.ModuleType) -> Callable[[nn.Module], object]:
    """Makes of a module what StyleGAN2-ADA pickles in its place."""
    return lambda module: persistent(module, persistence)


def persistent(module: nn.Module, persistence: types.ModuleType) -> object:
    """An object that pickles as a persistent class does: a call with the source's text and the module's fields."""

    class Stored:
        def __reduce__(self):
            state = dict(module.__dict__)
            state["_modules"] = {name: persistent(child, persistence) for name, child in module.named_children()}
            state = {key: state[key] for key in ("_parameters", "_buffers", "_modules", "training")}
            meta = {
                "type": "class",
                "version": 6,
                "module_src": "raise SystemExit('executed')",
                "class_name": type(module).__name__,
                "state": state,
            }
            return persistence._reconstruct_persistent_obj, (meta,)

    return Stored()


class Memory:
    """A checkpoint in memory."""

    def __init__(self) -> None:
        self.every_seconds = 20.0
        self.kept: tuple[int, dict[str, Tensor]] | None = None

    def load(self) -> tuple[int, dict[str, Tensor]] | None:
        return self.kept

    def save(self, step: int, tensors: Mapping[str, Tensor]) -> None:
        self.kept = step, {name: tensor.clone() for name, tensor in tensors.items()}


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A checkpoint in memory, with a clock that makes every step due for saving."""
    clock = iter(range(0, 10**9, 1000))
    monkeypatch.setattr(loop.time, "monotonic", lambda: next(clock))
    return Memory()
