import numpy as np
import pytest
import torch

from steadyface.faces import topology
from steadyface.stitching.preserve import preserved_mask, shade, with_preserved
from steadyface.stitching.settings import Preservation

SETTINGS = Preservation()
SIDE = 128


def looking() -> np.ndarray:
    """Landmarks whose eyes are 24 px wide, at (45, 60) and (83, 60)."""
    points = np.full((topology.LANDMARKS, 2), 64.0)
    angle = np.linspace(np.pi, 3 * np.pi, 16, endpoint=False)
    for contour, middle in ((topology.RIGHT_EYE, 45), (topology.LEFT_EYE, 83)):
        points[list(contour)] = np.stack([middle + 12 * np.cos(angle), 60 + 4 * np.sin(angle)], -1)
    return points


def test_the_mask_is_on_the_eyes() -> None:
    mask = preserved_mask(("eyes",), looking(), SIDE, SETTINGS)
    assert mask.shape == (1, 1, SIDE, SIDE)
    assert float(mask[0, 0, 60, 45]) == pytest.approx(1, abs=1e-3)
    assert float(mask[0, 0, 60, 83]) == pytest.approx(1, abs=1e-3)
    assert float(mask[0, 0, 30].max()) == 0
    assert float(mask[0, 0, 60, 64]) < 0.05


def test_of_the_irises_lids_and_brows_are_left_out() -> None:
    eyes, irises = (preserved_mask((part,), looking(), SIDE, SETTINGS)[0, 0] for part in ("eyes", "irises"))
    assert float(irises[60, 45]) > 0.9
    assert float(eyes[54, 45]) > 0.5 > 0.05 > float(irises[54, 45])  # 6 px above the middle, 2 above the lid's edge
    assert bool((irises <= eyes + 1e-6).all())


def test_a_shade_is_the_mean_of_what_is_added_inside() -> None:
    mask = preserved_mask(("eyes",), looking(), SIDE, SETTINGS)

    def change(frames) -> torch.Tensor:
        darker = torch.full((len(frames), 3, SIDE, SIDE), 0.9)  # outside the eyes; must not count
        inside = torch.tensor([-0.1, -0.2, -0.3]).view(1, 3, 1, 1) * torch.tensor(frames).view(-1, 1, 1, 1)
        return torch.where(mask > 0.01, inside, darker)

    found = shade(change, lambda _: mask, [0, 2], SETTINGS)
    assert found.shape == (1, 3, SIDE, SIDE)
    torch.testing.assert_close(found[0, :, 60, 45], torch.tensor([-0.1, -0.2, -0.3]), atol=0.01, rtol=0)


def test_a_shade_has_no_edges() -> None:
    mask = preserved_mask(("eyes",), looking(), SIDE, SETTINGS)
    stripes = torch.where(torch.arange(SIDE) % 4 < 2, 0.5, -0.5).expand(1, 3, SIDE, SIDE)
    assert float(shade(lambda _: stripes, lambda _: mask, [0], SETTINGS)[..., 50:70, 35:55].abs().max()) < 0.1


def speaking() -> np.ndarray:
    """The same landmarks with lips 30 px wide at (64, 95)."""
    points = looking()
    angle = np.linspace(np.pi, 3 * np.pi, len(topology.OUTER_LIPS), endpoint=False)
    points[list(topology.OUTER_LIPS)] = np.stack([64 + 15 * np.cos(angle), 95 + 6 * np.sin(angle)], -1)
    return points


def test_each_part_has_its_own_mask() -> None:
    mouth = preserved_mask(("mouth",), speaking(), SIDE, SETTINGS)[0, 0]
    assert float(mouth[95, 64]) == pytest.approx(1, abs=1e-3)
    assert float(mouth[60, 45]) == 0
    both = preserved_mask(("eyes", "mouth"), speaking(), SIDE, SETTINGS)[0, 0]
    assert torch.equal(both, torch.maximum(mouth, preserved_mask(("eyes",), speaking(), SIDE, SETTINGS)[0, 0]))
    assert not preserved_mask((), speaking(), SIDE, SETTINGS).any()


def test_what_is_kept_is_the_input_in_the_edits_shade() -> None:
    mask = preserved_mask(("mouth",), speaking(), SIDE, SETTINGS)
    own = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) - 0.5
    drawn = torch.full_like(own, 0.7)
    tint = shade(lambda frames: torch.full_like(own[list(frames)], 0.1), lambda _: mask, [0, 1], SETTINGS)
    painted = with_preserved(
        lambda frames: drawn[list(frames)], lambda frames: own[list(frames)] + tint, lambda _: mask
    )([1])
    torch.testing.assert_close(painted[0, :, 95, 64], own[1, :, 95, 64] + 0.1, atol=0.01, rtol=0)
    assert torch.equal(painted[..., :70, :], drawn[1:, :, :70])
