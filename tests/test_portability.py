"""The package where it doesn't run here: as on Windows, with `as_on_windows`, and what else differs between systems."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from steadyface.app.messages import one_line
from steadyface.cluster import plan
from steadyface.cluster.plan import read_plan
from steadyface.config.job import Job
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError, ResourceError
from steadyface.runtime import files

PROGRAM = Path(__file__).with_name("as_on_windows.py")
FORBIDDEN = re.compile(r'[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
"""In the name of a file on Windows."""
HIDDEN = f"""
import builtins, runpy, sys
runpy.run_path({str(PROGRAM)!r})
exec(sys.argv[1], {{"__name__": sys.argv[2], "__builtins__": builtins}})
"""


@pytest.fixture(scope="module")
def on_windows(tmp_path_factory):
    """What the program says, and the folder that it wrote into."""
    folder = tmp_path_factory.mktemp("windows")
    environment = {**os.environ, "PYTHONWARNDEFAULTENCODING": "1"}
    done = subprocess.run(
        [sys.executable, PROGRAM, folder], capture_output=True, encoding="utf-8", env=environment, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder


def test_every_module_can_be_imported(on_windows):
    said, _ = on_windows
    there = {path.parent for path in (Path(__file__).parents[1] / "src" / "steadyface").rglob("*.py")}
    assert {"steadyface.pipeline", "steadyface.cli.main", "steadyface.cluster.executor"} <= set(said["modules"])
    assert len(said["modules"]) > len(there)
    if find_spec("gradio"):
        assert "steadyface.app.handlers" in said["modules"]


def test_a_worker_does_a_job(on_windows):
    said, folder = on_windows
    run = folder / "run"
    assert said["outcome"]["reason"] == "", (run / "log.txt").read_text(encoding="utf-8")
    log = (run / "log.txt").read_text(encoding="utf-8")
    assert log.count("tiny: render") == 1  # the second time there was nothing to do
    assert "\N{GREEK SMALL LETTER ALPHA}" in log
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["outputs"]) == {"edited.mp4", "direct.mp4", "compare.mp4"}
    assert all(stage["peak_memory_mb"] > 100 for stage in manifest["stages"].values())


def test_its_files_have_names_that_windows_allows(on_windows):
    names = {part for path in on_windows[1].rglob("*") for part in path.relative_to(on_windows[1]).parts}
    assert len(names) > 30
    assert not [name for name in names if FORBIDDEN.search(name)]


@pytest.mark.parametrize(
    "line",
    [
        "import resource",
        "from fcntl import flock",
        "from importlib import import_module; import_module('pwd')",
        "import signal; signal.SIGKILL",
        "from signal import pthread_sigmask",
        "import os; os.EX_UNAVAILABLE",
        "import os; os.sysconf('SC_PAGE_SIZE')",
        "import os.path; os.fork()",
        "import sys; assert sys.platform != 'win32'",
        "from pathlib import Path; Path(__import__('sys').executable).resolve().rename('x')",
    ],
)
def test_what_windows_lacks_is_hidden_from_the_package_alone(line):
    def status(name):
        return subprocess.run([sys.executable, "-c", HIDDEN, line, name], capture_output=True, timeout=60).returncode

    assert status("steadyface.new") == 1
    if "rename" not in line and "fork" not in line:
        assert status("another") == 0


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (r"C:\Users\Jo Doe\talk.mp4: not a readable video", "talk.mp4: not a readable video"),
        ("D:/runs/a/talk.mp4: cut", "talk.mp4: cut"),
        (r"\\server\share\runs\a_b-1: the disk is full", "a_b-1: the disk is full"),
        (r"can't write C:\runs\a b\edited.mp4: it is 'C:\\runs\\a b\\edited.mp4'",
         "can't write edited.mp4: it is 'edited.mp4'"),
        ("frames 0:4 of it, 24/25", "frames 0:4 of it, 24/25"),
    ],
)  # fmt: skip
def test_the_page_hides_folders_of_windows(said, line):
    assert one_line(InputError(said)) == line


def test_the_colon_of_a_drive_is_no_strength():
    path = r"C:\edits\mine.safetensors"
    assert Request.parse(path) == Request(path)
    assert Request.parse(f"{path}:-0.5") == Request(path, -0.5)
    assert Request.parse(str(Request(path, 0.5))) == Request(path, 0.5)


def test_names_of_jobs_are_names_of_folders():
    edits = (Request("age", -0.8), Request("smile", 1.5), Request("beard"))
    name = plan.folder_name(Job(Path("talk.mp4"), edits))
    assert name == "talk_age-0.8_smile+1.5_beard"
    assert not FORBIDDEN.search(name)


@pytest.mark.parametrize(("platform", "alike"), [("win32", True), ("darwin", True), ("linux", False)])
def test_clips_that_differ_in_capitals_alone(tmp_path, monkeypatch, platform, alike):
    monkeypatch.setattr(plan, "sys", SimpleNamespace(platform=platform))
    table = tmp_path / "jobs.csv"
    table.write_text("input,edit\na/Talk.mp4,smile\nb/talk.mp4,smile\n", encoding="utf-8")
    if alike:
        with pytest.raises(InputError, match="would both write into"):
            read_plan(table, (), Job(Path(), ()), tmp_path / "out")
    else:
        assert len(read_plan(table, (), Job(Path(), ()), tmp_path / "out")) == 2


def test_a_folder_on_another_drive_is_called_by_its_whole_path(tmp_path, monkeypatch):
    def refuse(path, start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(plan, "os", SimpleNamespace(path=SimpleNamespace(relpath=refuse, normpath=os.path.normpath)))
    table = tmp_path / "jobs.csv"
    table.write_text("input,edit,out\na.mp4,smile,there\n", encoding="utf-8")
    (job,) = read_plan(table, (), Job(Path(), ()), tmp_path / "out")
    assert job.name == (tmp_path / "there").as_posix()
    assert PureWindowsPath("D:/there").as_uri() == "file:///D:/there"  # as the page links it


@pytest.mark.parametrize(("platform", "refused", "written"), [("win32", 3, True), ("linux", 3, False)])
def test_a_file_that_a_virus_scanner_looks_at_is_put_in_place_a_moment_later(
    tmp_path, monkeypatch, platform, refused, written
):
    left = [None] * refused

    def replace(source, target):
        if left:
            left.pop()
            raise PermissionError(13, "Access is denied")
        os.replace(source, target)

    monkeypatch.setattr(files, "sys", SimpleNamespace(platform=platform))
    monkeypatch.setattr(Path, "replace", replace)
    path = tmp_path / "file.txt"
    if written:
        files.write_atomically(path, lambda beside: beside.write_bytes(b"new"))
        assert path.read_bytes() == b"new"
    else:
        with pytest.raises(ResourceError, match="can't write"):
            files.write_atomically(path, lambda beside: beside.write_bytes(b"new"))
    assert list(tmp_path.iterdir()) == ([path] if written else [])
