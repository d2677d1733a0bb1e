"""``steadyface batch`` as a user calls it; no job gets as far as a generator."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from steadyface.cli import main as entry
from steadyface.cluster import executor as local
from steadyface.cluster import schedule
from steadyface.cluster.worker import Outcome

MAIN = "import sys; from steadyface.cli.main import main; sys.exit(main(sys.argv[1:]))"


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def call(*arguments):
    return subprocess.run(
        [sys.executable, "-c", MAIN, "batch", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


class Recorder:
    """An executor that says of every attempt what it was told to."""

    def __init__(self, outcome, *options):
        self.options, self.threads, self.tasks, self._new = options, 1, [], []
        self._outcome = outcome

    def free(self):
        return 1

    def submit(self, task):
        self.tasks.append(task)
        self._new.append(task.name)

    def wait(self, _):
        ended, self._new = self._new, []
        return [(name, self._outcome) for name in ended]

    def close(self):
        pass


@pytest.fixture
def recorded(monkeypatch):
    """Put a `Recorder` in the place of this machine's processes."""
    made = []

    def record(outcome):
        def make(*options):
            made.append(Recorder(outcome, *options))
            return made[-1]

        monkeypatch.setattr(local, "LocalExecutor", make)
        return made

    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.0)
    return record


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (folder / name).touch()
    return folder


def test_the_options_arrive(clips, tmp_path, recorded, capsys):
    made = recorded(Outcome("", seconds=1.0))
    out = tmp_path / "out"
    arguments = ["batch", str(clips), "--edit", "age:0.5", "--out", str(out), "--preset", "fast", "--frames", "0:3"]
    assert entry.main([*arguments, "--seed", "4", "--workers", "2", "--cpus", "3"]) == 0
    (recorder,) = made
    assert recorder.options == (2, 3)
    assert [(task.name, task.out) for task in recorder.tasks] == [
        ("a_age+0.5", out / "a_age+0.5"), ("b_age+0.5", out / "b_age+0.5"),
    ]  # fmt: skip
    job = recorder.tasks[0].job
    assert (job.preset, job.frames, job.seed, str(job.edits[0])) == ("fast", (0, 3), 4, "age:0.5")
    printed, said = capsys.readouterr()
    assert printed.splitlines()[1].split() == ["a_age+0.5", "done", "1", "1"]
    assert f"page     {out / 'batch.html'}" in printed
    assert "b_age+0.5: done" in said.splitlines()


def test_a_failed_job_is_a_line_and_status_2(clips, tmp_path, recorded, capsys):
    recorded(Outcome("no face", again=False))
    assert entry.main(["batch", str(clips), "--edit", "smile", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-2:] == ["steadyface: a_smile: no face", "steadyface: b_smile: no face"]
    states = [job["state"] for job in json.loads((tmp_path / "out" / "batch.json").read_text(encoding="utf-8"))["jobs"]]
    assert states == ["failed", "failed"]


def test_real_workers_on_clips_that_are_none(clips, tmp_path):
    (clips / "b.mp4").write_text("Dear diary,\n" * 100, encoding="utf-8")
    done = call(clips, "--edit", "smile", "--out", tmp_path / "out", "--workers", "2")
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[-2].startswith("steadyface: a_smile: ")
    assert "0 bytes" in said[-2]
    assert "not a readable video" in said[-1]
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "batch.html").exists()


def test_what_is_wrong_is_one_line(clips, tmp_path):
    held = tmp_path / "held"
    held.mkdir()
    table = tmp_path / "jobs.csv"
    table.write_text("input,edit\na.mp4,grin\n", encoding="utf-8")
    (tmp_path / "file").touch()
    good = (clips, "--edit", "smile", "--out")
    cases = {
        "line 2: unknown edit 'grin'": (table, "--out", tmp_path / "out"),
        "say with --edit": (clips, "--out", tmp_path / "out"),
        "another batch is writing into": (*good, held),
        "can't write": (*good, tmp_path / "file"),
        "--gpus and --memory-gb are for --ray": (*good, tmp_path / "out", "--gpus", "1"),
        "'0' is not a whole number of 1 or more": (*good, tmp_path / "out", "--workers", "0"),
        "'-1' is not a whole number of 0 or more": (*good, tmp_path / "out", "--retries=-1"),
    }
    with FileLock(held / ".batch.lock"):
        for expected, arguments in cases.items():
            done = call(*arguments)
            assert (done.returncode, done.stdout) == (2, "")
            assert expected in done.stderr
            assert done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "out").exists()


def test_ctrl_c_stops_it_in_one_line_and_leaves_no_worker(clips, tmp_path):
    """The whole group gets the signal, as from a terminal, while the worker still starts."""
    out = tmp_path / "out"
    # a shell that starts tests in the background makes its children deaf to the signal
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    arguments = [sys.executable, "-c", hears + MAIN, "batch", str(clips), "--edit", "smile", "--out", str(out)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0)
    assert process.stderr.readline() == "a_smile: running\n"
    os.killpg(process.pid, signal.SIGINT)
    printed, said = process.communicate(timeout=300)
    assert (process.returncode, printed) == (130, "")
    assert said.splitlines()[-1] == "steadyface: stopped; the same command goes on from here"
    assert "Traceback" not in said
    end = time.monotonic() + 120  # multiprocessing's own helper takes a moment
    while group_lives(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not group_lives(process.pid)
    states = [job["state"] for job in json.loads((out / "batch.json").read_text(encoding="utf-8"))["jobs"]]
    assert states == ["waiting", "waiting"]


HELP = """
import sys
from steadyface.cli.main import main

try:
    main(["batch", "--help"])
except SystemExit:
    print({"torch", "ray", "cv2", "c2pa"} & sys.modules.keys())
"""


def test_help_is_light():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.endswith("set()\n")
    assert "relative to its own folder" in done.stdout
