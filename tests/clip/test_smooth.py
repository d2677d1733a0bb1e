"""Codes smoothed over time."""

import numpy as np
import torch

from steadyface.clip.segments import Segments
from steadyface.clip.smooth import smooth_codes

WHOLE = Segments.whole(30)


def test_jitter_goes_and_steady_motion_stays() -> None:
    motion = torch.linspace(-1, 1, 30)[:, None, None].expand(30, 4, 8)
    jitter = 0.5 * torch.randn(30, 4, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(smooth_codes(motion, 2.0, WHOLE), motion)
    left = smooth_codes(motion + jitter, 2.0, WHOLE) - motion
    assert left.diff(dim=0).std() < 0.2 * jitter.diff(dim=0).std()
    assert torch.equal(smooth_codes(jitter, 0.0, WHOLE), jitter)


def test_codes_of_two_shots_are_not_mixed() -> None:
    cut = Segments(np.arange(30), (0, 10), ((False, False),) * 2, (0, 1))
    steps = (torch.arange(30) >= 10).float()[:, None, None]
    torch.testing.assert_close(smooth_codes(steps, 3.0, cut), steps)
