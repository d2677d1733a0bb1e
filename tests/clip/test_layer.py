"""What a layer adds and hides."""

import torch

from steadyface.clip.layer import Layer, opacity, with_change

ALL = torch.ones(1, 1, 8, 8)


def flat(value: float) -> torch.Tensor:
    return torch.full((1, 3, 8, 8), value)


def test_how_much_a_change_hides_goes_by_its_strongest_channel() -> None:
    strengths = torch.tensor([0.02, -0.075, 0.3]).view(3, 1, 1, 1) * torch.tensor([0.0, 1.0, 0.5]).view(1, 3, 1, 1)
    found = opacity(strengths.expand(3, 3, 16, 16))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1).expand(3, 1, 16, 16))


def test_what_hides_the_picture_hides_what_the_inversion_missed_of_it() -> None:
    torch.testing.assert_close(with_change(flat(0.4), flat(0.1), flat(-0.6), ALL), flat(-0.6))


def test_a_tint_is_added_on_the_person_and_what_the_inversion_missed_comes_back() -> None:
    real, plain, edited = flat(0.2), flat(0.0), flat(0.03)
    person = torch.zeros(1, 1, 8, 8)
    person[..., 4:] = 1.0
    target = with_change(real, plain, edited, person)
    assert torch.equal(target[..., :4], real[..., :4])
    torch.testing.assert_close(target[..., 4:], torch.full((1, 3, 8, 4), 0.23))
    assert torch.equal(with_change(real, plain, edited + 9, person)[..., 4:], torch.ones(1, 3, 8, 4))


def test_a_half_hidden_frame_is_between_the_tint_and_the_edited_picture() -> None:
    real, plain = torch.rand(2, 1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).unbind()
    where = torch.rand(1, 1, 8, 8)
    expected = real + where * (-0.075 - 0.5 * (real - plain))
    torch.testing.assert_close(with_change(real, plain, plain - 0.075, where), expected.clamp(-1, 1))


def test_where_nothing_is_changed_the_input_comes_back_and_under_what_hides_it_its_grain_does_not() -> None:
    inputs, calm = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)), flat(0.0)
    torch.testing.assert_close(Layer.of_means(calm, calm).over(inputs), inputs)
    torch.testing.assert_close(Layer.of_means(calm + 0.8, calm).over(inputs), calm + 0.8)
    torch.testing.assert_close(Layer.of_means(calm + 0.02, calm).over(inputs), inputs + 0.02)
    assert torch.equal(Layer.whole(flat(-0.5)).over(inputs), flat(-0.5))


def test_a_packed_layer_comes_back_within_its_range() -> None:
    layer = Layer.of_means(torch.linspace(-0.2, 0.2, 192).view(1, 3, 8, 8), flat(0.0))
    again = Layer.unpacked(layer.packed())
    assert torch.equal(again.added, layer.added)
    assert torch.equal(again.hidden, layer.hidden)
    assert float(Layer.unpacked(layer.packed() + 1).hidden.max()) == 1
