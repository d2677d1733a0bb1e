"""The same runs as the page's over HTTP, for programs: a clip and edits in, progress, files out."""

import secrets
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, File, Form, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from steadyface.app.choices import options
from steadyface.app.controller import Controller, Wish
from steadyface.app.job_queue import JobQueue, Status
from steadyface.app.run_store import RESULTS, RunStore, safe_name
from steadyface.app.serve import Place
from steadyface.editing.catalogue import Request as EditRequest
from steadyface.errors import ResourceError, SteadyfaceError

_CHUNK = 1 << 20


class JobStatus(BaseModel):
    """A run: its name, state (waiting, running, stopping, finished, unfinished, failed), and what is done of it."""

    name: str
    state: str
    line: str
    done: float
    files: list[str] = []


class JobEntry(BaseModel):
    """A run in the list."""

    name: str
    clip: str
    edits: list[str]
    preset: str
    ordered: datetime
    state: str


class EditOffer(BaseModel):
    """An edit that can be asked for."""

    name: str
    description: str
    opposite: str


def build(controller: Controller, token: str = "") -> FastAPI:
    """The application. With a ``token``, every request but that for its description must bear it.

    Paths are never taken from a client: clips are uploaded, runs and files are known by name. Uploads beyond the
    controller's limits are cut off.
    """
    bearer = HTTPBearer(auto_error=False)

    def allowed(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None) -> None:
        if token and (given is None or not secrets.compare_digest(given.credentials.encode(), token.encode())):
            raise HTTPException(401, "this server asks for its token", {"WWW-Authenticate": "Bearer"})

    app = FastAPI(
        title="steadyface", version="1", docs_url=None, redoc_url=None, dependencies=[Depends(allowed)],
        description="Edit a face in a video so that the edit stays the same in every frame.",
    )  # fmt: skip

    @app.middleware("http")
    async def short(request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Refuse a body that is too long before it is read."""
        said, most = request.headers.get("content-length", ""), controller.limits.upload_mb * 1_000_000 + _CHUNK
        if request.method == "POST" and (not said.isdigit() or int(said) > most):
            line = f"at most {controller.limits.upload_mb} MB are taken: shorten the clip"
            return JSONResponse({"detail": line if said else "say the body's length"}, 413 if said else 411)
        return await call_next(request)

    @app.exception_handler(SteadyfaceError)
    async def refused(_request: Request, error: SteadyfaceError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 507 if isinstance(error, ResourceError) else 422)

    def known(name: str) -> str:
        if name not in {run.name for run in controller.store.runs()}:
            raise HTTPException(404, "there is no such run")
        return name

    def told(status: Status) -> JobStatus:
        files = controller.store.results(status.name) or {}
        return JobStatus(**{**vars(status), "files": sorted(files)})

    @app.get("/v1/edits")
    def edits() -> list[EditOffer]:
        """What can be asked for."""
        return [EditOffer(name=each.name, description=each.description, opposite=each.opposite) for each in options()]

    @app.post("/v1/jobs", status_code=201)
    def order(
        clip: Annotated[UploadFile, File(description="a video")],
        edit: Annotated[list[str], Form(description="NAME or NAME:STRENGTH")],
        preset: Annotated[str, Form()] = "default",
        first: Annotated[int | None, Form(description="first frame")] = None,
        last: Annotated[int | None, Form(description="last frame, included")] = None,
        face: Annotated[int, Form(description="which face, from 1")] = 1,
    ) -> JobStatus:
        """Upload a clip and queue its run."""
        requests = [EditRequest.parse(text) for text in edit]
        names = tuple(request.name for request in requests)
        wish = Wish(names, {request.name: request.strength for request in requests}, preset, first, last, face)
        with TemporaryDirectory(prefix="steadyface-api-") as folder:
            upload = Path(folder) / (safe_name(Path(clip.filename or "clip").stem) + _suffix(clip.filename))
            _save(clip, upload)
            name = controller.order(controller.take(upload), None, wish)
        return told(controller.queue.status(name))

    @app.get("/v1/jobs")
    def jobs() -> list[JobEntry]:
        """All runs, latest first."""
        return [
            JobEntry(**{**_entry(run), "state": controller.queue.status(run.name).state})
            for run in controller.store.runs()
        ]

    @app.get("/v1/jobs/{name}")
    def job(name: str) -> JobStatus:
        """How far a run is."""
        return told(controller.queue.status(known(name)))

    @app.post("/v1/jobs/{name}/resume")
    def resume(name: str) -> JobStatus:
        """Go on with a run that was stopped."""
        controller.queue.order(known(name))
        return told(controller.queue.status(name))

    @app.delete("/v1/jobs/{name}")
    def cancel(name: str) -> JobStatus:
        """Take a run out of the line, or stop it after its step; what is done is kept."""
        controller.queue.cancel(known(name))
        return told(controller.queue.status(name))

    @app.get("/v1/jobs/{name}/files/{file}", response_class=FileResponse)
    def result(name: str, file: str) -> FileResponse:
        """A file of a finished run."""
        files = controller.store.results(known(name)) or {}
        if file not in RESULTS or file not in files:
            raise HTTPException(404, "there is no such file; a finished run has " + ", ".join(RESULTS))
        return FileResponse(files[file], filename=file)

    return app


def _entry(run: Any) -> dict[str, Any]:
    return {"name": run.name, "clip": run.clip, "edits": run.edits, "preset": run.preset, "ordered": run.ordered}


def _suffix(filename: str | None) -> str:
    suffix = Path(filename or "").suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ""


def _save(clip: UploadFile, path: Path) -> None:
    """Write an upload. Raises `ResourceError` when there is no room."""
    try:
        with path.open("wb") as target:
            shutil.copyfileobj(clip.file, target)
    except OSError as error:
        raise ResourceError(f"can't keep the clip: {error.strerror}; free some space") from error


def serve_api(place: Place, token: str) -> None:
    """Serve until interrupted. Raises `ResourceError` when the port is taken or the folder of runs can't be written."""
    with serving(place, token) as address:
        print(f"steadyface is at {address} (Ctrl-C ends it); runs are kept in {place.runs}", flush=True)
        while True:
            time.sleep(3600)


@contextmanager
def serving(place: Place, token: str) -> Iterator[str]:
    """Serve inside the block; gives the address. Raises `ResourceError` like `serve_api`."""
    store = RunStore(place.runs)
    store.make()
    queue = JobQueue(store)
    config = uvicorn.Config(build(Controller(store, queue, place.limits), token), log_level="warning")
    server = uvicorn.Server(config)
    try:
        listening = socket.create_server((place.host, place.port))
    except OSError as error:
        raise ResourceError(f"can't serve at {place.host}:{place.port} ({error}); choose another --port") from error
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://{place.host}:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        queue.close()
        thread.join(10)
        listening.close()


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)
