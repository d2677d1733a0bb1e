"""What a folder of pictures holds."""

from pathlib import Path

import torch

from steadyface.clip.synthesis import Synthesis
from steadyface.gan.base import Generator
from steadyface.runs.run import Run
from steadyface.stages.render import write


def test_fewer_frames_leave_no_old_pictures(tmp_path: Path, tiny_generator: Generator) -> None:
    run = Run.open(tmp_path)
    ws = torch.zeros(4, tiny_generator.num_ws, tiny_generator.w_dim)
    assert write(run, "edited", Synthesis(ws, tiny_generator), 4).count() == 4
    assert write(run, "edited", Synthesis(ws, tiny_generator), 2).count() == 2
