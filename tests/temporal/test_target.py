"""The target that carries an edit over to the input frames."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from steadyface.config.phases import DEFAULT
from steadyface.consistency.flows import InputFlow
from steadyface.temporal.averaging import averaged, opacity, steady_change
from steadyface.temporal.settings import Averaging
from steadyface.temporal.target import input_with_change

from ..consistency.conftest import flicker, no_motion

COUNT = 9


def drifting(a: Tensor, b: Tensor) -> Tensor:
    """One pixel to the right in each frame, read off a mark in the corner."""
    speed = 100 * (b - a)[:, 0, 0, 0]
    return torch.stack([speed, torch.zeros_like(speed)], dim=1)[..., None, None].expand(-1, 2, 32, 32)


def still(frames) -> Tensor:
    return torch.zeros(len(frames), 3, 32, 32)


def marked(frames) -> Tensor:
    images = still(frames)
    images[:, 0, 0, 0] = torch.tensor([frame / 100 for frame in frames])
    return images


def noise(frames) -> Tensor:
    return torch.stack([torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(n)) for n in frames])


def all_of(changes, inputs, flow, reach: int = 4) -> Tensor:
    pair_flow = InputFlow(flow, inputs)
    return torch.cat([steady_change(changes, inputs, pair_flow, n, COUNT, reach, 1.0) for n in range(COUNT)])


def test_a_change_that_flickers_is_averaged_and_one_that_does_not_stays() -> None:
    assert flicker(all_of(noise, still, no_motion)) < 0.05 * flicker(noise(range(COUNT)))
    torch.testing.assert_close(all_of(lambda f: still(f) + 0.3, still, no_motion), torch.full((COUNT, 3, 32, 32), 0.3))


def test_a_change_that_moves_with_the_face_keeps_its_edge() -> None:
    def edge(frames) -> Tensor:
        images = still(frames)
        for image, frame in zip(images, frames, strict=True):
            image[:, :, 10 + frame :] = 1.0
        return images

    found = all_of(edge, marked, drifting)
    torch.testing.assert_close(found[:, :, 8:, :24], edge(range(COUNT))[:, :, 8:, :24], atol=1e-3, rtol=0)


def test_what_can_not_be_seen_in_a_neighbour_is_not_averaged() -> None:
    def nowhere(a: Tensor, b: Tensor) -> Tensor:
        return torch.full((len(a), 2, 32, 32), 9.0)  # there and back doesn't return

    found = all_of(noise, still, nowhere)
    torch.testing.assert_close(found, noise(range(COUNT)), atol=1e-3, rtol=0)


@pytest.mark.parametrize("radius", [0, 2])
def test_the_person_alone_is_edited_and_the_inversions_error_is_given_back(radius: int) -> None:
    def inputs(frames) -> Tensor:
        return 0.1 * noise(frames).clamp(-1, 1)

    inverted, direct = (lambda frames, value=value: still(frames) + value for value in (0.1, 0.4))
    person = torch.zeros(1, 1, 32, 32)
    person[..., 16:] = 1
    flow = InputFlow(no_motion, inputs)
    settings = replace(DEFAULT.target, radius=radius, size=32)
    wanted = input_with_change(inputs, inverted, direct, person, flow, COUNT, settings)([2, 5])
    torch.testing.assert_close(wanted, inputs([2, 5]) + 0.3 * person, atol=1e-3, rtol=0)


def test_what_finished_pictures_add_is_averaged_and_the_inputs_noise_stays() -> None:
    def inputs(frames) -> Tensor:
        return 0.1 * noise(frames).flip(-1)

    def change(pictures: Tensor) -> Tensor:
        return pictures - inputs(range(COUNT))

    def found(changed) -> Tensor:
        return averaged(changed, inputs, InputFlow(no_motion, inputs), COUNT, "input+change", settings)(range(COUNT))

    settings = Averaging(radius=2, opacity_none=5, opacity_full=6)
    assert flicker(change(found(lambda f: inputs(f) + noise(f)))) < 0.15 * flicker(noise(range(COUNT)))
    torch.testing.assert_close(found(lambda f: inputs(f) + 0.3), inputs(range(COUNT)) + 0.3, atol=1e-3, rtol=0)


def test_under_what_hides_the_input_its_noise_is_averaged_too() -> None:
    rim = torch.zeros(3, 32, 32)
    rim[:, :, 16:] = 0.8
    flow = InputFlow(no_motion, noise)
    found = averaged(lambda f: noise(f) + rim, noise, flow, COUNT, "input+change", Averaging())(range(COUNT))
    torch.testing.assert_close(found[..., :16], noise(range(COUNT))[..., :16], atol=1e-3, rtol=0)
    assert flicker(found[..., 16:]) < 0.15 * flicker(noise(range(COUNT))[..., 16:])


def test_how_much_a_change_hides_goes_by_its_strongest_channel() -> None:
    change = torch.tensor([0.04, -0.125, 0.3]).view(3, 1, 1, 1) * torch.tensor([0.0, 1.0, 0.5]).view(1, 3, 1, 1)
    found = opacity(change, Averaging(opacity_none=0.05, opacity_full=0.2))
    torch.testing.assert_close(found.flatten(), torch.tensor([0.0, 0.5, 1.0]))


def test_a_picture_of_which_nothing_is_the_inputs_is_averaged_whole() -> None:
    flow = InputFlow(no_motion, noise)
    found = averaged(lambda f: still(f) + 0.3, noise, flow, COUNT, "direct", Averaging())(range(COUNT))
    torch.testing.assert_close(found, torch.full((COUNT, 3, 32, 32), 0.3), atol=1e-3, rtol=0)
    middle = averaged(noise, noise, flow, COUNT, "direct", Averaging(radius=1))([4])[0]
    before, own, after = noise([3, 4, 5])
    side = torch.exp(torch.tensor(-2.0))
    torch.testing.assert_close(middle, (own + side * (before + after)) / (1 + 2 * side), atol=2e-3, rtol=0)


def test_a_mouth_that_opens_in_one_frame_is_averaged_with_none_that_is_closed() -> None:
    def opens(frames) -> Tensor:
        images = still(frames)
        images[[frame == 4 for frame in frames], :, 20:] = 0.5
        return images

    def found(agreement: float | None) -> Tensor:
        settings = Averaging(radius=4, input_consistency=agreement)
        return averaged(noise, opens, InputFlow(no_motion, opens), COUNT, "direct", settings)(range(COUNT))

    everywhere, agreed = found(None), found(0.06)
    torch.testing.assert_close(agreed[4, :, 20:], noise([4])[0, :, 20:], atol=1e-3, rtol=0)
    assert (everywhere[4, :, 20:] - noise([4])[0, :, 20:]).abs().mean() > 0.3
    torch.testing.assert_close(agreed[:, :, :12], everywhere[:, :, :12], atol=1e-3, rtol=0)


def test_what_moves_before_a_wall_that_stands_leaves_no_ghost() -> None:
    def hinge(frames) -> Tensor:
        images = still(frames) + 0.02 * noise(frames)
        for image, frame in zip(images, frames, strict=True):
            image[:, 8:24, 3 * frame : 3 * frame + 3] -= 1.0
        return images

    def found(likeness: float | None) -> Tensor:
        settings = Averaging(radius=4, output_consistency=likeness)
        return averaged(hinge, still, InputFlow(no_motion, still), COUNT, "direct", settings)(range(COUNT))

    everywhere, alike = found(None), found(0.15)
    assert (everywhere - hinge(range(COUNT))).abs().amax() > 0.5
    assert (alike - hinge(range(COUNT))).abs().amax() < 0.15
    assert flicker(alike[:, :, :2]) < 0.5 * flicker(hinge(range(COUNT))[:, :, :2])
