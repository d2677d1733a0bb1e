from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nada import (
    Nada,
    adapt,
    chosen_rows,
    directional,
    towards_pictures,
)
from steadyface.critics.clip import Clip
from steadyface.errors import InputError
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.parameters import parameter_sides


class TinyClip(nn.Module):
    """Random encoders of pictures of 16 px and of token numbers."""

    def __init__(self) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(3)
        self.pictures = nn.Parameter(torch.randn(3 * 16 * 16, 12, generator=draws), requires_grad=False)
        self.words = nn.Parameter(torch.randn(128, 12, generator=draws), requires_grad=False)

    def encode_image(self, pictures: Tensor) -> Tensor:
        return pictures.flatten(1) @ self.pictures

    def encode_text(self, tokens: Tensor) -> Tensor:
        return self.words[tokens].mean(1)


def tokenise(texts: list[str]) -> Tensor:
    return torch.tensor([[ord(letter) % 128 for letter in text.ljust(40)[:40]] for text in texts])


@pytest.fixture
def clip() -> Clip:
    return Clip(TinyClip(), tokenise, side=16)


def test_the_loss_is_the_angle_between_the_changes() -> None:
    before, direction = torch.zeros(1, 3), torch.tensor([2.0, 0.0, 0.0])
    for after, wanted in (([1.0, 0, 0], 0.0), ([0, 5.0, 0], 1.0), ([-1.0, 0, 0], 2.0), ([1.0, 1.0, 0], 1 - 0.5**0.5)):
        assert directional(before, torch.tensor([after]), direction).item() == pytest.approx(wanted, abs=1e-6)


def test_descriptors_are_of_unit_length_and_let_gradients_through(clip: Clip) -> None:
    pictures = torch.rand(2, 3, 32, 32, requires_grad=True)
    found = clip.images(pictures)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))
    assert torch.autograd.grad(found[0, 0], pictures)[0].abs().sum() > 0
    assert clip.text("sketch").norm() == pytest.approx(1)
    assert not torch.allclose(clip.text("sketch"), clip.text("photo"))


@pytest.mark.parametrize("rows", [None, 2])
def test_a_text_or_pictures_draw_the_generator_along(tiny_generator: Generator, clip: Clip, rows: int | None) -> None:
    direction = clip.text("sketch") - clip.text("photo")
    settings = Nada(steps=40, chosen_every=20, rows=rows, learning_rate=5e-3)
    tuned = adapt(tiny_generator, clip.images, direction, settings, seed=0)
    z = torch.randn(6, tiny_generator.z_dim, generator=torch.Generator().manual_seed(9))
    ws = broadcast_w(tiny_generator, sample_w(tiny_generator, z, 0.7))
    with torch.no_grad():
        before, after = (clip.images(each.synthesis(ws)) for each in (tiny_generator, tuned))
    assert directional(before, after, direction) < 0.6
    old, new = tiny_generator.state_dict(), tuned.state_dict()
    changed = {key for key in old if not torch.equal(old[key], new[key])}
    assert changed
    assert not any(key.startswith("mapping.") for key in changed)


def test_rows_that_matter_are_chosen(tiny_generator: Generator) -> None:
    """What is described is brightness by the coarsest row alone."""
    ws = torch.randn(8, 4, 16, generator=torch.Generator().manual_seed(1))
    weight = torch.randn(16, generator=torch.Generator().manual_seed(2))

    class Readable:
        """The pictures are the codes."""

        ws_resolutions = tiny_generator.ws_resolutions

        def synthesis(self, codes: Tensor) -> Tensor:
            return codes

    def describe(codes: Tensor) -> Tensor:
        return torch.stack([(codes[:, 2] * weight).sum(-1), 0.0 * codes[:, 0].sum(-1)], dim=1)

    direction = torch.tensor([1.0, 0.0])
    rows = chosen_rows(Readable(), ws, describe(ws) - 1.0, describe, direction, Nada(rows=1, choosing_steps=3))
    assert rows == [2]


def test_only_layers_of_the_chosen_rows_are_trained(tiny_generator: Generator, clip: Clip) -> None:
    settings = Nada(steps=5, chosen_every=5, rows=1)
    tuned = adapt(tiny_generator, clip.images, torch.randn(12), settings, seed=0)
    sides, old = parameter_sides(tiny_generator), tiny_generator.state_dict()
    changed = {sides[key] for key, value in tuned.state_dict().items() if not torch.equal(value, old[key])}
    assert len(changed) == 1


def test_the_direction_to_pictures_is_that_between_the_means() -> None:
    def describe(picture: Tensor) -> Tensor:
        return picture.mean((2, 3))

    colours = torch.eye(3)[:, :, None, None]
    found = towards_pictures(describe, [colours[:1], colours[:1]], [colours[1:2]])
    torch.testing.assert_close(found, torch.tensor([0.5**0.5, -(0.5**0.5), 0.0]))


def test_without_the_library_or_the_file_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"open_clip|there is no file"):
        Clip.load("ViT-B-32", tmp_path / "none.pt")
