"""The blur against a convolution written out."""

import torch
from torch.nn import functional as F

from steadyface.flow.blur import blurred


def test_it_is_a_gaussian_s_convolution() -> None:
    pictures = torch.randn(2, 7, 24, 32, generator=torch.Generator().manual_seed(0))
    steps = torch.arange(-8.0, 9.0)
    kernel = torch.exp(-0.5 * (steps / 1.5) ** 2)
    kernel = (kernel[:, None] * kernel).div(kernel.sum() ** 2)[None, None]
    expected = F.conv2d(F.pad(pictures, (8,) * 4, mode="reflect").transpose(0, 1).reshape(14, 1, 40, 48), kernel)
    got = blurred(pictures, 1.5).transpose(0, 1).reshape(14, 1, 24, 32)
    torch.testing.assert_close(got, expected, atol=2e-3, rtol=0)


def test_one_channel_stays_one() -> None:
    assert blurred(torch.ones(1, 1, 8, 8), 2.0).shape == (1, 1, 8, 8)
