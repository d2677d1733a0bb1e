import numpy as np
import pytest
import torch

from steadyface.inversion.keyframes import choose_keyframes, codes_of_all
from steadyface.inversion.settings import Keyframes

FEW = Keyframes(least=3, most=6, reach=0.5, ridge=0.0)


def test_the_most_different_frames_are_chosen_and_in_order_of_time() -> None:
    turned = np.zeros((40, 2))
    turned[7], turned[20], turned[33] = (5, 0), (0, 4), (-6, 0)
    found = choose_keyframes(turned + 0.01 * np.random.default_rng(0).standard_normal(turned.shape), FEW)
    assert found == sorted(found)
    assert {7, 20, 33} < set(found)
    assert len(found) == 4  # with the one nearest the mean, every frame is now close to a keyframe


def test_no_more_than_asked_for_and_each_once() -> None:
    spread = np.random.default_rng(1).standard_normal((300, 5))
    found = choose_keyframes(spread, FEW)
    assert len(found) == len(set(found)) == 6
    still = choose_keyframes(np.zeros((10, 5)), FEW)
    assert len(still) == len(set(still)) == 3


def test_the_choice_does_not_depend_on_how_often_a_pose_is_held() -> None:
    poses = np.random.default_rng(2).standard_normal((12, 4))
    held = np.concatenate([poses, np.repeat(poses[3:4], 50, axis=0)])
    found = choose_keyframes(held, Keyframes(least=12, most=12))
    assert {index if index < 12 else 3 for index in found} == set(range(12))


def test_every_frame_is_one_without_settings_or_in_a_short_clip() -> None:
    features = np.random.default_rng(3).standard_normal((5, 4))
    assert choose_keyframes(features, None) == [0, 1, 2, 3, 4]
    assert choose_keyframes(features[:3], FEW) == [0, 1, 2]


def test_codes_that_are_linear_in_the_features_are_found_for_all_frames() -> None:
    rng = np.random.default_rng(4)
    features = rng.standard_normal((30, 3))
    linear = torch.from_numpy(features @ rng.standard_normal((3, 4 * 8)) + 2.0).view(30, 4, 8)
    keys = choose_keyframes(features, FEW)
    found = codes_of_all(linear[keys], keys, features, ridge=0.0)
    torch.testing.assert_close(found, linear, atol=1e-6, rtol=0)


def test_a_ridge_is_that_of_the_primal_problem() -> None:
    rng = np.random.default_rng(5)
    features, keys = rng.standard_normal((12, 4)), [0, 2, 3, 7, 8, 11]
    ws = torch.from_numpy(rng.standard_normal((6, 2, 3)))
    found = codes_of_all(ws, keys, features, ridge=0.3)
    known = features[keys] - features[keys].mean(0)
    damping = 0.3 * (known**2).sum() / len(keys)
    answers = (ws - ws.mean(0)).reshape(6, -1).numpy()
    slopes = np.linalg.solve(known.T @ known + damping * np.eye(4), known.T @ answers)
    every = (features - features[keys].mean(0)) @ slopes + ws.mean(0).reshape(-1).numpy()
    np.testing.assert_allclose(found.reshape(12, -1).numpy(), every, atol=1e-9)


def test_a_strong_ridge_gives_the_mean_and_a_still_face_too() -> None:
    rng = np.random.default_rng(6)
    ws = torch.from_numpy(rng.standard_normal((4, 2, 3)))
    mean = ws.mean(0).expand(9, 2, 3)
    for features, ridge in ((rng.standard_normal((9, 4)), 1e9), (np.zeros((9, 4)), 0.1)):
        torch.testing.assert_close(codes_of_all(ws, [0, 2, 5, 8], features, ridge), mean, atol=1e-6, rtol=0)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_a_keyframe_in_between_lies_between_its_neighbours(ridge: float) -> None:
    features = np.linspace(-1, 1, 9)[:, None]
    ws = torch.tensor([0.0, 1.0, 2.0]).view(3, 1, 1)
    course = codes_of_all(ws, [0, 4, 8], features, ridge).flatten()
    assert (course.diff() > 0).all()
    assert course[4] == pytest.approx(1.0, abs=1e-6)


def test_every_shot_has_a_keyframe() -> None:
    features = np.linspace(0, 1, 60)[:, None] * np.ones((1, 3))
    shots = np.repeat(np.arange(6), 10)
    found = choose_keyframes(features - features.mean(0), FEW, shots)
    assert set(shots[found]) == set(range(6))


def test_a_covered_face_is_no_keyframe_if_there_are_others() -> None:
    features = np.linspace(0, 1, 60)[:, None] * np.ones((1, 3))
    clear = np.ones(60, bool)
    clear[[0, *range(25, 60)]] = False
    found = choose_keyframes(features - features.mean(0), FEW, clear=clear)
    assert found
    assert clear[found].all()
    assert len(choose_keyframes(features, FEW, clear=np.zeros(60, bool))) == len(choose_keyframes(features, FEW))
