"""``steadyface models``: what it prints and the status it ends with."""

import argparse

import pytest

from steadyface.cli import models
from steadyface.errors import InputError, WeightsError
from steadyface.zoo import CARDS, cache


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty cache, and no network."""
    monkeypatch.setenv("STEADYFACE_CACHE", str(tmp_path))
    monkeypatch.setenv("STEADYFACE_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *arguments])
    return args.run(args)


def test_list_shows_every_card_and_what_is_cached(capsys, folder):
    cache.store(CARDS["face-mesh"], b"content")
    assert run("list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert CARDS.keys() < lines.keys()
    assert " yes " in lines["face-mesh"]
    assert " no " in lines["person-mask"]
    marked = {name for name in CARDS if "non-commercial" in lines[name]}
    assert marked == {name for name, card in CARDS.items() if card.non_commercial}
    assert str(folder) in lines["cache:"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["face-mesh", "spynet"], (["face-mesh", "spynet"], False)),
        (["--all"], (list(CARDS), False)),
        (["face-mesh", "--force"], (["face-mesh"], True)),
    ],
)
def test_fetch_asks_for_the_named_weights(monkeypatch, capsys, arguments, expected):
    asked = []

    def fetch(names, *, force):
        asked.append((list(names), force))
        for name in names:
            cache.store(CARDS[name], b"content")

    monkeypatch.setattr(models, "fetch", fetch)
    assert run("fetch", *arguments) == 0
    assert asked == [expected]
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{name}: {cache.path_of(CARDS[name])}" for name in expected[0]]


@pytest.mark.parametrize("arguments", [[], ["face-mesh", "--all"]])
def test_fetch_wants_names_or_all(arguments):
    with pytest.raises(InputError, match="--all"):
        run("fetch", *arguments)


def test_fetch_of_an_unknown_name():
    with pytest.raises(WeightsError, match="unknown weights 'nothing'"):
        run("fetch", "nothing")


def test_verify_takes_all_that_are_cached(capsys):
    assert run("verify") == 0
    assert "nothing is cached" in capsys.readouterr().out
    cache.store(CARDS["face-mesh"], b"content")
    cache.store(CARDS["person-mask"], b"content")
    assert run("verify") == 0
    assert capsys.readouterr().out == "face-mesh: whole\nperson-mask: whole\n"


def test_verify_reports_each_and_fails_for_one(capsys):
    for name in ("face-mesh", "person-mask"):
        cache.store(CARDS[name], b"content")
    cache.path_of(CARDS["face-mesh"]).write_bytes(b"CONTENT")
    assert run("verify", "face-mesh", "person-mask", "spynet", "nothing") == 2
    lines = capsys.readouterr().out.splitlines()
    assert "face-mesh --force" in lines[0]
    assert lines[1] == "person-mask: whole"
    assert "models fetch spynet" in lines[2]
    assert "unknown weights" in lines[3]
