"""What a folder of pictures holds."""

from pathlib import Path

import numpy as np
import pytest
import torch

from steadyface.clip.segments import Segments
from steadyface.clip.synthesis import Synthesis
from steadyface.gan.base import Generator
from steadyface.runs.run import Run
from steadyface.stages import render
from steadyface.stages.render import middle, write

CPU = torch.device("cpu")


def test_fewer_frames_leave_no_old_pictures(tmp_path: Path, tiny_generator: Generator) -> None:
    run = Run.open(tmp_path)
    ws = torch.zeros(4, tiny_generator.num_ws, tiny_generator.w_dim)
    assert write(run, "edited", Synthesis(ws, tiny_generator), 4, CPU).count() == 4
    assert write(run, "edited", Synthesis(ws, tiny_generator), 2, CPU).count() == 2


def test_several_at_a_time_are_the_same_pictures(
    tmp_path: Path, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, seen = Run.open(tmp_path), []
    ws = torch.randn(7, tiny_generator.num_ws, tiny_generator.w_dim, generator=torch.Generator().manual_seed(0))
    alone = write(run, "one", Synthesis(ws, tiny_generator), 7, CPU)
    monkeypatch.setattr(render, "batch_size", lambda device: 3)
    together = write(run, "three", Synthesis(ws, tiny_generator), 7, CPU, lambda done: seen.append(done.step))
    assert seen == list(range(1, 8))
    for index in range(7):
        difference = alone.image(index).astype(int) - together.image(index)
        assert np.abs(difference).max() <= 1
    assert together([2, 5]).device == CPU


def test_a_preview_is_of_the_middle_of_the_longest_segment() -> None:
    film = Segments(np.array([*range(4), *range(10, 20)]), (0, 4), ((False, False),) * 2, (0, 1))
    assert middle(film, 4) == (13, 17)
    assert middle(film, 40) == (10, 20)
    assert middle(film, 1) == (14, 15)
