"""Attempts as tasks of a Ray cluster whose nodes share a file system."""

import os
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from steadyface.cluster.worker import Outcome, Task, Work, edit, perform
from steadyface.errors import InputError, ResourceError


@dataclass(frozen=True)
class Resources:
    """What Ray reserves for a job on its node."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory_gb: float | None = None

    def options(self) -> dict[str, Any]:
        """The resources as options of a Ray task."""
        memory = {} if self.memory_gb is None else {"memory": int(self.memory_gb * 2**30)}
        return {"num_cpus": self.cpus, "num_gpus": self.gpus, **memory}


class RayExecutor:
    """Submits every attempt that can start to Ray, which finds a node for it or queues it."""

    def __init__(self, address: str, resources: Resources, most: int | None = None, work: Work = edit) -> None:
        """Join the cluster at ``address``: ``auto``, ``HOST:PORT``, or ``local`` for a new one on this machine.

        ``most`` limits the number of attempts at a time. Raises `InputError` when Ray isn't installed, and
        `ResourceError` when no cluster answers.
        """
        self.threads = max(1, int(resources.cpus))
        self._ray = _ray()
        self._most, self._work = most, work
        self._mine = not self._ray.is_initialized()
        if self._mine:
            _join(self._ray, address)
        # One attempt per process (max_calls), so that each starts with its own number of threads and a free GPU. The
        # batch itself counts the attempts and records why they ended, so Ray doesn't retry (max_retries).
        task = self._ray.remote(max_calls=1, max_retries=0, **resources.options())
        self._attempt = task(attempt)
        self._running: dict[Any, tuple[str, float]] = {}

    def free(self) -> int:
        """How many more attempts can be started now."""
        return (self._most or len(self._running) + 1) - len(self._running)

    def submit(self, task: Task) -> None:
        """Submit an attempt to Ray."""
        reference = self._attempt.options(name=task.name).remote(task, self._work)
        self._running[reference] = task.name, time.monotonic()

    def wait(self, seconds: float) -> list[tuple[str, Outcome]]:
        """The attempts that ended since the last call. Waits at most ``seconds`` for the first one."""
        if not self._running:
            return []
        running = list(self._running)
        if self._ray.wait(running, num_returns=1, timeout=seconds)[0]:
            ended, _ = self._ray.wait(running, num_returns=len(running), timeout=0)
            return [self._outcome(reference) for reference in ended]
        return []

    def close(self) -> None:
        """Stop all running attempts, and leave the cluster."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        self._running.clear()
        if self._mine:
            self._ray.shutdown()

    def _outcome(self, reference: Any) -> tuple[str, Outcome]:
        name, begun = self._running.pop(reference)
        try:
            return name, Outcome(*self._ray.get(reference))
        except self._ray.exceptions.RayError as error:  # the node or the worker is gone, or couldn't start
            said = " ".join(str(error).split())
            reason = f"{type(error).__name__}: {said[:200]}"
            return name, Outcome(reason, True, time.monotonic() - begun)


def attempt(task: Task, work: Work) -> Outcome:
    """The task that Ray runs."""
    task.out.mkdir(parents=True, exist_ok=True)
    with task.log.open("a", buffering=1, encoding="utf-8") as said, redirect_stdout(said), redirect_stderr(said):
        return perform(task, work)


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError("--ray needs Ray; install it with: pip install 'steadyface[ray]'") from error
    return ray


def _join(ray: Any, address: str) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no usage statistics unless the user asks for them
    try:
        ray.init(address=address, log_to_driver=False, logging_level="warning", configure_logging=True)
    except (ConnectionError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise ResourceError(f"--ray {address}: no Ray cluster answers there ({said[:200]})") from error
