"""The classifiers on generated faces labelled by hand, and on two real ones."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from steadyface.critics.attributes import Attributes
from steadyface.critics.face_features import face_features
from steadyface.critics.lpips import Lpips
from steadyface.editing import catalogue
from steadyface.gan.base import broadcast_w, sample_w, synthesise
from steadyface.gan.load import load_generator
from steadyface.gan.mobile_stylegan import MobileStyleGAN

LABELLED = {
    "eyeglasses": [8, 9, 22, 41, 47],
    "sunglasses": [14, 118, 120, 125, 132],
    "beard": [11, 31, 47, 76, 77],
    "none": [0, 1, 2, 3, 4],
}
"""Numbers of faces drawn with seed 1234, as they look: the first five of each kind."""


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    return Lpips("alex")


@pytest.fixture(scope="module")
def attributes(lpips: Lpips) -> Attributes:
    return Attributes(lpips)


@pytest.fixture(scope="module")
def generator() -> MobileStyleGAN:
    return load_generator("mobile-ffhq-256")


@torch.no_grad()
def scored(attributes: Attributes, images: Tensor) -> dict[str, Tensor]:
    return dict(zip(attributes.labels, attributes(images).unbind(1), strict=True))


def test_portraits(attributes, portraits):
    """Neither wears eyeglasses or a beard."""
    found = scored(attributes, portraits)
    assert (found["eyeglasses"] < -1).all()
    assert (found["sunglasses"] < -2).all()
    assert (found["beard"] < -1).all()


@torch.no_grad()
def test_faces_labelled_by_hand(attributes, generator):
    z = torch.randn(160, generator.z_dim, generator=torch.Generator().manual_seed(1234))
    found = {}
    for label, numbers in LABELLED.items():
        ws = broadcast_w(generator, sample_w(generator, z[numbers], 0.85))
        found[label] = scored(attributes, synthesise(generator, ws))
    for label in attributes.labels:
        assert (found[label][label] > 0).sum() >= 4
        assert (found["none"][label] < 0).all()
    assert (found["sunglasses"]["eyeglasses"] < found["eyeglasses"]["eyeglasses"].mean()).all()


@torch.no_grad()
@pytest.mark.parametrize("name", ["eyeglasses", "beard"])
def test_the_score_rises_with_the_edit(name, attributes, generator):
    draws = torch.Generator().manual_seed(4)
    ws = broadcast_w(generator, sample_w(generator, torch.randn(2, 512, generator=draws), 0.5))
    edit = catalogue.load(catalogue.Request(name))
    images = [generator.synthesis(replace(edit, strength=strength)(ws, generator)) for strength in (0.0, 0.5, 1.0)]
    plain, half, full = (scored(attributes, image)[name] for image in images)
    assert (plain < half).all()
    assert (half < full).all()
    assert (full > 1).all()


def test_only_the_fitted_features_count(lpips, portraits, tmp_path: Path):
    weight, bias = torch.tensor([[1.0, 0.0], [0.0, -2.0], [0.5, 0.5]]), torch.tensor([3.0, -1.0])
    save_file({"weight": weight, "bias": bias}, tmp_path / "two.safetensors", metadata={"labels": '["a", "b"]'})
    network = Attributes(lpips, tmp_path / "two.safetensors")
    first, second, third = face_features(lpips, portraits[:1])[0, :3].tolist()
    expected = [[first + 0.5 * third + 3, -2 * second + 0.5 * third - 1]]
    assert network.labels == ("a", "b")
    torch.testing.assert_close(network(portraits[:1]), torch.tensor(expected))


def test_frozen_and_differentiable_in_the_image(attributes, portraits):
    image = portraits[:1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(attributes(image)[0, 0], image)
    assert gradient.isfinite().all()
    with torch.no_grad():
        along = attributes(image + 0.02 * gradient.sign())[0, 0]
        against = attributes(image - 0.02 * gradient.sign())[0, 0]
    assert along > attributes(image)[0, 0] > against
    assert not any(parameter.requires_grad for parameter in attributes.parameters())


def test_features_are_a_grid_of_layers_and_a_thumbnail(lpips, portraits):
    features = face_features(lpips, portraits[:2])
    assert features.shape == (2, 192 * 16 + 384 * 9 + 256 * 16 + 3 * 64)
    thumbnail = features[:, -192:].reshape(2, 3, 8, 8)
    torch.testing.assert_close(thumbnail, portraits[:2].reshape(2, 3, 8, 32, 8, 32).mean((3, 5)))
    halved = face_features(lpips, portraits[:2].reshape(2, 3, 128, 2, 128, 2).mean((3, 5)))
    assert torch.cosine_similarity(features, halved).min() > 0.95
