"""The real pipeline in worker processes: two edits of two frames, in the fewest steps."""

import json
import os
import signal
from dataclasses import replace

from steadyface.cluster import schedule
from steadyface.cluster.executor import LocalExecutor
from steadyface.cluster.ledger import Ledger
from steadyface.cluster.plan import read_plan
from steadyface.cluster.schedule import run_batch


def test_killed_while_it_tunes_a_batch_ends_in_the_same_bytes(grid_clip, like, stand_ins, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.02)
    table = tmp_path / "jobs.csv"
    table.write_text(f"input,edit\n{grid_clip},eyeglasses\n{grid_clip},smile\n", encoding="utf-8")
    like = replace(like, preset="direct", frames=(2, 4))

    def batch(name, show):
        out = tmp_path / name
        out.mkdir()
        ledger, executor = Ledger(out, read_plan(table, (), like, out)), LocalExecutor(1, 1, stand_ins.direct)
        run_batch(ledger, executor, show=lambda ledger: show(ledger, executor))
        assert {entry.state for entry in ledger} == {"done"}, [entry.reason for entry in ledger]
        outputs = {
            entry.name: json.loads((entry.planned.out / "manifest.json").read_text(encoding="utf-8"))
            for entry in ledger
        }
        return ledger, {name: manifest["outputs"] for name, manifest in outputs.items()}

    killed = []

    def kill(ledger, executor):
        first = ledger["grid_sbia1a_eyeglasses"]
        if not killed and first.state == "running" and first.stage == "tune":
            killed.append(executor.pid(first.name))
            os.kill(killed[0], signal.SIGKILL)

    plain, expected = batch("plain", lambda *_: None)
    ledger, found = batch("killed", kill)
    assert killed
    assert [entry.attempts for entry in ledger] == [2, 1]
    assert found == expected
    assert [entry.attempts for entry in plain] == [1, 1]
    stages = (tmp_path / "killed" / "grid_sbia1a_smile" / "log.txt").read_text(encoding="utf-8")
    assert "grid_sbia1a_smile: compose" in stages
    assert "grid_sbia1a_smile: refine" not in stages  # taken from the first
    again = (tmp_path / "killed" / "grid_sbia1a_eyeglasses" / "log.txt").read_text(encoding="utf-8")
    assert again.count("grid_sbia1a_eyeglasses: refine") == 1  # kept over the kill
    assert again.count("grid_sbia1a_eyeglasses: tune") == 2
