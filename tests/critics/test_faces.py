"""The face networks on two real men, neutral, and on generated faces."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.critics.age_gender import AgeGender
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.face_box import centred, face_box
from steadyface.critics.identity import Identity
from steadyface.critics.landmarks import Landmarks
from steadyface.faces.align import FACE_BOX
from steadyface.faces.topology import ffhq_points
from steadyface.gan.base import broadcast_w, sample_w, synthesise
from steadyface.gan.load import load_generator


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity()


@pytest.fixture(scope="module")
def expression() -> Expression:
    return Expression()


@pytest.fixture(scope="module")
def age_gender() -> AgeGender:
    return AgeGender()


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks()


@pytest.fixture(scope="module")
def small(portraits: Tensor) -> Tensor:
    """The portraits, mirrored and at 128 pixels: the same people in other pictures."""
    return F.interpolate(portraits.flip(3), size=(128, 128), mode="bilinear", align_corners=False, antialias=True)


def test_face_box_takes_the_same_part_at_any_resolution(portraits, small):
    left, top, right, bottom = (round(256 * side) for side in FACE_BOX)
    assert bottom - top == right - left
    torch.testing.assert_close(face_box(portraits, bottom - top), portraits[:, :, top:bottom, left:right])
    large, halved = face_box(portraits, 90), face_box(small, 90).flip(3)
    assert (large - halved).abs().mean() < 0.02


def test_centred_undoes_the_unit_range():
    colour = torch.tensor([122.782, 117.001, 104.298]).view(1, 3, 1, 1)
    face = (colour + 51) / 127.5 - 1
    torch.testing.assert_close(centred(face, 255), torch.full((1, 3, 1, 1), 0.2))


def test_identity_tells_people_apart_and_knows_them_again(identity, portraits, small):
    descriptors = identity(portraits)
    again = (identity(small) - descriptors).norm(dim=1)
    assert descriptors.shape == (2, 128)
    assert again.max() < 0.3
    assert (descriptors[0] - descriptors[1]).norm() > 0.7  # dlib's threshold for two people is 0.6


def test_similarity_is_the_cosine(identity, portraits):
    similarity = identity.similarity(portraits[[0, 0]], portraits)
    assert similarity[0] == pytest.approx(1.0, abs=1e-5)
    a, b = identity(portraits)
    assert similarity[1] == pytest.approx(float(a @ b / (a.norm() * b.norm())), abs=1e-5)


def test_expression_of_neutral_portraits(expression, portraits):
    probabilities = expression(portraits)
    assert probabilities.shape == (2, len(EXPRESSIONS))
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))
    torch.testing.assert_close(expression.logits(portraits).softmax(1), probabilities)
    assert (probabilities[:, EXPRESSIONS.index("neutral")] > 0.9).all()


def test_age_and_gender_of_portraits(age_gender, portraits, small):
    age, male = age_gender(portraits)
    assert ((age > 16) & (age < 50)).all()
    assert (male > 0.5).all()
    assert (age_gender(small)[0] - age).abs().mean() < 4


def test_landmarks_lie_where_a_hand_has_marked_them(landmarks, portraits, marked):
    found = landmarks(portraits)
    assert found.shape == (2, 68, 2)
    apart = np.linalg.norm(ffhq_points(found[0].numpy()) - marked, axis=-1)
    assert apart.mean() < 0.012  # parts of the crop's side, where pupils are .25 apart
    assert apart.max() < 0.04
    jaw, lips = found[:, :17], found[:, 48:]
    assert (jaw[:, :, 1].argmax(1) == 8).all()
    assert (lips[..., 1].amax(1) < jaw[:, 8, 1]).all()


def test_landmarks_of_a_mirrored_face_are_mirrored(landmarks, portraits):
    there, back = landmarks(portraits), landmarks(portraits.flip(3))
    back[..., 0] = 1 - back[..., 0]
    for points in ([8], [27, 28, 29, 30], [51, 57]):  # those in the middle: chin, nose, lips
        assert (there[:, points] - back[:, points]).norm(dim=-1).mean() < 0.015


@pytest.mark.parametrize("name", ["identity", "expression", "age_gender", "landmarks"])
def test_frozen_and_differentiable_in_the_image(name, request, portraits):
    critic: nn.Module = request.getfixturevalue(name)
    image = portraits[:1].clone().requires_grad_()
    out = critic(image)
    (out[0] if name == "age_gender" else out[0, 0]).sum().backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()
    assert image.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in critic.parameters())


def test_the_expressions_gradient_leads_to_the_expression(expression, portraits):
    image = portraits[:1].clone()
    happy = EXPRESSIONS.index("happy")
    for _ in range(10):
        image.requires_grad_()
        (gradient,) = torch.autograd.grad(expression.logits(image).log_softmax(1)[0, happy], image)
        image = (image + 0.02 * gradient.sign()).detach().clamp(-1, 1)
    assert expression(portraits[:1])[0, happy] < 0.1
    assert expression(image)[0, happy] > 0.9


@torch.no_grad()
def test_generated_faces_that_look_the_part(expression, age_gender):
    """Judged by eye: a woman with a broad smile, a small girl who smiles, an earnest man of about fifty."""
    generator = load_generator("mobile-ffhq-1024")
    z = torch.randn(32, generator.z_dim, generator=torch.Generator().manual_seed(1234))[[12, 20, 22]]
    images = synthesise(generator, broadcast_w(generator, sample_w(generator, z, 0.7)))
    probabilities = expression(images)
    assert (probabilities[:2, EXPRESSIONS.index("happy")] > 0.95).all()
    assert probabilities[2, EXPRESSIONS.index("neutral")] > 0.8
    age, male = age_gender(images)
    assert age[1] < 14 < 20 < age[0] < 40 < age[2]
    assert male[0] < 0.2 < 0.8 < male[2]
