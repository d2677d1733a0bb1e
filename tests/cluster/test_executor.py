"""Processes on this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from steadyface.cluster.executor import LocalExecutor
from steadyface.cluster.worker import Task

PARENT = """
import sys, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
import stand_ins
from steadyface.cluster.executor import LocalExecutor
from steadyface.cluster.worker import Task
from steadyface.config.job import Job

if __name__ == "__main__":
    executor = LocalExecutor(1, 1, stand_ins.slow)
    executor.submit(Task("a", Job(Path("a.mp4"), ()), Path(sys.argv[1]) / "a", None, 1))
    print(executor.pid("a"), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def task(tmp_path, like):
    return Task("a", like, tmp_path / "a", None, 1)


def is_alive(pid: int) -> bool:
    try:
        # a process that nobody has waited for is a zombie: it runs no more
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_free_places_and_outcomes(task, stand_ins):
    executor = LocalExecutor(2, 1, stand_ins.quick)
    assert executor.free() == 2
    assert executor.wait(0.1) == []
    executor.submit(task)
    assert executor.free() == 1
    ((name, outcome),) = executor.wait(60)
    assert (name, outcome.reason) == ("a", "")
    assert 0 < outcome.seconds < 60
    assert executor.free() == 2


def test_close_stops_what_runs(task, stand_ins):
    executor = LocalExecutor(1, 1, stand_ins.slow)
    executor.submit(task)
    pid = executor.pid("a")
    assert is_alive(pid)
    executor.close()
    assert not is_alive(pid)
    assert executor.free() == 1


def test_a_worker_ignores_ctrl_c_which_is_the_batch_s(task, stand_ins, tmp_path):
    executor = LocalExecutor(1, 1, stand_ins.slow)
    executor.submit(task)
    while not (tmp_path / "attempts.jsonl").exists():
        time.sleep(0.05)
    os.kill(executor.pid("a"), signal.SIGINT)
    (tmp_path / "go").touch()
    assert executor.wait(60)[0][1].reason == ""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="tells a process's state by /proc")
def test_a_killed_batch_takes_its_workers_along(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, script, tmp_path, Path(__file__).parent], stdout=subprocess.PIPE, text=True
    )
    pid = int(parent.stdout.readline())
    while not (tmp_path / "attempts.jsonl").exists():
        time.sleep(0.05)
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(pid)
