"""What an edit changed, with classifiers of known answers."""

import math

import numpy as np
import pytest
import torch

from steadyface.critics.lpips import Lpips
from steadyface.critics.scorers import (
    age_gender_scorer,
    attributes_scorer,
    expression_scorer,
    log_odds,
    room_of,
    scorer_of,
)
from steadyface.errors import InputError
from steadyface.metrics.strength import Change, changes, retention, scores, weakest_tenth


def clip(*values: int) -> list[np.ndarray]:
    return [np.full((4, 4, 3), value, np.uint8) for value in values]


def brightness(images):
    return {"bright": (images.mean((1, 2, 3)) + 1) * 127.5}


def red(images):
    return {"red": images[:, 0].mean((1, 2))}


def test_scores_of_all_scorers_by_frame():
    found = scores(clip(10, 20, 30), [brightness, red], batch=2)
    np.testing.assert_allclose(found["bright"], [10, 20, 30], atol=1e-4)
    assert found["red"].shape == (3,)


def test_mean_and_weakest_change():
    before = scores(clip(100, 100, 100), [brightness])
    up = changes(scores(clip(150, 130, 110), [brightness]), before)["bright"]
    down = changes(scores(clip(50, 70, 90), [brightness]), before)["bright"]
    assert (up.mean, up.weakest) == (pytest.approx(30), pytest.approx(10))
    assert (down.mean, down.weakest) == (pytest.approx(-30), pytest.approx(-10))


def test_retention():
    assert retention(Change(19, 19), Change(20, 20), 0.5) == pytest.approx(0.95)
    assert retention(Change(-3, -3), Change(-4, -4), 0.5) == pytest.approx(0.75)
    assert retention(Change(1, 1), Change(0.3, 0.3), 0.5) is None


def test_no_more_is_asked_than_the_scale_leaves_room_for():
    end = math.log(0.9975 / 0.0025)
    before = np.array([-3.0, -1.0])
    assert room_of("eyeglasses", before, rises=True) == pytest.approx(end + 2)
    assert room_of("eyeglasses", before, rises=False) == pytest.approx(end - 2)
    assert room_of("age", before, rises=True) == math.inf
    assert retention(Change(7.2, 7), Change(9.0, 9), 0.5, room=8.0) == pytest.approx(0.9)
    assert retention(Change(-7.2, -7), Change(-9.0, -9), 0.5, room=8.0) == pytest.approx(0.9)
    assert retention(Change(0.1, 0.1), Change(9.0, 9), 0.5, room=0.0) == pytest.approx(0.2)


def test_the_weakest_tenth_is_of_frames_that_can_be_judged():
    before, rooms = np.zeros(20), np.full(20, math.inf)
    edited = np.full(20, 2.0)
    edited[[3, 8]] = 0.5, 1.0
    full = Change(2.0, 2.0)
    assert weakest_tenth(edited, before, full, 0.5, rooms) == pytest.approx(0.375)
    assert weakest_tenth(-edited, before, Change(-2.0, -2.0), 0.5, rooms) == pytest.approx(0.375)
    rooms[[3, 8]] = 0.1, 1.0  # no room in one frame, half of it in the other
    assert weakest_tenth(edited, before, full, 0.5, rooms) == pytest.approx(1.0)
    assert weakest_tenth(edited, before, full, 0.5, np.full(20, 0.1)) is None
    assert weakest_tenth(edited, before, Change(0.1, 0.1), 0.5, rooms) is None


def test_clips_of_different_length_are_refused():
    with pytest.raises(InputError, match="3 edited frames, 2 before"):
        changes(scores(clip(1, 2, 3), [brightness]), scores(clip(1, 2), [brightness]))


def test_log_odds():
    odds = log_odds(torch.tensor([0.5, 0.75, 1.0, 0.0]))
    limit = math.log(0.9975 / 0.0025)
    torch.testing.assert_close(odds, torch.tensor([0.0, math.log(3), limit, -limit]))


def test_the_networks_answers_get_names():
    table = torch.tensor([[0.1, 0.6, 0.05, 0.05, 0.1, 0.05, 0.05]])
    assert expression_scorer(lambda _: table)(None)["happy"].item() == pytest.approx(math.log(1.5))
    found = age_gender_scorer(lambda _: (torch.tensor([31.0]), torch.tensor([0.2])))(None)
    assert found["age"].item() == 31
    assert found["male"].item() == pytest.approx(math.log(0.25))


def test_attributes_are_named_by_the_networks_labels():
    class Network:
        labels = ("left", "right")

        def __call__(self, images):
            return torch.stack([images[..., 0].mean((1, 2)), images[..., -1].mean((1, 2))], dim=1)

    picture = np.full((4, 4, 3), 255, np.uint8)
    picture[:, :2] = 0
    found = scores([picture], [attributes_scorer(Network())])
    assert found == {"left": -1, "right": 1}


def test_each_attribute_has_its_scorer() -> None:
    lpips = Lpips("alex")
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    for attribute in ("happy", "age", "male", "eyeglasses"):
        scorer = scorer_of(attribute, lpips)
        assert scorer is not None
        assert scorer(images)[attribute].shape == (1,)
    assert scorer_of("yaw", lpips) is None
