"""Runs over HTTP: what comes in, what goes out, and what does not."""

import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from steadyface.app.api import build, new_token, serving
from steadyface.app.controller import Controller
from steadyface.app.job_queue import JobQueue
from steadyface.app.limits import Limits
from steadyface.app.run_store import RESULTS, RunStore
from steadyface.app.serve import Place
from steadyface.errors import ResourceError

TOKEN = "open sesame"


@pytest.fixture
def released() -> threading.Event:
    return threading.Event()


@pytest.fixture
def client(store: RunStore, released: threading.Event) -> Iterator[TestClient]:
    """Of a server whose runs write small files once they are released."""

    def work(job: Any, folder: Path, *_: Any) -> None:
        released.wait(20)
        for name in (*RESULTS, "manifest.json"):
            (folder / name).write_text(f"{name} of {job.source.name}", encoding="utf-8")

    queue = JobQueue(store, work)
    with TestClient(build(Controller(store, queue, Limits(upload_mb=1, frames=10)))) as made:
        yield made
    released.set()
    queue.close()


def order(client: TestClient, clip: Path, name: str = "talk.mp4", **fields: Any) -> Any:
    with clip.open("rb") as stream:
        return client.post("/v1/jobs", files={"clip": (name, stream, "video/mp4")}, data={"edit": "smile", **fields})


def test_a_clip_goes_in_and_its_files_come_out(client, talking, released) -> None:
    made = order(client, talking(), edit=["eyeglasses", "age:0.5"], preset="fast", first=1, last=2)
    assert made.status_code == 201
    name = made.json()["name"]
    assert made.json()["state"] in ("waiting", "running")
    assert client.get(f"/v1/jobs/{name}/files/edited.mp4").status_code == 404
    released.set()
    while client.get(f"/v1/jobs/{name}").json()["state"] != "finished":
        pass
    assert client.get(f"/v1/jobs/{name}").json()["files"] == sorted(RESULTS)
    assert client.get(f"/v1/jobs/{name}/files/edited.mp4").text == "edited.mp4 of talk.mp4"
    (entry,) = client.get("/v1/jobs").json()
    assert (entry["name"], entry["edits"], entry["preset"]) == (name, ["eyeglasses:1", "age:0.5"], "fast")


def test_a_run_is_stopped_and_goes_on(client, talking, released) -> None:
    first, second = (order(client, talking()).json()["name"] for _ in range(2))
    assert client.delete(f"/v1/jobs/{second}").json()["state"] == "unfinished"
    assert client.post(f"/v1/jobs/{second}/resume").json()["state"] == "waiting"
    assert client.get(f"/v1/jobs/{first}").json()["state"] == "running"
    released.set()


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"edit": "grin"}, "unknown edit"),
        ({"preset": "paper"}, "unknown preset"),
        ({"first": "9"}, "not in the clip"),
        ({"face": "3"}, "no face 3"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(client, talking, fields, line) -> None:
    answer = order(client, talking(), **fields)
    assert answer.status_code == 422
    assert line in answer.json()["detail"]
    assert client.get("/v1/jobs").json() == []


def test_files_that_are_too_long_or_no_videos_are_refused(client, talking, tmp_path) -> None:
    assert "more than 10 frames" in order(client, talking(12)).json()["detail"]
    text = tmp_path / "text.mp4"
    text.write_text("no video", encoding="utf-8")
    assert order(client, text).status_code == 422
    text.write_bytes(bytes(3_000_000))
    answer = order(client, text)
    assert (answer.status_code, answer.json()["detail"]) == (413, "at most 1 MB are taken: shorten the clip")
    chunks = client.post("/v1/jobs", content=iter([b"x"]))
    assert chunks.status_code == 411


@pytest.mark.parametrize("name", ["../../secret.mp4", "/etc/passwd", "..\\x.mp4", "a b;c.mp4", ""])
def test_a_client_names_no_paths(client, talking, store, name) -> None:
    answer = order(client, talking(), name=name or "x")
    assert answer.status_code == 201
    folder = store.path(answer.json()["name"])
    assert folder.parent == store.folder
    (source,) = (folder / "source").iterdir()
    assert source.parent.parent == folder


@pytest.mark.parametrize("path", ["/v1/jobs/none", "/v1/jobs/..%2F..", "/v1/jobs/none/files/edited.mp4"])
def test_what_is_not_there_is_not_found(client, path) -> None:
    assert client.get(path).status_code == 404


def test_only_results_are_given_out(client, talking, released) -> None:
    name = order(client, talking()).json()["name"]
    released.set()
    while client.get(f"/v1/jobs/{name}").json()["state"] != "finished":
        pass
    for file in ("job.json", "manifest.json", "..%2Fjob.json", "state"):
        assert client.get(f"/v1/jobs/{name}/files/{file}").status_code == 404


def test_a_token_is_asked_for_everywhere(store) -> None:
    app = build(Controller(store, JobQueue(store, lambda *_: None), Limits()), TOKEN)
    client = TestClient(app)
    for answer in (client.get("/v1/edits"), client.get("/v1/jobs", headers={"Authorization": "Bearer shut"})):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    said = {"Authorization": f"Bearer {TOKEN}"}
    assert {edit["name"] for edit in client.get("/v1/edits", headers=said).json()} > {"eyeglasses", "age"}
    assert new_token() != new_token()
    assert len(new_token()) >= 24


def test_it_describes_itself(client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        *("/v1/edits", "/v1/jobs", "/v1/jobs/{name}", "/v1/jobs/{name}/resume", "/v1/jobs/{name}/files/{file}")
    }


def test_it_is_served_at_a_port_and_a_taken_port_is_told(tmp_path, free_port: Callable[[], int]) -> None:
    place = Place(tmp_path / "served", port=free_port())
    with serving(place, "") as address:
        with urllib.request.urlopen(f"{address}v1/edits", timeout=30) as answer:
            assert answer.status == 200
        with pytest.raises(ResourceError, match="choose another --port"), serving(place, ""):
            pass
