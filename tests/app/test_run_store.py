"""Runs are found by name, and by nothing else."""

import json

import pytest

from steadyface.app.run_store import safe_name
from steadyface.config.job import Job
from steadyface.errors import InputError, ResourceError


def finish(folder):
    for name in ("edited.mp4", "compare.mp4", "report.html", "manifest.json"):
        (folder / name).touch()


def test_a_run_keeps_its_clip_and_what_was_chosen(store, keep):
    name = keep("talk.mp4")
    job = store.job(name)
    assert name == "talk_smile-1"
    assert isinstance(job, Job)
    assert [str(edit) for edit in job.edits] == ["smile:1"]
    assert (job.preset, job.frames, job.face) == ("fast", (0, None), 1)
    assert job.source.parent == store.folder / name / "source"
    assert job.source.read_bytes() == (store.folder.parent / "talk.mp4").read_bytes()


def test_the_same_again_is_another_run_and_the_latest_comes_first(store, keep):
    first, second = keep(), keep()
    assert first != second
    assert [run.name for run in store.runs()] == [second, first]


def test_a_run_is_finished_when_all_its_files_are_there(store, keep):
    name = keep()
    assert store.results(name) is None
    finish(store.path(name))
    assert store.results(name)["edited.mp4"] == store.folder / name / "edited.mp4"
    assert [run.finished for run in store.runs()] == [True]
    (store.path(name) / "manifest.json").unlink()
    assert store.results(name) is None


@pytest.mark.parametrize("name", ["", ".", "..", "../talk_smile-1", "/etc", "talk_smile-1/source", "nothing"])
def test_no_path_is_taken_for_a_name(store, keep, name):
    keep()
    with pytest.raises(InputError, match="there is no such run"):
        store.path(name)


def test_a_link_to_another_place_is_no_run(store, keep, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    store.path(keep()).rename(elsewhere)
    (store.folder / "link").symlink_to(elsewhere)
    assert store.runs() == []
    with pytest.raises(InputError):
        store.path("link")


def test_a_damaged_record_is_no_run_to_go_on_with(store, keep):
    name = keep()
    (store.path(name) / "job.json").write_text("{}", encoding="utf-8")
    assert store.runs() == []
    with pytest.raises(InputError, match="damaged"):
        store.job(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("../../etc/passwd", "etc-passwd"), ("a b\n.c", "a-b-c"), ("..", "clip"), ("-rf", "rf"), ("x" * 99, "x" * 40)],
)
def test_names_are_harmless(text, expected):
    assert safe_name(text) == expected


def test_a_sibling_has_the_same_frames_of_the_same_clip(store, keep):
    first, other_clip, second = keep("talk.mp4"), keep("walk.mp4", frames=5), keep("talk.mp4", "age")
    assert store.sibling(second) is None
    for name in (first, other_clip):
        (store.path(name) / "state").mkdir()
        (store.path(name) / "state" / "tune.json").touch()
    assert store.sibling(second) == store.path(first)
    record = store.path(first) / "job.json"
    record.write_text(
        json.dumps({**json.loads(record.read_text(encoding="utf-8")), "frames": [0, 3]}), encoding="utf-8"
    )
    assert store.sibling(second) is None


def test_a_folder_that_cannot_be_made(tmp_path):
    from steadyface.app.run_store import RunStore

    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="--runs"):
        RunStore(tmp_path / "file" / "runs").make()
