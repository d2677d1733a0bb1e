"""A context for single stages."""

from pathlib import Path

import pytest

from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.runs.run import Run
from steadyface.stages.context import StageContext


@pytest.fixture
def context(tiny_generator: Generator, tmp_path: Path) -> StageContext:
    """Of the tiny generator, in a folder of its own."""
    return StageContext(Run.open(tmp_path / "run"), tiny_generator, Lpips("alex"))
