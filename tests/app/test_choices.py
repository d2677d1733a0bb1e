"""The edits that the page offers."""

import pytest

from steadyface.app.choices import options, requests
from steadyface.editing.catalogue import SHIPPED, Request
from steadyface.errors import InputError


def test_dials_go_below_zero_where_the_edit_has_an_opposite():
    by_name = {option.name: option for option in options()}
    assert {"age", "smile", "eyeglasses"} <= set(by_name)
    assert by_name["age"].least == -1.5
    assert by_name["eyeglasses"].least == 0
    assert by_name["age"].says == "makes older; below 0 makes younger"


def test_a_damaged_edit_of_the_user_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "mine.safetensors").write_bytes(b"not an edit")
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path))
    assert "mine" not in {option.name for option in options()}


def test_edits_at_their_strengths():
    assert requests(["age", "smile"], {"age": -0.5}) == (Request("age", -0.5), Request("smile", 1.0))


@pytest.mark.parametrize("name", ["grin", str(SHIPPED / "smile.safetensors"), "../smile", "smile:3"])
def test_only_names_are_taken(name):
    with pytest.raises(InputError, match="unknown edit"):
        requests([name], {})


def test_no_edit():
    with pytest.raises(InputError, match="choose an edit"):
        requests([], {})
