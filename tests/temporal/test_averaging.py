"""Means in the anchor's coordinates."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.clip.frames import enlarge
from steadyface.clip.segments import Segments
from steadyface.consistency.flows import InputFlow
from steadyface.flow.blur import blurred
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.averaging import Flow, Neighbours, around, averaged, averaged_with_neighbours, equally
from steadyface.temporal.settings import Averaging

from ..consistency.conftest import flicker, no_motion

COUNT, SIDE, ANCHOR = 9, 32, 4
EVERY = range(COUNT)


def drifting(a: Tensor, b: Tensor) -> Tensor:
    """One pixel to the right in each frame, read off a mark in the corner."""
    speed = 100 * (b - a)[:, 0, 0, 0]
    return torch.stack([speed, torch.zeros_like(speed)], dim=1)[..., None, None].expand(-1, 2, SIDE, SIDE)


def nowhere(a: Tensor, _b: Tensor) -> Tensor:
    """There and back doesn't return."""
    return torch.full((len(a), 2, SIDE, SIDE), 9.0)


def still(frames) -> Tensor:
    return torch.zeros(len(frames), 3, SIDE, SIDE)


def marked(frames) -> Tensor:
    images = still(frames)
    images[:, 0, 0, 0] = torch.tensor([frame / 100 for frame in frames])
    return images


def noise(frames) -> Tensor:
    return torch.stack([torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(n)) for n in frames])


def tones(frames) -> Tensor:
    """Another flat colour in each frame: no high frequencies."""
    return still(frames) + torch.tensor([0.1 * (-1) ** frame for frame in frames]).view(-1, 1, 1, 1)


def found(pictures, inputs, flow, neighbours=None, **settings: float) -> Tensor:
    pairs = InputFlow(flow, inputs)
    anchors, near = Anchors.single(ANCHOR, COUNT), neighbours or equally(EVERY)
    return averaged(pictures, pictures, inputs, pairs, back(pairs), anchors, near, Averaging(**settings))(EVERY)


def back(pairs: InputFlow) -> Flow:
    images = torch.zeros(1, 3, SIDE, SIDE)
    return lambda index, anchor: pairs([(index, anchor)], images, images)


def test_pictures_that_do_not_flicker_stay_and_flicker_goes() -> None:
    same = found(lambda f: noise([0] * len(f)), still, no_motion)
    torch.testing.assert_close(same, noise([0] * COUNT), atol=4e-3, rtol=0)
    assert flicker(found(noise, still, no_motion)) < 1e-3 * flicker(noise(EVERY))


def test_tones_are_the_mean_and_high_frequencies_are_the_anchors() -> None:
    pictures = noise(EVERY)
    sigma = Averaging().detail * SIDE
    expected = blurred(pictures.mean(0, keepdim=True), sigma) + (pictures - blurred(pictures, sigma))[[ANCHOR]]
    got = found(noise, still, no_motion)
    torch.testing.assert_close(got, expected.expand(COUNT, -1, -1, -1), atol=5e-3, rtol=0)


def test_neighbours_have_a_gaussians_weights_or_equal_ones() -> None:
    assert around(2, Segments.whole(COUNT))(0) == {0: 1.0, 1: math.exp(-0.5), 2: math.exp(-2)}
    assert list(around(4, Segments.whole(COUNT), every=3)(4)) == [0, 3, 6]
    assert around(0, Segments.whole(COUNT), every=3)(4) == {4: 1.0}
    cut = Segments(np.arange(COUNT), (0, 3), ((False, False),) * 2, (0, 1))
    assert list(around(2, cut)(3)) == [3, 4, 5]
    assert list(around(2, cut)(2)) == [0, 1, 2]
    assert equally([1, 5])(7) == {1: 1.0, 5: 1.0}
    got = found(tones, still, no_motion, around(1, Segments.whole(COUNT)))
    side = math.exp(-2)
    assert float(got[3].mean()) == pytest.approx((-0.1 + 2 * side * 0.1) / (1 + 2 * side), abs=1e-3)


def test_what_moves_with_the_face_keeps_its_edge() -> None:
    def edge(frames) -> Tensor:
        images = still(frames)
        for image, frame in zip(images, frames, strict=True):
            image[:, :, 10 + frame :] = 1.0
        return images

    got = found(edge, marked, drifting)
    torch.testing.assert_close(got[:, :, 8:24, 8:24], edge(EVERY)[:, :, 8:24, 8:24], atol=4e-3, rtol=0)


def test_of_two_anchors_each_has_the_mean_of_its_own_frames_and_a_frame_between_has_both() -> None:
    """Frames 0 to 3 show one tone, 5 to 8 another, 4 is between."""

    def two(frames) -> Tensor:
        return still(frames) + torch.tensor([0.0 if n < 4 else 0.5 if n == 4 else 1.0 for n in frames]).view(
            -1, 1, 1, 1
        )

    shares = np.array([[1.0, 0.0]] * 4 + [[0.5, 0.5]] + [[0.0, 1.0]] * 4)
    pairs, anchors = InputFlow(no_motion, still), Anchors([0, 8], shares)

    def made(of: Neighbours, frames) -> Tensor:
        return averaged(two, two, still, pairs, back(pairs), anchors, of, Averaging())(frames)

    torch.testing.assert_close(made(equally([0, 2, 6, 8]), EVERY), two(EVERY), atol=2e-3, rtol=0)
    alone = made(equally([0, 2]), [7])
    torch.testing.assert_close(alone, two([7]), atol=2e-3, rtol=0)  # nobody near its anchor: its own picture


