from dataclasses import replace
from pathlib import Path

import pytest
import torch

from steadyface.editing import catalogue
from steadyface.editing.card import EditCard, Effect
from steadyface.editing.catalogue import EditContent, Request
from steadyface.editing.edit import Edit
from steadyface.errors import InputError
from steadyface.gan.base import Generator


def made(**directions: float) -> Edit:
    sides = {int(name[1:]): torch.full((16,), value) for name, value in directions.items()}
    return Edit(EditCard("test", "a test"), sides)


def test_moves_only_the_layers_it_names(tiny_generator: Generator) -> None:
    ws = torch.randn(2, 4, 16)
    moved = made(s16=2.0)(ws, tiny_generator) - ws
    torch.testing.assert_close(moved[:, 1], torch.full((2, 16), 2.0))
    assert not moved[:, [0, 2, 3]].any()


def test_strength_is_linear_and_signed(tiny_generator: Generator) -> None:
    ws, edit = torch.randn(1, 4, 16), made(s8=1.0, s16=-1.0)
    there = replace(edit, strength=0.7)(ws, tiny_generator)
    torch.testing.assert_close(replace(edit, strength=-0.7)(there, tiny_generator), ws)


def test_file_round_trip(tmp_path: Path) -> None:
    edit = made(s8=1.0, s64=0.5)
    edit = replace(edit, card=replace(edit.card, effect=Effect(region=(0.25, 0.5, 0.0, 1.0))))
    edit.save(tmp_path / "mine.safetensors")
    loaded = Edit.load(tmp_path / "mine.safetensors")
    assert loaded.card == edit.card
    torch.testing.assert_close(loaded.directions, edit.directions)
    assert catalogue.read_card(tmp_path / "mine.safetensors").description == "a test"


def test_a_fingerprint_is_of_what_is_done_and_not_of_its_wording(tmp_path: Path) -> None:
    def fingerprint(edit: Edit) -> str:
        edit.save(tmp_path / "x.safetensors")
        return EditContent(tmp_path / "x.safetensors").fingerprint()

    edit = made(s8=1.0, s64=0.5)
    reworded = replace(edit.card, name="other", description="in other words", trained_on="more", licence="MIT")
    assert fingerprint(replace(edit, card=reworded)) == fingerprint(edit)
    others = [made(s8=1.0, s64=0.6), made(s8=1.0, s32=0.5), made(s8=1.0)]
    effects = [Effect(region=(0.0, 0.5, 0.0, 1.0)), Effect(outline="included"), Effect(overlay=True)]
    others += [replace(edit, card=replace(edit.card, effect=effect)) for effect in effects]
    others += [replace(edit, card=replace(edit.card, attribute="age"))]
    assert len({fingerprint(edit), *map(fingerprint, others)}) == 1 + len(others)


def test_users_edits_are_found_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(s8=1.0).save(tmp_path / "mine.safetensors")
    with pytest.raises(InputError, match=r"unknown edit .mine.; known: .*eyeglasses"):
        catalogue.find(Request("mine"))
    assert catalogue.find(Request(str(tmp_path / "mine.safetensors"))).is_file()
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path))
    assert catalogue.load(Request("mine", 0.5)).strength == 0.5


def test_a_card_says_where_and_how_it_acts(tmp_path: Path) -> None:
    flags = dict.fromkeys(("preserves_lip_opening", "overlay"), True)
    card = EditCard("x", "", effect=Effect(outline="margin", preserved_parts=("eyes", "mouth"), **flags))
    Edit(card, {8: torch.ones(4)}).save(tmp_path / "x.safetensors")
    assert Edit.load(tmp_path / "x.safetensors").card == catalogue.read_card(tmp_path / "x.safetensors") == card


def test_what_another_version_said_of_an_effect_is_left_out() -> None:
    said = {"overlay": True, "draws_hair": True}
    assert Effect.of(said) == Effect(overlay=True)


@pytest.mark.parametrize(
    "wrong", [{"preserved_parts": ("nose",)}, {"preserved_parts": ("eyes", "hat")}, {"preserved_parts": 3},
              {"outline": "about"}],
)  # fmt: skip
def test_an_effect_that_nothing_can_have_is_refused(tmp_path: Path, wrong) -> None:
    Edit(EditCard("x", "", effect=Effect(**wrong)), {8: torch.ones(4)}).save(tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="is not an edit of steadyface"):
        Edit.load(tmp_path / "x.safetensors")


@pytest.mark.parametrize("region", [(0.5, 0.5, 0.0, 1.0), (0.0, 1.5, 0.0, 1.0), (0.0, 1.0, 0.0), "all"])
def test_a_region_that_is_none_is_refused(tmp_path: Path, region) -> None:
    edit = made(s8=1.0)
    replace(edit, card=replace(edit.card, effect=Effect(region=region))).save(tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="is not an edit"):
        Edit.load(tmp_path / "x.safetensors")


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x08\0\0\0\0\0\0\0{}      "])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not an edit"):
        Edit.load(path)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("age", Request("age", 1.0)),
        ("age:-0.5", Request("age", -0.5)),
        ("a:b.safetensors:2", Request("a:b.safetensors", 2.0)),
    ],
)
def test_requests_are_read(text: str, request_: Request) -> None:
    assert Request.parse(text) == request_


@pytest.mark.parametrize("text", ["age:much", "age:9", "age:nan"])
def test_senseless_strengths_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="strength"):
        Request.parse(text)


def test_the_named_edits_ship() -> None:
    names = {"age", "gender", "smile", "eyeglasses", "beard", "angry", "surprised", "head-turn"}
    assert names <= set(catalogue.named_edits())
    for name in names:
        edit = Edit.load(catalogue.find(Request(name)))
        assert edit.card.name == name
        assert all(direction.shape == (512,) for direction in edit.directions.values())
