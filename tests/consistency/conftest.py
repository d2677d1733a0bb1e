"""A small flickering video made by the tiny generator."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from steadyface.clip.frames import Frames
from steadyface.critics.lpips import Lpips
from steadyface.runtime import optimise as loop


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Images this small gain nothing from threads, and sums in one order repeat exactly."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def lpips() -> Lpips:
    return Lpips("alex")


@dataclass(frozen=True)
class Clip:
    generator: nn.Module
    ws: Tensor
    """(8, 4, 16): one steady code plus jitter, the "edited" video."""
    inputs: Frames
    """The steady code's image, eight times, darkened: an input that doesn't move."""


@pytest.fixture
def clip(tiny_generator: nn.Module) -> Clip:
    draws = torch.Generator().manual_seed(5)
    steady = tiny_generator.mapping(torch.randn(1, 8, generator=draws))[:, None].expand(1, 4, -1)
    ws = steady + 0.15 * torch.randn(8, 4, 16, generator=draws)
    with torch.no_grad():
        image = 0.9 * tiny_generator.synthesis(steady)
    return Clip(tiny_generator, ws, lambda frames: image.expand(len(frames), -1, -1, -1))


def no_motion(a: Tensor, b: Tensor) -> Tensor:
    """A flow estimator for a clip that doesn't move."""
    return torch.zeros(a.shape[0], 2, *a.shape[2:])


def mean_flow(a: Tensor, b: Tensor) -> Tensor:
    """An estimator through which gradients reach the images; it finds small motion that isn't there."""
    shift = 0.2 * (a - b).mean((1, 2, 3))
    return shift[:, None, None, None].expand(-1, 2, *a.shape[2:])


def stop_at(step: int):
    """A watcher that interrupts the loop after ``step``, before it is saved."""

    def watch(progress: loop.Progress) -> None:
        if progress.step == step:
            raise KeyboardInterrupt

    return watch


def flicker(images: Tensor) -> float:
    """Warping error of a clip that doesn't move: the mean squared difference of consecutive frames."""
    return (images[1:] - images[:-1]).square().mean().item()
