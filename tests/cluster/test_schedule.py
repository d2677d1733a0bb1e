"""Batches with real worker processes that do nothing much."""

import os

import pytest

from steadyface.cluster import schedule
from steadyface.cluster.executor import LocalExecutor
from steadyface.cluster.schedule import run_batch


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.05)


def states(ledger):
    return {entry.name: (entry.state, entry.attempts) for entry in ledger}


def test_each_job_has_a_fresh_process_with_its_threads(make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("a", "b")
    run_batch(ledger, LocalExecutor(2, 3, stand_ins.quick))
    assert states(ledger) == {"a_smile": ("done", 1), "b_smile": ("done", 1)}
    seen = stand_ins.attempts(tmp_path / "out")
    assert {line["threads"] for line in seen} == {"3"}
    assert len({line["pid"] for line in seen} | {os.getpid()}) == 3
    assert "said by the worker" in (tmp_path / "out" / "a_smile" / "log.txt").read_text(encoding="utf-8")


def test_one_inverts_a_clip_and_the_others_take_it(make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("a", edits=("smile", "age", "beard"))
    seen = []

    def show(ledger):
        running = [entry.name for entry in ledger.of("running")]
        if running and running not in seen:
            seen.append(running)
        if len(running) == 3:
            (tmp_path / "out" / "go").touch()

    run_batch(ledger, LocalExecutor(3, 1, stand_ins.slow), show=show)
    assert seen[0] == ["a_smile"]
    assert ["a_smile", "a_age", "a_beard"] in seen  # as soon as it is inverted, not at its end
    reused = {line["name"]: line["reuse"] for line in stand_ins.attempts(tmp_path / "out")}
    assert reused == {"a_smile": None, "a_age": "a_smile", "a_beard": "a_smile"}


def test_clips_are_inverted_at_the_same_time(make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("a", "b", edits=("smile", "age"))
    (tmp_path / "out" / "go").touch()
    run_batch(ledger, LocalExecutor(2, 1, stand_ins.slow))
    names = [line["name"] for line in stand_ins.attempts(tmp_path / "out")]
    assert set(names[:2]) == {"a_smile", "b_smile"}
    assert {entry.state for entry in ledger} == {"done"}


def test_a_killed_worker_s_job_is_tried_again(make_ledger, stand_ins):
    ledger = make_ledger("a")
    run_batch(ledger, LocalExecutor(1, 1, stand_ins.killed_once), retries=1)
    assert states(ledger) == {"a_smile": ("done", 2)}
    assert ledger["a_smile"].reason == ""


def test_without_retries_it_says_what_killed_it(make_ledger, stand_ins):
    ledger = make_ledger("a")
    run_batch(ledger, LocalExecutor(1, 1, stand_ins.killed_once), retries=0)
    assert states(ledger) == {"a_smile": ("failed", 1)}
    assert "killed (SIGKILL)" in ledger["a_smile"].reason


def test_the_input_s_fault_is_not_tried_again_and_holds_nobody_up(make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("faceless", "offline", "bug", "good", edits=("smile", "age"))
    run_batch(ledger, LocalExecutor(2, 1, stand_ins.by_name), retries=2)
    assert states(ledger) == {
        f"{clip}_{edit}": ("done" if clip == "good" else "failed", attempts)
        for clip, attempts in (("faceless", 1), ("offline", 3), ("bug", 3), ("good", 1))
        for edit in ("smile", "age")
    }
    assert ledger["faceless_age"].reason == "no face found"
    assert ledger["offline_age"].reason == "no network"
    assert ledger["bug_age"].reason == "RuntimeError: the shapes don't fit"
    assert "Traceback" in (tmp_path / "out" / "bug_age" / "log.txt").read_text(encoding="utf-8")
    assert "Traceback" not in (tmp_path / "out" / "faceless_age" / "log.txt").read_text(encoding="utf-8")


def test_the_same_call_goes_on_with_what_is_not_done(make_ledger, stand_ins, tmp_path):
    run_batch(make_ledger("a", "b", "c"), LocalExecutor(3, 1, stand_ins.quick))
    (tmp_path / "out" / "b_smile" / "edited.mp4").unlink()
    (tmp_path / "clips" / "c.mp4").write_text("another take", encoding="utf-8")
    before = len(stand_ins.attempts(tmp_path / "out"))
    ledger = make_ledger("a", "b", "c", "d")
    run_batch(ledger, LocalExecutor(1, 1, stand_ins.quick))
    assert [line["name"] for line in stand_ins.attempts(tmp_path / "out")[before:]] == ["b_smile", "c_smile", "d_smile"]
    assert states(ledger) == {f"{clip}_smile": ("done", 2 if clip == "b" else 1) for clip in "abcd"}


def test_stopped_it_ends_its_workers_and_what_ran_is_waiting(make_ledger, stand_ins, tmp_path):
    ledger, executor = make_ledger("a", "b"), LocalExecutor(1, 1, stand_ins.slow)
    pids = []

    def stop(ledger):
        if ledger["a_smile"].stage == "phase1":
            pids.append(executor.pid("a_smile"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(ledger, executor, show=lambda ledger: stop(ledger) if not pids else None)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    again = make_ledger("a", "b")
    assert states(again) == {"a_smile": ("waiting", 1), "b_smile": ("waiting", 0)}
    assert again["a_smile"].stage == "phase1"


def test_a_folder_that_cannot_be_made_is_one_line(make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("a", "b")
    (tmp_path / "out" / "a_smile").touch()
    run_batch(ledger, LocalExecutor(1, 1, stand_ins.quick), retries=3)
    assert states(ledger) == {"a_smile": ("failed", 1), "b_smile": ("done", 1)}
    assert ledger["a_smile"].reason == f"can't write {tmp_path / 'out' / 'a_smile'}: File exists"
