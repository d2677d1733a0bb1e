"""``batch.json``: what it says, and what is made of a damaged one."""

import json

import pytest

from steadyface.cluster.ledger import is_whole
from steadyface.runtime.files import file_sha256


def test_what_is_written(make_ledger, tmp_path):
    ledger = make_ledger("a", edits=("age:0.5",))
    ledger["a_age+0.5"].seconds = 1.26
    ledger.save()
    (job,) = json.loads((tmp_path / "out" / "batch.json").read_text(encoding="utf-8"))["jobs"]
    assert job.pop("key")
    assert job == {
        "name": "a_age+0.5", "input": str(tmp_path / "clips" / "a.mp4"), "edits": ["age:0.5"], "preset": "default",
        "frames": [0, None], "face": None, "seed": 0, "model": "mobile-ffhq-256", "inversion": "joint",
        "out": str(tmp_path / "out" / "a_age+0.5"), "state": "waiting", "reason": "", "stage": "", "attempts": 0,
        "seconds": 1.3,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", '{"jobs": [{}]}', "[]", '{"jobs": 3}'])
def test_a_damaged_file_is_begun_anew(make_ledger, tmp_path, text):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "batch.json").write_text(text, encoding="utf-8")
    assert [entry.state for entry in make_ledger("a")] == ["waiting"]


def test_what_is_done_has_to_be_there(make_ledger, tmp_path):
    ledger = make_ledger("a")
    folder = ledger["a_smile"].planned.out
    folder.mkdir()
    (folder / "edited.mp4").write_bytes(b"video")
    manifest = {"outputs": {"edited.mp4": file_sha256(folder / "edited.mp4")}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    ledger["a_smile"].state = "done"
    ledger.save()
    assert make_ledger("a")["a_smile"].state == "done"
    (folder / "edited.mp4").write_bytes(b"other")
    assert not is_whole(folder)
    assert make_ledger("a")["a_smile"].state == "waiting"


def test_a_clip_is_inverted_by_one_at_a_time(make_ledger):
    ledger = make_ledger("a", "b", edits=("smile", "age"))
    assert ledger.next_to_start().name == "a_smile"
    ledger["a_smile"].state = "running"
    assert ledger.next_to_start().name == "b_smile"
    ledger["b_smile"].state = "running"
    assert ledger.next_to_start() is None
    ledger["a_smile"].stage = "tune"
    assert ledger.next_to_start() is None
    ledger["a_smile"].stage = "calibrate"
    (ledger["a_smile"].planned.out / "state").mkdir(parents=True)
    assert ledger.next_to_start().name == "a_age"
    assert ledger.inversion_for(ledger["a_age"]) == ledger["a_smile"].planned.out
    ledger["b_smile"].state = "failed"
    ledger["a_age"].state = "running"
    assert ledger.next_to_start().name == "b_age"
    assert ledger.inversion_for(ledger["b_age"]) is None
