"""Strokes of a drawing that stay the anchor's and move with the face."""

import torch
from torch import Tensor

from steadyface.consistency.flows import InputFlow
from steadyface.consistency.pairs import anchor_index
from steadyface.temporal.detail import high_frequency_detail, with_high_frequency_detail
from steadyface.temporal.settings import Averaging

from ..consistency.conftest import flicker, no_motion

COUNT, SIDE = 9, 32
ANCHOR = anchor_index(COUNT)


def still(frames) -> Tensor:
    return torch.zeros(len(frames), 3, SIDE, SIDE)


def drawn(frames) -> Tensor:
    """Other strokes in every frame."""
    return torch.stack([torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(n)) for n in frames])


def with_direct(direct, flow, pictures=still, everywhere=True, **settings: float) -> Tensor:
    averaging = Averaging(**settings)
    flows = InputFlow(flow, still)
    return with_high_frequency_detail(pictures, direct, still, flows, COUNT, averaging, everywhere=everywhere)(
        range(COUNT)
    )


def test_all_frames_have_the_anchors_strokes_and_none_of_their_flicker() -> None:
    found = with_direct(drawn, no_motion)
    assert flicker(found) == 0
    torch.testing.assert_close(found[:1], high_frequency_detail(drawn([ANCHOR])), atol=2e-3, rtol=0)
    assert found.std() > 0.9 * drawn(range(COUNT)).std()


def test_strokes_move_with_the_face() -> None:
    def right(_a: Tensor, _b: Tensor) -> Tensor:
        """From the first of each pair three pixels to the right to the second, and back again."""
        there = torch.tensor([3.0, -3.0]).view(2, 1, 1, 1)
        return torch.cat([there, torch.zeros_like(there)], dim=1).expand(-1, -1, SIDE, SIDE)

    found, anchor = with_direct(drawn, right), high_frequency_detail(drawn([ANCHOR]))[0]
    inside = slice(4, -4)
    for index in range(COUNT):
        to_anchor = 0 if index == ANCHOR else 3 if index < ANCHOR else -3
        moved = anchor.roll(-to_anchor, dims=-1)
        torch.testing.assert_close(found[index, :, inside, inside], moved[:, inside, inside], atol=2e-3, rtol=0)


def test_what_the_anchor_does_not_show_has_strokes_of_its_own() -> None:
    def gone(a: Tensor, _b: Tensor) -> Tensor:
        """There and back miss by far, in the left half."""
        flow = torch.zeros(len(a), 2, SIDE, SIDE)
        flow[..., : SIDE // 2] = 40.0
        return flow

    found = with_direct(drawn, gone, detail_sharpness=10.0)
    own, anchor = (
        high_frequency_detail(drawn(range(COUNT))),
        high_frequency_detail(drawn([ANCHOR])).expand(COUNT, -1, -1, -1),
    )
    half = SIDE // 2
    torch.testing.assert_close(found[..., :half], own[..., :half], atol=2e-3, rtol=0)
    torch.testing.assert_close(found[..., half:], anchor[..., half:], atol=2e-3, rtol=0)


def test_tones_are_the_pictures_and_not_the_direct_edits() -> None:
    ramp = torch.linspace(-0.5, 0.5, SIDE).expand(1, 3, SIDE, SIDE)
    found = with_direct(
        lambda frames: still(frames) + 0.4, no_motion, lambda frames: ramp.expand(len(frames), -1, -1, -1)
    )
    inside = found[..., 4:-4]
    torch.testing.assert_close(inside, ramp.expand(COUNT, -1, -1, -1)[..., 4:-4], atol=2e-3, rtol=0)


def test_hair_has_strands_where_it_hides_the_input_and_its_grain_where_it_tints_it() -> None:
    def grown(frames) -> Tensor:
        """Hides the left half, tints a quarter, leaves the last."""
        change = torch.tensor([0.5, 0.5, 0.04, 0.0]).repeat_interleave(SIDE // 4)
        return still(frames) + change

    found = with_direct(lambda frames: grown(frames) + drawn(frames), no_motion, grown, everywhere=False)
    lost, hidden, rest = found - grown(range(COUNT)), slice(2, SIDE // 2 - 2), slice(SIDE // 2, None)
    wanted = high_frequency_detail(drawn([ANCHOR])).expand(COUNT, -1, -1, -1)
    torch.testing.assert_close(lost[..., hidden], wanted[..., hidden], atol=2e-3, rtol=0)
    assert lost[..., rest].abs().max() < 2e-3
    assert flicker(found) == 0


def test_strokes_are_what_a_gaussian_of_two_pixels_takes_away() -> None:
    x = torch.arange(64.0)
    for period, gain in ((4, 1.0), (64, 0.02)):
        wave = torch.sin(2 * torch.pi * x / period).expand(1, 1, 64, 64)
        kept = high_frequency_detail(wave)[..., 16:-16].std() / wave[..., 16:-16].std()
        assert abs(kept.item() - gain) < 0.05


def test_where_a_frame_has_something_else_than_the_anchor_its_strokes_are_its_own() -> None:
    def pictures(frames) -> Tensor:
        images = still(frames)
        images[[frame != ANCHOR for frame in frames], :, :, SIDE // 2 :] = 1.0
        return images

    found = with_direct(lambda f: pictures(f) + drawn(f), no_motion, pictures=pictures, output_consistency=0.15)
    added, right = found - pictures(range(COUNT)), slice(SIDE // 2 + 4, None)
    own, anchor = (
        high_frequency_detail(drawn(range(COUNT))),
        high_frequency_detail(drawn([ANCHOR])).expand(COUNT, -1, -1, -1),
    )
    torch.testing.assert_close(added[..., right], own[..., right], atol=2e-3, rtol=0)
    torch.testing.assert_close(added[..., : SIDE // 4], anchor[..., : SIDE // 4], atol=2e-3, rtol=0)