def test_what_is_covered_has_no_part_in_means() -> None:
    """A white bar is in front of the left half of every other frame."""

    def barred(frames) -> Tensor:
        images = still(frames)
        for image, frame in zip(images, frames, strict=True):
            image[:, :, : SIDE // 2] += 0.5 * (frame % 2)
        return images

    def visible(frame: int) -> Tensor:
        shown = torch.ones(1, 1, SIDE, SIDE)
        shown[..., : SIDE // 2] = 1 - frame % 2
        return shown

    pairs, anchors = InputFlow(no_motion, still), Anchors.single(ANCHOR, COUNT)
    assert ANCHOR % 2 == 0

    def made(shown) -> Tensor:
        parts = (barred, barred, still, pairs, back(pairs), anchors, equally(EVERY), Averaging())
        return averaged(*parts, visible=shown)([ANCHOR])

    torch.testing.assert_close(made(visible), still([ANCHOR]), atol=5e-3, rtol=0)
    assert (made(None) - still([ANCHOR]))[..., : SIDE // 2].mean() > 0.1
    near = around(2, Segments.whole(COUNT))
    beside = averaged_with_neighbours(barred, still, pairs, near, 3.0, visible)([ANCHOR])
    torch.testing.assert_close(beside, still([ANCHOR]), atol=5e-3, rtol=0)


def test_at_full_size_only_fine_detail_is_the_large_pictures() -> None:
    """The anchor's large picture has checks that no small one can show; what is soft is the small pictures' mean."""
    checks = torch.ones(1, 1, 2 * SIDE, 2 * SIDE)
    checks[..., ::2, ::2] = checks[..., 1::2, 1::2] = -1
    large = enlarge(tones([ANCHOR]), 2 * SIDE) + 0.2 * checks
    pairs, anchors = InputFlow(no_motion, still), Anchors.single(ANCHOR, COUNT)
    made = averaged(
        tones, tones, still, pairs, back(pairs), anchors, equally(EVERY), Averaging(), lambda frames: large
    )([0, ANCHOR])
    mean = float(tones(EVERY).mean())
    torch.testing.assert_close(made, (mean + 0.2 * checks).expand(2, 3, -1, -1), atol=0.01, rtol=0)


def test_large_detail_moves_with_the_face() -> None:
    """A line at a column of the anchor's large picture is found two large pixels farther for each frame."""
    large = torch.zeros(1, 3, 2 * SIDE, 2 * SIDE)
    large[..., 30] = 1.0
    pairs, anchors = InputFlow(drifting, marked), Anchors.single(ANCHOR, COUNT)

    def found_at(frames):
        return pairs(frames, marked([frames[0][0]]), marked([frames[0][1]]))

    made = averaged(
        still, still, marked, pairs, lambda i, a: found_at([(i, a)]), anchors, equally(EVERY), Averaging(),
        lambda frames: large,
    )([ANCHOR - 2, ANCHOR + 3])  # fmt: skip
    columns = made[:, 0, 20:40].mean(1).argmax(1).tolist()
    assert columns == [30 - 4, 30 + 6]


@pytest.mark.parametrize("channels", [3, 4])
def test_a_frame_in_which_the_anchor_can_not_be_seen_keeps_its_own_picture(channels: int) -> None:
    def pictures(frames) -> Tensor:
        return torch.cat([noise(frames)] * 2, dim=1)[:, :channels]

    got = found(pictures, still, nowhere)
    others = [n for n in EVERY if n != ANCHOR]
    torch.testing.assert_close(got[others], pictures(others), atol=4e-3, rtol=0)


def test_a_frame_that_the_anchor_does_not_see_has_no_part_in_the_mean() -> None:
    def apart(a: Tensor, b: Tensor) -> Tensor:
        lost = ((a[:, 0, 0, 0] - b[:, 0, 0, 0]).abs() > 0.5).float()
        return lost.view(-1, 1, 1, 1).expand(-1, 2, SIDE, SIDE) * 9.0

    def inputs(frames) -> Tensor:
        images = still(frames)
        images[[frame == 2 for frame in frames], 0, 0, 0] = 1.0
        return images

    def pictures(frames) -> Tensor:
        return still(frames) + torch.tensor([float(frame == 2) for frame in frames]).view(-1, 1, 1, 1)

    got = found(pictures, inputs, apart)
    torch.testing.assert_close(got, pictures(EVERY), atol=4e-3, rtol=0)


def test_a_short_mean_takes_jitter_and_follows_motion() -> None:
    def edge(frames) -> Tensor:
        """Moves by a pixel a frame, and trembles by a tenth in brightness."""
        images = still(frames)
        for image, frame in zip(images, frames, strict=True):
            image[:, :, 10 + frame :] = 1.0 + 0.1 * (-1) ** frame
        return images

    flow = InputFlow(drifting, marked)
    got = averaged_with_neighbours(edge, marked, flow, around(2, Segments.whole(COUNT)), 3.0)(EVERY)
    moved = torch.stack([picture.roll(-frame, dims=-1) for frame, picture in enumerate(got)])
    plain = torch.stack([picture.roll(-frame, dims=-1) for frame, picture in enumerate(edge(EVERY))])
    inside = (slice(2, -2), slice(None), slice(8, 24), slice(6, 20))
    assert flicker(moved[inside]) < 0.5 * flicker(plain[inside])
    assert (moved[inside] - plain[inside]).abs().max() < 0.25  # the edge is where it was


def test_a_neighbour_that_is_not_seen_has_no_part_in_a_short_mean() -> None:
    flow = InputFlow(nowhere, still)
    got = averaged_with_neighbours(noise, still, flow, around(2, Segments.whole(COUNT)), 3.0)(EVERY)
    torch.testing.assert_close(got, noise(EVERY), atol=1e-3, rtol=0)
