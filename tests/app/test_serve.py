"""The server: what it lets in and out."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from steadyface.app.limits import Limits
from steadyface.app.serve import Place, served
from steadyface.cli.main import main
from steadyface.errors import ResourceError

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[tuple[str, Path]]:
    runs = tmp_path_factory.mktemp("site") / "runs"
    with served(Place(runs, port=free_port(), limits=Limits(upload_mb=1))) as address:
        yield address, runs


def fetch(request: str | urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def upload(address: str, content: bytes) -> tuple[int, bytes]:
    edge = uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="talk.mp4"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    return fetch(urllib.request.Request(f"{address}gradio_api/upload", body, kind))


def test_the_page_asks_nothing_of_other_machines(site):
    with urllib.request.urlopen(site[0], timeout=30) as answer:
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert "fonts.googleapis.com" not in answer.read().decode()


def test_files_outside_the_runs_are_not_read(site, tmp_path):
    address, runs = site
    (runs / "within.txt").write_text("within", encoding="utf-8")
    (tmp_path / "private.txt").write_text("a secret", encoding="utf-8")
    assert fetch(f"{address}gradio_api/file={runs / 'within.txt'}") == (200, b"within")
    for path in ("/etc/passwd", tmp_path / "private.txt", f"{runs}/../../../../../../etc/passwd", Path(__file__)):
        status, said = fetch(f"{address}gradio_api/file={path}")
        assert status in (403, 404)
        assert b"secret" not in said
        assert b"root:" not in said


def test_only_what_was_uploaded_is_taken_for_an_upload(site, blank):
    """A program that speaks to the page as a browser does, and names a file of the server's."""
    address, _ = site
    config = json.loads(fetch(f"{address}config")[1])
    (number,) = [each["id"] for each in config["components"] if each["props"].get("elem_id") == "upload"]
    event = next(each["id"] for each in config["dependencies"] if [number, "upload"] in each["targets"])

    def hand_over(path: str) -> dict[str, Any]:
        session = uuid4().hex
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        body = json.dumps({"fn_index": event, "data": [file], "session_hash": session}).encode()
        assert fetch(urllib.request.Request(f"{address}gradio_api/queue/join", body, JSON))[0] == 200
        said = fetch(f"{address}gradio_api/queue/data?session_hash={session}")[1].decode()
        (done,) = [line for line in said.splitlines() if '"process_completed"' in line]
        return dict(json.loads(done.removeprefix("data: ")))

    theirs = blank()
    (uploaded,) = json.loads(upload(address, theirs.read_bytes())[1])
    answer = hand_over(uploaded)
    assert answer["success"]
    assert "no face found in any of the 4 frames" in answer["output"]["data"][0]
    refused = hand_over(str(theirs))
    assert not refused["success"]
    assert "no face found" not in json.dumps(refused)


def test_uploads_are_limited(site):
    assert upload(site[0], bytes(900_000))[0] == 200
    assert upload(site[0], bytes(2_000_000))[0] == 413


def test_nothing_is_offered_to_programs(site):
    status, said = fetch(f"{site[0]}gradio_api/info")
    assert status == 200
    assert b'"named_endpoints":{}' in said.replace(b" ", b"")


def test_a_port_that_is_taken(site, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with (
            pytest.raises(ResourceError, match="choose another --port"),
            served(Place(tmp_path, port=other.getsockname()[1])),
        ):
            pass


WITHOUT = "import sys; sys.modules['gradio'] = None; from steadyface.cli.main import main; sys.exit(main(sys.argv[1:]))"


def test_without_gradio_one_line_names_the_extra(tmp_path):
    command = [sys.executable, "-c", WITHOUT, "ui", "--runs", str(tmp_path / "runs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'steadyface: the page needs Gradio: pip install "steadyface[ui]"\n'
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "arguments", [["--port", "0"], ["--port", "70000"], ["--max-frames", "0"], ["--max-upload-mb", "x"]]
)
def test_senseless_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(["ui", *arguments])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "public"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("10.1.2.3", True), ("host", True)],
)
def test_what_other_machines_can_reach(tmp_path, host, public):
    assert Place(tmp_path, host).public is public
