import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from steadyface import zoo
from steadyface.critics.lpips import Lpips, Seen

# Convolutions (key, stride, padding); kernels of the poolings before some; those compared after their ReLU.
_PLAN = {
    "alex": ([(0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)], {3: 3, 6: 3}, (0, 3, 6, 8, 10)),
    "vgg": (
        [(key, 1, 1) for key in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)],
        {5: 2, 10: 2, 17: 2, 24: 2},
        (2, 7, 14, 21, 28),
    ),
}


def _windows(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """(C, H, W) to (C, h, w, kernel, kernel)."""
    views = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
    return views[:, ::stride, ::stride]


def _numpy_lpips(trunk: str, a: np.ndarray, b: np.ndarray) -> float:
    """LPIPS from its definition, image by image, in float64: the oracle."""
    weights = {key: value.astype(np.float64) for key, value in load_file(zoo.weights(f"lpips-{trunk}")).items()}
    convolutions, poolings, compared = _PLAN[trunk]
    mean = np.array([0.485, 0.456, 0.406])[:, None, None]
    std = np.array([0.229, 0.224, 0.225])[:, None, None]
    pair = [((image + 1) / 2 - mean) / std for image in (a, b)]
    total = 0.0
    for key, stride, padding in convolutions:
        kernel, bias = weights[f"features.{key}.weight"], weights[f"features.{key}.bias"]
        for k in range(2):
            x = pair[k]
            if key in poolings:
                x = _windows(x, poolings[key], 2).max((3, 4))
            x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
            patches = _windows(x, kernel.shape[2], stride)
            pair[k] = np.maximum(np.einsum("cyxij,ocij->oyx", patches, kernel, optimize=True) + bias[:, None, None], 0)
        if key in compared:
            unit = [x / (np.sqrt((x**2).sum(0)) + 1e-10) for x in pair]
            head = weights[f"lin{compared.index(key)}.weight"][0]
            total += float((head * (unit[0] - unit[1]) ** 2).sum(0).mean())
    return total


@pytest.fixture(scope="module", params=["alex", "vgg"])
def trunk(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def lpips(trunk: str) -> Lpips:
    return Lpips(trunk)


@pytest.fixture
def pair(portraits):
    """Two patches of either of two people: (2, 3, 64, 64) twice."""
    patches = [portraits[..., 100:164, left : left + 64] for left in (60, 130)]
    return torch.stack([patch[0] for patch in patches]), torch.stack([patch[1] for patch in patches])


def test_equals_the_definition_in_numpy(lpips, trunk, pair):
    a, b = pair
    expected = [_numpy_lpips(trunk, x, y) for x, y in zip(a.double().numpy(), b.double().numpy(), strict=True)]
    # LPIPS v0.1 rounds the input's normalisation to three digits; the oracle doesn't.
    np.testing.assert_allclose(lpips(a, b), expected, rtol=2e-3)


def test_is_a_symmetric_distance_that_grows_with_the_difference(lpips, pair):
    a, b = pair
    torch.testing.assert_close(lpips(a, a), torch.zeros(2))
    torch.testing.assert_close(lpips(a, b), lpips(b, a))
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(0))
    distances = torch.stack([lpips(a, a + level * noise) for level in (0.02, 0.1, 0.4)])
    assert (distances.diff(dim=0) > 0).all()


def test_features_can_be_computed_once(lpips, pair):
    a, b = pair
    fixed = lpips.features(b)
    torch.testing.assert_close(lpips(lpips.see(a), Seen(b, fixed)), lpips(a, b))
    for level in fixed:
        norms = level.norm(dim=1)
        torch.testing.assert_close(norms[norms > 0.5], torch.ones_like(norms[norms > 0.5]))


def test_spatial_shows_where_the_difference_is(lpips, pair):
    a, _ = pair
    b = a.clone()
    b[:, :, 8:24, 36:52] *= -1
    where = lpips.spatial(a, b)
    assert where.shape == (2, 1, 64, 64)
    assert (where[:, :, 8:24, 36:52].mean((1, 2, 3)) > 3 * where[:, :, 40:, :24].mean((1, 2, 3))).all()
    # Bilinear upsampling by whole factors nearly keeps a map's mean, so both reductions must agree roughly.
    torch.testing.assert_close(where.mean((1, 2, 3)), lpips(a, b), rtol=0.2, atol=0)


def test_is_frozen_and_differentiable_even_where_features_vanish(lpips):
    image = torch.full((1, 3, 48, 48), -1.0, requires_grad=True)
    lpips(image, torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))).sum().backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()
    assert image.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in lpips.parameters())


def test_the_smallest_images_are_as_documented(lpips, trunk):
    side = {"alex": 31, "vgg": 16}[trunk]
    assert lpips(torch.zeros(1, 3, side, side), torch.ones(1, 3, side, side)).isfinite().all()
    with pytest.raises(RuntimeError):
        lpips(torch.zeros(1, 3, side - 1, side - 1), torch.ones(1, 3, side - 1, side - 1))
