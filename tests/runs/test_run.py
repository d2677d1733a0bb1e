import json
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from steadyface.errors import ResourceError
from steadyface.runs.run import Run, StageCheckpoint
from steadyface.runtime.files import digest, write_atomically


def test_a_finished_stage_is_read_back_not_made_again(tmp_path: Path) -> None:
    made = []

    def work(_: StageCheckpoint) -> dict[str, torch.Tensor]:
        made.append(1)
        return {"x": torch.arange(3.0)}

    for key, times in (("a", 1), ("a", 1), ("b", 2)):
        tensors = Run.open(tmp_path).stage("refine", key, work)
        assert len(made) == times
        torch.testing.assert_close(tensors["x"], torch.arange(3.0))


def test_a_stage_of_another_run_serves_when_its_key_is_the_same(tmp_path: Path) -> None:
    Run.open(tmp_path / "a").stage("refine", "k", lambda _: {"x": torch.ones(2)})
    run = Run.open(tmp_path / "b", reuse=[tmp_path / "none", tmp_path / "a"])
    assert run.has("refine", "k")
    assert not run.has("refine", "other")
    assert not run.has("tune", "k")
    assert not Run.open(tmp_path / "b").has("refine", "k")
    assert run.stage("refine", "k", lambda _: pytest.fail("made again"))["x"].sum() == 2
    assert Run.open(tmp_path / "b").stage("refine", "k", lambda _: pytest.fail("not kept"))["x"].sum() == 2
    assert run.stage("refine", "other", lambda _: {"x": torch.zeros(2)})["x"].sum() == 0


def test_checkpoint_round_trip_and_its_key(tmp_path: Path) -> None:
    storage = torch.ones(4)
    checkpoint = StageCheckpoint(tmp_path / "s.part.safetensors", "key")
    assert checkpoint.load() is None
    checkpoint.save(7, {"a": storage, "b": storage[:2]})
    step, tensors = checkpoint.load() or pytest.fail("nothing kept")
    assert step == 7
    torch.testing.assert_close(tensors, {"a": torch.ones(4), "b": torch.ones(2)})
    assert StageCheckpoint(tmp_path / "s.part.safetensors", "another").load() is None


def test_a_stage_without_its_record_is_made_again(tmp_path: Path) -> None:
    run = Run.open(tmp_path)
    run.stage("tune", "k", lambda _: {"x": torch.ones(1)})
    (tmp_path / "state" / "tune.json").unlink()
    assert run.stage("tune", "k", lambda _: {"x": torch.zeros(1)})["x"] == 0


@pytest.mark.parametrize("damaged", ["state/tune.safetensors", "state/tune.json"])
def test_a_damaged_stage_is_made_again(tmp_path: Path, damaged: str) -> None:
    Run.open(tmp_path).stage("tune", "k", lambda _: {"x": torch.ones(8)})
    (tmp_path / damaged).write_bytes((tmp_path / damaged).read_bytes()[:20])
    assert Run.open(tmp_path).stage("tune", "k", lambda _: {"x": torch.zeros(8)})["x"].sum() == 0
    assert Run.open(tmp_path).stage("tune", "k", lambda _: pytest.fail("made again"))["x"].sum() == 0


def test_a_damaged_checkpoint_is_as_none(tmp_path: Path) -> None:
    checkpoint = StageCheckpoint(tmp_path / "s.part.safetensors", "key")
    checkpoint.save(7, {"a": torch.ones(4)})
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:-4])
    assert checkpoint.load() is None


def test_a_disk_that_takes_no_more_tensors_is_one_line(tmp_path: Path) -> None:
    checkpoint = StageCheckpoint(tmp_path / "s.part.safetensors", "key")
    checkpoint.save(1, {"a": torch.ones(4)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(ResourceError, match="can't write"):
            checkpoint.save(2, {"a": torch.ones(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    step, _ = checkpoint.load() or pytest.fail("lost")
    assert step == 1
    assert list(tmp_path.iterdir()) == [checkpoint.path]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")

    def half(beside: Path) -> None:
        beside.write_text("ne", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(ResourceError, match="disk is full"):
        write_atomically(path, half)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_one_line() -> None:
    with pytest.raises(ResourceError, match="can't write"):
        Run.open(Path("/proc/steadyface"))


def test_manifest_names_stages(tmp_path: Path) -> None:
    run = Run.open(tmp_path)
    run.stage("tune", "k", lambda _: {"x": torch.ones(1)})
    with run.timed("render"):
        run.path("picture.png").touch()
    run.write_manifest()
    stages = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["stages"]
    assert stages.keys() == {"tune", "render"}
    assert all(stage["peak_memory_mb"] > 0 for stage in stages.values())
    assert stages["render"].keys() == {"seconds", "processor_seconds", "peak_memory_mb"}


def test_work_that_fails_is_no_stage_of_the_manifest(tmp_path: Path) -> None:
    run = Run.open(tmp_path)
    with pytest.raises(ZeroDivisionError), run.timed("render"):
        raise ZeroDivisionError
    assert not run.manifest["stages"]


def test_digest_depends_on_every_part() -> None:
    assert digest("a", {"x": 1, "y": 2}) == digest("a", {"y": 2, "x": 1})
    assert len({digest("a", 1), digest("a", 2), digest("b", 1), digest("a")}) == 4


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    first, second = Run.open(tmp_path), Run.open(tmp_path)
    with first.locked(), pytest.raises(ResourceError, match="another run"), second.locked():
        raise AssertionError
    with second.locked():
        pass


HOLDER = """
import sys, time
from pathlib import Path
from steadyface.runs.run import Run

with Run.open(Path(sys.argv[1])).locked():
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ResourceError, match="another run"), Run.open(tmp_path).locked(patience_seconds=0.2):
        raise AssertionError
    threading.Timer(0.5, holder.kill).start()
    with Run.open(tmp_path).locked(patience_seconds=60):  # a retry on another node waits for the end of the first
        assert holder.wait(timeout=60) == -signal.SIGKILL
