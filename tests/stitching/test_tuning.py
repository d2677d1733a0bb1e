import torch

from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.stitching.settings import Stitching
from steadyface.stitching.tuning import stitch


def test_pictures_meet_the_input_at_the_seam_and_stay_inside(tiny_generator: Generator) -> None:
    torch.manual_seed(0)
    ws = torch.randn(3, 4, 16)
    with torch.no_grad():
        before = tiny_generator.synthesis(ws)
        inputs = (before + 0.2).clamp(-1, 1)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 20:44, 20:44] = 1.0
    ring = torch.zeros(1, 1, 64, 64)
    ring[..., 14:50, 14:50] = 1.0
    ring = ring - mask
    tuned = stitch(
        tiny_generator,
        ws,
        lambda frames: inputs[list(frames)],
        lambda _: (mask, ring),
        Lpips("alex"),
        Stitching(epochs=20, learning_rate=3e-3),
        seed=0,
    )
    with torch.no_grad():
        after = tuned.synthesis(ws)
        torch.testing.assert_close(tiny_generator.synthesis(ws), before)

    def gap(images: torch.Tensor, goal: torch.Tensor, where: torch.Tensor) -> float:
        return float((where * (images - goal).square()).sum() / (3 * len(images) * where.sum()))

    assert gap(after, inputs, ring) < 0.5 * gap(before, inputs, ring)
    assert gap(after, before, mask) < gap(after, before, ring)
