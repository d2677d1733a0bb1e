"""Start the page's server."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from steadyface.app.limits import Limits
from steadyface.errors import InputError, ResourceError

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:"
)
"""The browser fetches nothing from other servers, even if Gradio's page asks for it."""


@dataclass(frozen=True)
class Place:
    """Where the page is served, and the folder of its runs."""

    runs: Path
    host: str = "127.0.0.1"
    port: int = 7860
    limits: Limits = field(default_factory=Limits)

    @property
    def public(self) -> bool:
        """Whether other machines may be able to reach it."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"


def serve(place: Place) -> None:
    """Serve until interrupted."""
    with served(place) as address:
        print(f"steadyface is at {address} (Ctrl-C ends it); runs are kept in {place.runs}", flush=True)
        if place.public:
            print("there is no password: whoever reaches this address can use it", flush=True)
        while True:
            time.sleep(3600)  # on Windows, Ctrl-C interrupts a sleep, but not a wait for an event


@contextmanager
def served(place: Place) -> Iterator[str]:
    """Serve the page inside the block; gives its address.

    Raises `InputError` when Gradio isn't installed, `ResourceError` when the port is taken or the folder of runs can't
    be written.
    """
    with tempfile.TemporaryDirectory(prefix="steadyface-ui-", ignore_cleanup_errors=True) as uploads:
        # Gradio reads these when it is imported and when a page is built
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": uploads}
        try:
            from steadyface.app import html, page
        except ImportError as error:
            if error.name != "gradio":
                raise
            raise InputError('the page needs Gradio: pip install "steadyface[ui]"') from error
        from starlette.middleware import Middleware

        from steadyface.app.controller import Controller
        from steadyface.app.headers import Headers
        from steadyface.app.job_queue import JobQueue
        from steadyface.app.run_store import RunStore

        logging.getLogger("httpx").setLevel(logging.WARNING)
        store = RunStore(place.runs)
        store.make()
        queue = JobQueue(store)
        built = page.build(Controller(store, queue, place.limits))
        try:
            _, address, _ = built.launch(
                server_name=place.host,
                server_port=place.port,
                share=False,
                quiet=True,
                prevent_thread_lock=True,
                inbrowser=False,
                ssr_mode=False,
                pwa=False,
                mcp_server=False,
                enable_monitoring=False,
                run_history=False,
                footer_links=[],
                allowed_paths=[str(store.folder)],
                max_file_size=f"{place.limits.upload_mb}mb",
                app_kwargs={"middleware": [Middleware(Headers, policy=POLICY)]},
                theme=page.theme(),
                css=html.CSS,
            )
        except OSError as error:
            raise ResourceError(f"can't serve at {place.host}:{place.port} ({error}); choose another --port") from error
        try:
            yield address
        finally:
            # a thread that still computes when the interpreter ends would crash it
            queue.close()
            built.close(verbose=False)
