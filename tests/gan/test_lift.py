"""What the small generator has learnt, in the large one."""

from copy import deepcopy

import torch

from steadyface.gan.lift import lifted, lifted_codes, own_parameters, own_rows, share_parameters
from steadyface.gan.load import load_generator
from steadyface.gan.models import LARGER, SMALL

from ..conftest import TinyGenerator, TinyLarge


def moved(generator: TinyGenerator) -> TinyGenerator:
    tuned = deepcopy(generator)
    draws = torch.Generator().manual_seed(3)
    for parameter in tuned.parameters():
        parameter.add_(0.1 * torch.randn(parameter.shape, generator=draws))
    return tuned


def test_shared_layers_move_as_the_small_ones_did_and_others_stay(tiny_generator, tiny_large: TinyLarge) -> None:
    tuned = moved(tiny_generator)
    before, state, after = tiny_large.state_dict(), lifted(tiny_large, tuned, tiny_generator).state_dict(), {}
    for name in ("const", "layers.0.weight", "layers.2.style"):
        after[name] = tuned.state_dict()[name] - tiny_generator.state_dict()[name]
        torch.testing.assert_close(state[name] - before[name], after[name])
    own = own_parameters(tiny_large, tiny_generator)
    assert {name.rpartition(".")[0] for name in own} == {"layers.3", "layers.4", "colours"}
    assert all(torch.equal(state[name], before[name]) for name in {*before} - {*after} if name in own)
    assert torch.equal(state["mapping.weight"], before["mapping.weight"])


def test_codes_keep_shared_rows_and_add_an_offset_to_the_last(tiny_generator, tiny_large) -> None:
    ws, offset = torch.randn(2, 4, 16), torch.randn(1, 2, 16)
    found = lifted_codes(ws, tiny_large, tiny_generator, offset)
    assert own_rows(tiny_large, tiny_generator) == 2
    assert torch.equal(found[:, :3], ws[:, :3])
    torch.testing.assert_close(found[:, 3:], ws[:, 2:3] + offset)


def test_parameters_are_shared_not_copied(tiny_generator, tiny_large) -> None:
    first, second = (lifted(tiny_large, each, tiny_generator) for each in (tiny_generator, moved(tiny_generator)))
    share_parameters(second, own_parameters(first, tiny_generator))
    first.colours.bias.add_(1.0)
    assert torch.equal(second.colours.bias, first.colours.bias)
    assert not torch.equal(second.const, first.const)


def test_of_the_real_generators_the_trunk_is_shared() -> None:
    large, small = load_generator(LARGER[-1]), load_generator(SMALL)
    names = {name.split(".")[0] + "." + name.split(".")[1] for name in own_parameters(large, small)}
    assert {name for name in names if name.startswith("blocks")} == {"blocks.5", "blocks.6"}
    assert any(name.startswith("to_image") for name in names)
    assert own_rows(large, small) == 5
    same = lifted(large, small, small)
    ws = large.w_mean.expand(1, large.num_ws, -1)
    with torch.no_grad():
        assert torch.equal(same.synthesis(ws), large.synthesis(ws))
