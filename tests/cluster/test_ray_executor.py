"""Jobs as tasks of a small Ray cluster on this machine."""

import os
import sys
from pathlib import Path

import pytest
import ray

from steadyface.cluster import schedule
from steadyface.cluster.ray_executor import RayExecutor, Resources
from steadyface.cluster.schedule import run_batch
from steadyface.errors import InputError, ResourceError


@pytest.fixture(scope="module")
def cluster():
    """Ray with two cores, which finds the stand-ins by the path that it is started with."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(
        address="local", num_cpus=2, object_store_memory=80_000_000, include_dashboard=False, log_to_driver=False,
        logging_level="warning",
    )  # fmt: skip
    yield ray
    ray.shutdown()
    patch.undo()


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.1)


def test_what_a_job_takes_of_its_node():
    assert Resources(2, 0.5, 3).options() == {"num_cpus": 2, "num_gpus": 0.5, "memory": 3 * 2**30}
    assert Resources().options() == {"num_cpus": 1.0, "num_gpus": 0.0}


def test_jobs_share_inversions_and_have_fresh_processes(cluster, make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("a", "b", edits=("smile", "age"))
    run_batch(ledger, RayExecutor("auto", Resources(cpus=1), work=stand_ins.quick))
    assert [(entry.state, entry.attempts) for entry in ledger] == [("done", 1)] * 4
    seen = stand_ins.attempts(tmp_path / "out")
    assert len({line["pid"] for line in seen}) == 4
    assert {line["threads"] for line in seen} == {"1"}
    reused = {line["name"]: line["reuse"] for line in seen}
    assert reused == {"a_smile": None, "b_smile": None, "a_age": "a_smile", "b_age": "b_smile"}
    assert "said by the worker" in (tmp_path / "out" / "a_age" / "log.txt").read_text(encoding="utf-8")
    assert cluster.is_initialized()  # it was joined, not started, so it goes on


def test_a_killed_worker_s_job_is_tried_again(cluster, make_ledger, stand_ins):
    ledger = make_ledger("a")
    run_batch(ledger, RayExecutor("auto", Resources(cpus=1), work=stand_ins.killed_once), retries=1)
    assert (ledger["a_smile"].state, ledger["a_smile"].attempts) == ("done", 2)


def test_errors_come_back_in_one_line(cluster, make_ledger, stand_ins):
    ledger = make_ledger("faceless", "bug")
    run_batch(ledger, RayExecutor("auto", Resources(cpus=1), work=stand_ins.by_name), retries=1)
    assert [(entry.state, entry.attempts, entry.reason) for entry in ledger] == [
        ("failed", 2, "RuntimeError: the shapes don't fit"),
        ("failed", 1, "no face found"),
    ]


def test_stopped_it_stops_its_tasks(cluster, make_ledger, stand_ins, tmp_path):
    ledger = make_ledger("a")

    def stop(ledger):
        if ledger["a_smile"].stage == "phase1" and ledger["a_smile"].state == "running":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(ledger, RayExecutor("auto", Resources(cpus=2), work=stand_ins.slow), show=stop)
    assert ledger["a_smile"].state == "waiting"
    (tmp_path / "out" / "go").touch()
    run_batch(ledger, RayExecutor("auto", Resources(cpus=2), work=stand_ins.slow))  # both cores are free again
    assert ledger["a_smile"].state == "done"


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'steadyface\[ray\]'"):
        RayExecutor("local", Resources())


def test_where_no_cluster_is(monkeypatch):
    """Ray itself tries for half a minute; here it gives up as it does then."""

    def give_up(**_):
        raise ConnectionError("Could not find any running\nRay instance.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", give_up)
    with pytest.raises(ResourceError, match=r"--ray auto: no Ray cluster answers there .Could not find any"):
        RayExecutor("auto", Resources())
