"""A package registry on this machine, and small cards that it serves."""

import hashlib
import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from steadyface.zoo.cards import Card, Member, Source


@dataclass
class FakeRegistry:
    """A server laid out like a simple index (``/simple/...``) and like an npm registry at once."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    announce: dict[str, int] = field(default_factory=dict)  # a Content-Length that differs from the truth
    delay: float = 0.0  # seconds before each file

    def add_wheel(self, project: str, members: dict[str, bytes]) -> Source:
        filename = f"{project}-1.0-py3-none-any.whl"
        content = make_zip(members)
        self.files[f"/files/{filename}"] = content
        page = f'<html><body><a href="../../files/{filename}">{filename}</a></body></html>'
        self.files[f"/simple/{project}/"] = page.encode()
        return make_source("pypi", project, filename, content)

    def add_tarball(self, project: str, members: dict[str, bytes]) -> Source:
        filename = f"{project.split('/')[-1]}-1.0.tgz"
        content = make_tar(members)
        self.files[f"/{project}/-/{filename}"] = content
        return make_source("npm", project, filename, content)

    def downloads(self, source: Source) -> int:
        return sum(path.endswith(source.filename) for path in self.requests)


def make_source(registry: Any, project: str, filename: str, content: bytes) -> Source:
    return Source(registry, project, "1.0", filename, hashlib.sha256(content).hexdigest(), len(content))


def make_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in members.items():
            file.writestr(path, content)
    return buffer.getvalue()


def make_tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for path, content in members.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def make_card() -> Callable[..., Card]:
    """Make a card whose limits are the sizes of the given members."""

    def make(name: str, source: Source, members: dict[str, bytes], converter: Any, **more: Any) -> Card:
        listed = tuple(Member(path, len(content)) for path, content in members.items())
        return Card(name, "a test", source, listed, converter, "MIT", False, "none", **more)

    return make


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A running server that pip's and npm's environment variables point to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.requests.append(self.path)
            content = fake.files.get(self.path)
            if not self.path.startswith("/simple/"):
                time.sleep(fake.delay)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(fake.announce.get(self.path, len(content or b""))))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeRegistry(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"{fake.url}/simple/")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{fake.url}/")
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of weights."""
    monkeypatch.setenv("STEADYFACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STEADYFACE_OFFLINE", raising=False)
    return tmp_path / "cache" / "weights"


@pytest.fixture
def use_cards(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the registry of weights by the given cards."""

    def use(*cards: Card) -> None:
        known = MappingProxyType({card.name: card for card in cards})
        monkeypatch.setattr("steadyface.zoo.cards.CARDS", known)

    return use
