"""The optimisation loop that all stages share: Adam, seeded per step, with checkpoints and callbacks.

Every long stage (refinement, pivotal tuning, phases 1 and 2, stitching) is a loss as a function of the step
number. A step's random numbers come from `step_rng`, so that a run that was killed continues exactly as if it had
not been.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from steadyface.errors import SteadyfaceError
from steadyface.runtime.device import mixed_precision

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """What a callback is given after each step."""

    stage: str
    """The name of the loop; a stage may have several."""
    step: int
    """Steps done, from 1."""
    steps: int
    losses: Mapping[str, float]


Watcher = Callable[[Progress], None]


class Checkpoint(Protocol):
    """Where a loop saves its state between two runs of the program."""

    @property
    def every_seconds(self) -> float:
        """How often the state is to be saved."""
        ...

    def load(self) -> tuple[int, dict[str, Tensor]] | None:
        """Return the steps done and the tensors, or None when nothing has been saved."""
        ...

    def save(self, step: int, tensors: Mapping[str, Tensor]) -> None:
        """Save them, atomically. The tensors change as soon as this returns."""
        ...


def both(first: Watcher, second: Watcher | None) -> Watcher:
    """A watcher that calls two others."""

    def watch(seen: Progress) -> None:
        first(seen)
        if second is not None:
            second(seen)

    return watch


@dataclass
class Counter:
    """Reports the steps of a loop that optimises nothing, such as one over frames; called after each."""

    loop: str
    steps: int
    watch: Watcher | None
    step: int = 0

    def __call__(self) -> None:
        """A step is done."""
        self.step += 1
        if self.watch is not None:
            self.watch(Progress(self.loop, self.step, max(self.step, self.steps), {}))


def counted(items: Iterable[T], loop: str, steps: int, watch: Watcher | None) -> Iterator[T]:
    """The same items; each is reported when the next one is asked for."""
    done = Counter(loop, steps, watch)
    for item in items:
        yield item
        done()


class DivergedError(SteadyfaceError):
    """A loss became infinite or not a number."""


def step_rng(seed: int, step: int) -> np.random.Generator:
    """Random numbers of one step: the same whenever that step is run."""
    return np.random.default_rng((seed, step))


def shuffled_index(seed: int, step: int, count: int) -> int:
    """Index for ``step`` when every epoch of ``count`` steps visits each index once, in a seeded order."""
    epoch, position = divmod(step, count)
    return int(np.random.default_rng((seed, 7, epoch)).permutation(count)[position])


def ramp(rate: float, steps: int, *, rise: float = 0.05, fall: float = 0.3) -> Callable[[int], float]:
    """Learning rate that rises over the first fraction ``rise`` of the steps, and falls by a cosine over the last
    fraction ``fall``."""

    def at(step: int) -> float:
        done = (step + 0.5) / steps
        up = min(1.0, done / rise) if rise else 1.0
        down = min(1.0, (1.0 - done) / fall) if fall else 1.0
        return rate * up * (0.5 - 0.5 * float(np.cos(np.pi * down)))

    return at


def optimise(
    stage: str,
    losses_at: Callable[[int], dict[str, Tensor]],
    parameters: Mapping[str, Tensor],
    *,
    steps: int,
    learning_rate: float | Callable[[int], float],
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> None:
    """Minimise, in place, the sum of ``losses_at(step)`` over the named parameters.

    ``losses_at`` returns weighted scalar losses by name; only the given parameters get gradients from it. A GPU
    computes them in `mixed_precision`. Raises `DivergedError` when the loss is no longer finite.
    """
    tensors = dict(parameters)
    device = next(iter(tensors.values())).device
    optimiser = torch.optim.Adam(tensors.values(), lr=1.0)
    start = _restore(checkpoint, tensors, optimiser)
    saved = time.monotonic()
    for step in range(start, steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step) if callable(learning_rate) else learning_rate
        with mixed_precision(device):
            losses = {name: loss.float() for name, loss in losses_at(step).items()}
        total = torch.stack(list(losses.values())).sum()
        if not torch.isfinite(total):
            raise DivergedError(f"{stage} diverged at step {step + 1}; try a lower strength or another seed")
        gradients = torch.autograd.grad(total, list(tensors.values()), allow_unused=True)
        for tensor, gradient in zip(tensors.values(), gradients, strict=True):
            tensor.grad = gradient
        optimiser.step()
        if watch is not None:
            watch(Progress(stage, step + 1, steps, {name: value.item() for name, value in losses.items()}))
        if checkpoint is not None and (step + 1 == steps or time.monotonic() - saved > checkpoint.every_seconds):
            checkpoint.save(step + 1, _state(tensors, optimiser))
            saved = time.monotonic()
    for tensor in tensors.values():
        tensor.grad = None


def _state(tensors: Mapping[str, Tensor], optimiser: torch.optim.Adam) -> dict[str, Tensor]:
    state = {f"value.{name}": tensor.detach() for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        for key, value in optimiser.state[tensor].items():
            state[f"adam.{key}.{name}"] = value
    return state


def _restore(checkpoint: Checkpoint | None, tensors: Mapping[str, Tensor], optimiser: torch.optim.Adam) -> int:
    kept = checkpoint.load() if checkpoint is not None else None
    if kept is None:
        return 0
    step, state = kept
    for name, tensor in tensors.items():
        with torch.no_grad():
            tensor.copy_(state[f"value.{name}"])
        # A parameter that never had a gradient has no moments. Copies, since Adam writes into them.
        if f"adam.step.{name}" in state:
            moments = {key: state[f"adam.{key}.{name}"].clone() for key in ("step", "exp_avg", "exp_avg_sq")}
            optimiser.state[tensor] = {k: v if k == "step" else v.to(tensor.device) for k, v in moments.items()}
    return step
