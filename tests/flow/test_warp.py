import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from steadyface.flow.warp import in_bounds, warp


@pytest.mark.parametrize("padding", ["border", "zeros"])
@pytest.mark.parametrize(("size", "tolerance"), [((256, 256), 0.0), ((1024, 512), 0.0), ((288, 360), 1e-4)])
def test_zero_flow_is_the_identity(padding, size, tolerance):
    image = torch.rand(1, 2, *size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    warped = warp(image, torch.zeros(1, 2, *size), padding)
    assert (warped - image).abs().max() <= tolerance


@given(dx=st.integers(-9, 9), dy=st.integers(-9, 9))
def test_whole_pixels_shift_the_image_and_repeat_the_border(dx, dy):
    image = torch.arange(8.0 * 16).view(1, 1, 8, 16).square().double()
    flow = torch.tensor([dx, dy], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, 8, 16)
    rows = np.clip(np.arange(8) + dy, 0, 7)
    columns = np.clip(np.arange(16) + dx, 0, 15)
    np.testing.assert_allclose(warp(image, flow)[0, 0], image[0, 0].numpy()[np.ix_(rows, columns)], rtol=1e-9)


@pytest.mark.parametrize(("padding", "scipy_mode"), [("border", "nearest"), ("zeros", "grid-constant")])
def test_equals_scipys_linear_interpolation(padding, scipy_mode):
    rng = np.random.default_rng(1)
    image = rng.normal(size=(2, 3, 11, 17))
    flow = rng.normal(scale=4, size=(2, 2, 11, 17))
    y, x = np.mgrid[:11, :17]
    expected = [
        [map_coordinates(channel, [y + v, x + u], order=1, mode=scipy_mode) for channel in planes]
        for planes, (u, v) in zip(image, flow, strict=True)
    ]
    warped = warp(torch.from_numpy(image), torch.from_numpy(flow), padding)
    np.testing.assert_allclose(warped, np.array(expected), atol=1e-12)


def test_gradients_of_image_and_flow():
    generator = torch.Generator().manual_seed(2)
    image = torch.randn(2, 2, 5, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    # Away from whole pixels and from the border, where bilinear sampling has kinks.
    offset = torch.rand(2, 2, 5, 6, dtype=torch.float64, generator=generator) * 0.8 + 0.1
    start = torch.stack(torch.meshgrid(torch.arange(6), torch.arange(5), indexing="xy")).double()
    flow = (start.flip(1, 2).clamp(max=3) - start + offset).requires_grad_()
    assert torch.autograd.gradcheck(warp, (image, flow))


def test_half_precision_images_are_sampled_at_full_precision():
    image = torch.linspace(-1, 1, 256).expand(1, 1, 256, 256)
    flow = torch.full((1, 2, 256, 256), 0.25)
    coarse = warp(image.bfloat16(), flow)
    assert coarse.dtype == torch.float32
    torch.testing.assert_close(coarse, warp(image.bfloat16().float(), flow), rtol=0, atol=0)


def test_in_bounds_ends_at_the_outermost_pixel_centres():
    flow = torch.zeros(1, 2, 4, 6)
    assert in_bounds(flow).all()
    flow[:, 0] = 2.0
    flow[:, 1] = -0.5
    expected = torch.zeros(4, 6)
    expected[1:, :4] = 1
    assert torch.equal(in_bounds(flow)[0, 0], expected)


def test_cubic_sampling_keeps_fine_lines_that_linear_sampling_weakens():
    wave = torch.sin(torch.pi / 2 * torch.arange(64.0) + 0.3).expand(1, 1, 64, 64)  # four pixels long
    half = torch.zeros(1, 2, 64, 64)
    half[:, 0] = 0.5
    linear, cubic = (warp(wave, half, mode=mode)[..., 8:-8].std() / wave.std() for mode in ("bilinear", "bicubic"))
    assert linear == pytest.approx(0.707, abs=0.02)
    assert cubic == pytest.approx(0.972, abs=0.02)  # 2 (19/32 cos(pi/4) - 3/32 cos(3 pi/4))
