"""The command line as a whole: what it imports, what it says, how it ends."""

import json
import os
import subprocess
import sys

import pytest

from steadyface.cli import main as entry
from steadyface.cli.progress import stage_bars
from steadyface.runtime.optimise import Progress
from steadyface.runtime.time_left import Part

NO_TORCH = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from steadyface.cli.main import main

ends = []
for arguments in json.loads(sys.argv[1]):
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
    ends.append((status, out.getvalue(), said.getvalue()))
print(json.dumps({"ends": ends, "heavy": [name for name in ("torch", "gradio") if name in sys.modules]}))
"""


def without_torch(*command_lines: list[str]) -> list[tuple[int, str, str]]:
    """Status, stdout and stderr of command lines that have no need of torch, of weights, or of the network."""
    environment = {**os.environ, "STEADYFACE_CACHE": "/nowhere", "STEADYFACE_OFFLINE": "1", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", NO_TORCH, json.dumps(command_lines)],
        capture_output=True, text=True, env=environment, check=True, timeout=120,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert answer["heavy"] == []
    return [tuple(end) for end in answer["ends"]]


def test_help_and_lists_do_not_import_torch():
    top, edit, evaluate, edits, models, ui = without_torch(
        ["--help"], ["edit", "--help"], ["eval", "--help"], ["edits"], ["models", "list"], ["ui", "--help"]
    )
    assert [end[0] for end in (top, edit, evaluate, edits, models, ui)] == [0] * 6
    assert all(name in top[1] for name in ("edit ", "edits ", "eval ", "models ", "demo ", "ui "))
    assert "--max-upload-mb" in ui[1]
    assert "NAME[:STRENGTH]" in edit[1]
    assert "goes on where it stopped" in edit[1]
    assert "eyeglasses" in edits[1]
    assert "mobile-ffhq" in models[1]


def test_what_is_wrong_with_a_request_is_told_before_torch_is_imported(grid_clip, tmp_path):
    clip, out = str(grid_clip), tmp_path / "out"
    (tmp_path / "text.mp4").write_text("Dear diary,\n" * 100, encoding="utf-8")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "file").touch()
    (tmp_path / "other.safetensors").write_bytes(b"not a direction")

    def edit(*more: str, source: str = clip, name: str = "smile") -> list[str]:
        return ["edit", source, "--edit", name, "--out", str(out), *more]

    cases = {
        "not a readable video": edit(source=str(tmp_path / "text.mp4")),
        "0 bytes": edit(source=str(tmp_path / "empty.mp4")),
        "no such file": edit(source=str(tmp_path / "missing.mp4")),
        "no pictures in this folder": edit(source=str(tmp_path)),
        "is a file, not a folder": edit("--out", str(tmp_path / "file")),
        "unknown edit 'grin'; known: age": edit(name="grin"),
        "not a number": edit(name="smile:much"),
        "outside -3 to 3": edit(name="smile:30"),
        "is not an edit": edit(name=str(tmp_path / "other.safetensors")),
        "unknown preset 'slow'; known: default": edit("--preset", "slow"),
        "no network for 'age'; it has them for eyeglasses, smile": edit("--preset", "latent-transformer", name="age"),
        "unknown model 'nobody'; known: mobile-ffhq-256": edit("--model", "nobody"),
        "has 75 frames, so frames 0:76": edit("--frames", "0:76"),
        "has 75 frames, so frames 75:": edit("--frames", "75:"),
        "not a range of frames": edit("--frames", "7"),
        "counted from 1": edit("--face", "0"),
        "--seed -1": edit("--seed", "-1"),
        "folder of an earlier run": edit("--reuse", str(tmp_path)),
        "arguments are required: --edit": ["edit", clip, "--out", str(out)],
        "arguments are required: --out": ["edit", clip, "--edit", "smile"],
        "missing.mp4: no such file": edit("--look", source=str(tmp_path / "missing.mp4")),
        "unknown edit 'frown'": edit("--look", name="frown"),
        "invalid choice: 'cut'": ["cut"],
        "unknown weights 'all'": ["models", "fetch", "all"],
    }
    for expected, (status, printed, said) in zip(cases, without_torch(*cases.values()), strict=True):
        assert (status, printed) == (2, "")
        assert expected in said
        assert said.count("\n") == 1, said
        assert said.startswith("steadyface")
    assert not out.exists()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:98] DefaultCPUAllocator: can't allocate memory"), "not enough"),
        (KeyboardInterrupt(), "stopped; the same command goes on"),
    ],
)
def test_the_machine_s_and_the_user_s_doing_is_one_line(monkeypatch, capsys, error, expected):
    def fail(_):
        raise error

    monkeypatch.setattr(entry.edits, "run", fail)
    assert entry.main(["edits"]) == (130 if isinstance(error, KeyboardInterrupt) else 2)
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1


def test_a_bug_is_not_hidden(monkeypatch):
    def fail(_):
        raise RuntimeError("the shapes don't fit")

    monkeypatch.setattr(entry.edits, "run", fail)
    with pytest.raises(RuntimeError, match="shapes"):
        entry.main(["edits"])


def test_the_package_is_the_command_with_its_status():
    done = subprocess.run([sys.executable, "-m", "steadyface", "no-such"], capture_output=True, text=True, timeout=60)
    assert done.returncode == entry.FAILED
    assert done.stderr.startswith("steadyface: ")


def test_a_reader_that_has_enough_is_no_error():
    line = f"{sys.executable} -m steadyface edits | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""


def test_bars_end_as_done(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with stage_bars() as bars:
        bars.announce("align")
        bars.announce("refine")
        bars.watch(Progress("refine codes", 5, 5, {}))
        bars.announce("render")
    rows = [row for row in capsys.readouterr().err.splitlines() if "━" in row][-3:]
    for row, name, steps in zip(rows, ("align", "refine", "render"), ("1/1", "5/5", "1/1"), strict=True):
        assert name in row
        assert steps in row


def test_the_first_bar_is_of_the_whole_run_with_the_time_left(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with stage_bars() as bars:
        bars.expect({"tune": (Part("tune it", 4, 1.0),), "render": (Part("one", 3, 1.0), Part("two", 3, 1.0))})
        bars.announce("tune")
        for step in (1, 2, 3, 4):
            bars.watch(Progress("tune it", step, 4, {}))
        bars.announce("render")
        bars.watch(Progress("one", 3, 3, {}))
        bars.watch(Progress("two", 3, 3, {}))
    drawn = capsys.readouterr().err
    assert "left" in drawn
    whole, tune, render = [row for row in drawn.splitlines() if "━" in row][-3:]
    assert "whole run" in whole
    assert "100 %" in whole
    assert "4/4" in tune
    assert "6/6" in render


def test_nothing_is_drawn_where_stderr_is_no_terminal(capsys):
    with stage_bars() as bars:
        bars.announce("align")
        bars.watch(Progress("align", 1, 2, {}))
    assert capsys.readouterr().err == ""
