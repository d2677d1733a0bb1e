"""The warping error against what it must be on clips with known motion."""

import weakref

import numpy as np
import pytest
import torch

from steadyface.errors import InputError
from steadyface.metrics.warping import pair_error, warping_errors

SIDE = 64


class Shift:
    """The exact flow of a clip that moves `x`, `y` px a frame; asked for both directions, the second is back."""

    def __init__(self, x: float, y: float, both: bool = True) -> None:
        self.step = torch.tensor([x, y], dtype=torch.float32).view(1, 2, 1, 1)
        self.both = both

    def __call__(self, a, b):
        flow = self.step.expand(len(a), 2, *a.shape[2:]).clone()
        if self.both:
            flow[len(a) // 2 :] *= -1
        return flow


def moving(count: int, x: int, y: int, seed: int = 0, sigma: float = 0.0) -> list[np.ndarray]:
    """A texture behind a window that moves so that its content goes by (x, y) px a frame, plus white noise."""
    rng = np.random.default_rng(seed)
    world = rng.integers(60, 196, (SIDE + 200, SIDE + 200, 3))
    frames = []
    for t in range(count):
        view = world[100 - y * t :, 100 - x * t :][:SIDE, :SIDE]
        frames.append(np.clip(np.rint(view + rng.normal(0, sigma, view.shape)), 0, 255).astype(np.uint8))
    return frames


def test_a_static_clip_has_no_error():
    frames = moving(3, 0, 0)
    error = warping_errors({"it": frames}, frames, Shift(0, 0))["it"]
    assert error.mean == 0
    assert error.coverage == 1


@pytest.mark.parametrize(("x", "y"), [(3, 0), (-2, 1), (1, 4)])
def test_exact_flow_follows_a_moving_clip(x, y):
    frames = moving(4, x, y)
    errors = warping_errors({"moves": frames}, frames, Shift(x, y))
    still = warping_errors({"moves": frames}, frames, Shift(0, 0))
    assert errors["moves"].mean < 1e-10
    assert still["moves"].mean > 0.01
    assert errors["moves"].coverage == pytest.approx((SIDE - abs(x)) * (SIDE - abs(y)) / SIDE**2)


@pytest.mark.parametrize(("reduction", "factor"), [("channel_mean", 1), ("channel_sum", 3)])
@pytest.mark.parametrize("occlusion", ["lai2018", "none"])
def test_white_noise_gives_twice_its_variance(reduction, factor, occlusion):
    clean, noisy = moving(8, 2, 1), moving(8, 2, 1, sigma=6.0)
    flow = Shift(2, 1, both=occlusion == "lai2018")
    error = warping_errors({"noisy": noisy}, clean, flow, reduction=reduction, occlusion=occlusion)["noisy"]
    # Rounding to whole grey levels adds a variance of 1/12.
    assert error.mean == pytest.approx(factor * 2 * (6.0**2 + 1 / 12) / 255**2, rel=0.02)
    assert (error.reduction, error.occlusion, error.flow) == (reduction, occlusion, "Shift")


def test_only_the_inputs_tell_where_things_move():
    seen = []

    class Spy(Shift):
        def __call__(self, a, b):
            seen.append(a[: len(a) // 2].clone())
            return super().__call__(a, b)

    inputs, other = moving(3, 1, 0), moving(3, 0, 0, seed=5)
    warping_errors({"other": other}, inputs, Spy(1, 0))
    shown = ((torch.cat(seen) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(shown, np.stack(inputs[:2]))


def test_drift_is_invisible_to_neighbours_and_grows_with_distance():
    drifting = [np.full((SIDE, SIDE, 3), 100 + 2 * t, np.uint8) for t in range(12)]
    still = moving(12, 0, 0)
    for distance in (1, 5, 10):
        error = warping_errors({"it": drifting}, still, Shift(0, 0), distance=distance)["it"]
        assert len(error.pairs) == 12 - distance
        assert error.mean == pytest.approx((2 * distance / 255) ** 2, rel=1e-5)


def test_every_other_pair():
    flicker = [np.full((SIDE, SIDE, 3), value, np.uint8) for value in (0, 51, 51, 0, 0, 51)]
    args = {"it": flicker}, moving(6, 0, 0), Shift(0, 0)
    np.testing.assert_allclose(warping_errors(*args)["it"].pairs, [0.04, 0, 0.04, 0, 0.04], atol=1e-7)
    np.testing.assert_allclose(warping_errors(*args, every=2, batch=2)["it"].pairs, [0.04] * 3, atol=1e-7)


def test_pair_error_by_hand():
    a, b = torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    b[0, :, 0, 0] = torch.tensor([0.5, 0.25, 0.0])
    b[0, :, 1, 1] = 1.0
    mask = torch.tensor([[1.0, 1.0], [0.0, 0.0]]).view(1, 1, 2, 2)
    nothing = torch.zeros(1, 2, 2, 2)
    assert pair_error(a, b, nothing, mask, "channel_sum").item() == pytest.approx((0.25 + 0.0625) / 2)
    assert pair_error(a, b, nothing, mask, "channel_mean").item() == pytest.approx((0.25 + 0.0625) / 6)
    assert pair_error(a, b, nothing, 0 * mask, "channel_mean").isnan()


def test_a_pair_without_visible_pixels_is_left_out():
    flicker = [np.full((SIDE, SIDE, 3), value, np.uint8) for value in (0, 51, 255)]

    class Lost(Shift):
        calls = 0

        def __call__(self, a, b):
            self.calls += 1
            return super().__call__(a, b) + (1000.0 if self.calls == 2 else 0.0)

    error = warping_errors({"it": flicker}, flicker, Lost(0, 0), batch=1)["it"]
    assert np.isnan(error.pairs).tolist() == [False, True]
    assert error.mean == pytest.approx(0.04)
    assert error.coverage == pytest.approx(0.5)


def test_memory_does_not_grow_with_the_clip():
    class Tracked:
        def __init__(self, count):
            self.count, self.alive, self.most = count, 0, 0

        def __len__(self):
            return self.count

        def __getitem__(self, index):
            frame = np.full((8, 8, 3), index, np.uint8)
            self.alive += 1
            self.most = max(self.most, self.alive)
            weakref.finalize(frame, self._gone)
            return frame

        def _gone(self):
            self.alive -= 1

    clips = [Tracked(12), Tracked(60)]
    for clip in clips:
        warping_errors({"it": clip}, clip, Shift(0, 0), batch=2)
    assert clips[0].most == clips[1].most <= 8


@pytest.mark.parametrize("distance", [0, 3, 9])
def test_a_distance_without_pairs_is_refused(distance):
    frames = moving(3, 0, 0)
    with pytest.raises(InputError, match=f"are {distance} apart"):
        warping_errors({"it": frames}, frames, Shift(0, 0), distance=distance)


def test_clips_of_different_length_are_refused():
    with pytest.raises(InputError, match="2 and 3 frames"):
        warping_errors({"it": moving(2, 0, 0)}, moving(3, 0, 0), Shift(0, 0))
