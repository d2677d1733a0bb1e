import torch

from steadyface.clip.change import change_mask, opacity, with_change


def test_mask_of_no_change_is_empty_and_of_a_patch_is_local() -> None:
    plain = torch.zeros(1, 3, 64, 64)
    assert not change_mask(plain, plain).any()
    edited = plain.clone()
    edited[..., 20:36, 20:36] = 1.0
    mask = change_mask(edited, plain)
    assert mask[0, 0, 28, 28] == 1
    assert not mask[0, 0, 50:, 50:].any()


def test_how_much_a_change_hides_goes_by_its_strongest_channel() -> None:
    strengths = torch.tensor([0.02, -0.075, 0.3]).view(3, 1, 1, 1) * torch.tensor([0.0, 1.0, 0.5]).view(1, 3, 1, 1)
    found = opacity(strengths.expand(3, 3, 16, 16))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1).expand(3, 1, 16, 16))


def test_what_hides_the_picture_hides_what_the_inversion_missed_of_it() -> None:
    real, plain, edited = (torch.full((1, 3, 8, 8), value) for value in (0.4, 0.1, -0.6))
    torch.testing.assert_close(with_change(real, plain, edited, torch.ones(1, 1, 8, 8)), edited)


def test_a_tint_is_added_on_the_person_and_what_the_inversion_missed_comes_back() -> None:
    real, plain, edited = (torch.full((1, 3, 8, 8), value) for value in (0.2, 0.0, 0.03))
    person = torch.zeros(1, 1, 8, 8)
    person[..., 4:] = 1.0
    target = with_change(real, plain, edited, person)
    assert torch.equal(target[..., :4], real[..., :4])
    torch.testing.assert_close(target[..., 4:], torch.full((1, 3, 8, 4), 0.23))
    assert torch.equal(with_change(real, plain, edited + 9, person)[..., 4:], torch.ones(1, 3, 8, 4))
