import torch

from steadyface.clip.change import change_mask, with_change


def test_mask_of_no_change_is_empty_and_of_a_patch_is_local() -> None:
    plain = torch.zeros(1, 3, 64, 64)
    assert not change_mask(plain, plain).any()
    edited = plain.clone()
    edited[..., 20:36, 20:36] = 1.0
    mask = change_mask(edited, plain)
    assert mask[0, 0, 28, 28] == 1
    assert not mask[0, 0, 50:, 50:].any()


def test_change_is_carried_over_on_the_person_and_what_the_inversion_missed_comes_back() -> None:
    real, plain, edited = (torch.full((1, 3, 8, 8), value) for value in (0.2, 0.0, 0.5))
    person = torch.zeros(1, 1, 8, 8)
    person[..., 4:] = 1.0
    target = with_change(real, edited - plain, person)
    assert torch.equal(target[..., :4], real[..., :4])
    torch.testing.assert_close(target[..., 4:], torch.full((1, 3, 8, 4), 0.7))
    assert torch.equal(with_change(real, edited + 9, person)[..., 4:], torch.ones(1, 3, 8, 4))
