"""A folder of clips that are never opened, and workers that do something simpler than edit."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from steadyface.cluster.ledger import Ledger
from steadyface.cluster.plan import read_plan
from steadyface.config.job import Job

MakeLedger = Callable[..., Ledger]


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of that name, so that spawned workers find it too."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("stand_ins")


@pytest.fixture
def like() -> Job:
    """What isn't said for a job."""
    return Job(Path(), ())


@pytest.fixture
def make_ledger(tmp_path: Path, like: Job) -> MakeLedger:
    """A ledger of clips by name times edits, in ``tmp_path / "out"``; called again, it takes up what is there."""

    def make(*clips: str, edits: tuple[str, ...] = ("smile",)) -> Ledger:
        folder, out = tmp_path / "clips", tmp_path / "out"
        folder.mkdir(exist_ok=True)
        out.mkdir(exist_ok=True)
        for clip in clips:
            if not (folder / f"{clip}.mp4").exists():
                (folder / f"{clip}.mp4").write_text(clip, encoding="utf-8")
        return Ledger(out, read_plan(folder, edits, like, out))

    return make
