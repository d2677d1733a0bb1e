import torch

from steadyface.clip.change import change_mask


def test_mask_of_no_change_is_empty_and_of_a_patch_is_local() -> None:
    plain = torch.zeros(1, 3, 64, 64)
    assert not change_mask(plain, plain).any()
    edited = plain.clone()
    edited[..., 20:36, 20:36] = 1.0
    mask = change_mask(edited, plain)
    assert mask[0, 0, 28, 28] == 1
    assert not mask[0, 0, 50:, 50:].any()
