import torch

from steadyface.clip.smooth import smooth_codes


def test_jitter_goes_and_steady_motion_stays() -> None:
    motion = torch.linspace(-1, 1, 30)[:, None, None].expand(30, 4, 8)
    jitter = 0.5 * torch.randn(30, 4, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(smooth_codes(motion, 2.0), motion)
    left = smooth_codes(motion + jitter, 2.0) - motion
    assert left.diff(dim=0).std() < 0.2 * jitter.diff(dim=0).std()
    assert torch.equal(smooth_codes(jitter, 0.0), jitter)
