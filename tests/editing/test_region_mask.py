import pytest

from steadyface.editing.card import EVERYWHERE
from steadyface.editing.mask import region_mask

SOFT = 0.08


def test_everywhere_is_everywhere() -> None:
    assert (region_mask(EVERYWHERE, 32, SOFT) == 1).all()


def test_a_box_is_full_inside_its_soft_edge_and_nothing_outside_the_box() -> None:
    mask = region_mask((0.25, 0.75, 0.25, 1.0), 64, SOFT)[0, 0]
    assert mask.shape == (64, 64)
    assert (mask[:16] == 0).all()
    assert (mask[48:] == 0).all()
    assert (mask[:, :16] == 0).all()
    inset = 16 + int(SOFT * 64) + 1
    assert (mask[inset : 64 - inset, inset:] == 1).all()  # up to the right border, where the box ends with the crop
    assert float(mask.diff(dim=0).abs().max()) < 0.35


@pytest.mark.parametrize("side", [64, 256])
def test_the_soft_edge_is_half_way_in_its_middle_at_any_size(side: int) -> None:
    mask = region_mask((0.25, 1.0, 0.0, 1.0), side, SOFT)[0, 0, :, 0]
    middle = (0.25 + SOFT / 2) * side
    below, above = int(middle - 0.5), int(middle + 0.5)
    assert float(mask[below]) <= 0.5 + 1e-6 <= float(mask[above]) + 1e-3
    assert float(mask[above] - mask[below]) < 0.31
