from dataclasses import replace

import pytest
import torch

from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.inversion.refine import code_penalties, refine_codes, starting_codes
from steadyface.inversion.settings import Refinement
from steadyface.runtime import optimise

QUICK = Refinement(common_steps=40, steps_per_frame=30, common_learning_rate=0.05, learning_rate=0.05)


def still(frames: torch.Tensor) -> torch.Tensor:
    return frames.new_zeros(len(frames), 0)


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    return Lpips("alex")


def test_rows_above_the_motion_side_share_the_clips_mean(tiny_generator: Generator) -> None:
    w = torch.randn(5, 16)
    ws = starting_codes(tiny_generator, w, motion_side=16)
    torch.testing.assert_close(ws[:, 0], w)
    torch.testing.assert_close(ws[:, 1], w)
    torch.testing.assert_close(ws[:, 2:], w.mean(0).expand(5, 2, 16))


def test_penalties_in_closed_form(tiny_generator: Generator) -> None:
    settings = Refinement(spread=1.0, distance=1.0)
    ws = tiny_generator.w_mean.expand(1, 4, 16) + 2 * tiny_generator.w_std
    losses = code_penalties(tiny_generator, ws, settings)
    assert float(losses["spread"]) == pytest.approx(0.0, abs=1e-9)
    assert float(losses["distance"]) == pytest.approx(4.0)


def test_refinement_finds_the_frames(tiny_generator: Generator, lpips: Lpips) -> None:
    torch.manual_seed(0)
    truth = torch.randn(1, 1, 16).expand(3, 4, 16) + 0.2 * torch.randn(3, 1, 16)
    with torch.no_grad():
        frames = tiny_generator.synthesis(truth)
    start = truth + 0.5 * torch.randn(1, 1, 16)

    def error(ws: torch.Tensor) -> float:
        with torch.no_grad():
            return float(lpips(tiny_generator.synthesis(ws), frames).mean())

    refined = refine_codes(tiny_generator, start, lambda i: frames[list(i)], still(frames), lpips, QUICK, seed=0)
    assert not refined.requires_grad
    assert error(refined) < 0.4 * error(start)
    again = refine_codes(tiny_generator, start, lambda i: frames[list(i)], still(frames), lpips, QUICK, seed=0)
    assert torch.equal(refined, again)


def test_in_mixed_precision_as_on_a_gpu_it_finds_them_too(
    tiny_generator: Generator, lpips: Lpips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dtypes that a GPU computes in, on a CPU."""
    monkeypatch.setattr(optimise, "mixed_precision", lambda device: torch.autocast("cpu", torch.bfloat16))
    torch.manual_seed(0)
    truth = torch.randn(1, 4, 16)
    with torch.no_grad():
        frames = tiny_generator.synthesis(truth)
    start = truth + 0.5 * torch.randn(1, 1, 16)
    refined = refine_codes(tiny_generator, start, lambda i: frames[list(i)], still(frames), lpips, QUICK, seed=0)
    assert refined.dtype == torch.float32
    with torch.no_grad():
        before, after = (float(lpips(tiny_generator.synthesis(ws), frames)) for ws in (start, refined))
    assert after < 0.6 * before


def test_a_direction_is_learnt_from_all_frames_that_move_along_it(tiny_generator: Generator, lpips: Lpips) -> None:
    torch.manual_seed(0)
    course = torch.tensor([0.0, 1.4, 0.3, -1.2, 0.8, -1.3, 0.5, -0.5])[:, None]
    plain = torch.randn(1, 4, 16).expand(8, 4, 16)
    with torch.no_grad():
        frames = tiny_generator.synthesis(plain + course[..., None] * torch.randn(1, 1, 16))
    together = replace(QUICK, common_steps=160, steps_per_frame=0, common_learning_rate=0.03, motion_scale=1.0)

    def error(motion: torch.Tensor) -> float:
        refined = refine_codes(tiny_generator, plain, lambda i: frames[list(i)], motion, lpips, together, seed=0)
        with torch.no_grad():
            return float(lpips(tiny_generator.synthesis(refined), frames).mean())

    assert error(course) < 0.5 * error(still(frames))
