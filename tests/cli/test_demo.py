"""`steadyface demo` is `steadyface edit` on the clip that ships."""

import argparse
from pathlib import Path

import pytest

from steadyface.cli import edit
from steadyface.cli.main import main
from steadyface.pipeline import Result


def test_the_demo_asks_for_an_edit_of_the_clip_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[argparse.Namespace] = []

    def edited(args: argparse.Namespace) -> Result:
        asked.append(args)
        return Result(args.out, args.out, args.out, args.out, 1, ("smile: left as filmed",))

    monkeypatch.setattr(edit, "edit_with_bars", edited)
    assert main(["demo", "--out", str(tmp_path), "--edit", "smile:0.5"]) == 0
    job = edit.job_of(asked[0], asked[0].preset)
    assert job.source.is_file()
    assert [str(request) for request in job.edits] == ["smile:0.5"]
    assert job.preset == "fast"
    assert asked[0].out == tmp_path
