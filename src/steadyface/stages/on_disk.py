"""Artefacts that are pictures in a folder of the run, so that memory doesn't grow with the clip."""

import json
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import PictureFolder
from steadyface.runs.run import Run


def fill(
    folder: PictureFolder,
    run: Run,
    name: str,
    key: str,
    count: int,
    pictures: Callable[[], Iterable[NDArray[np.uint8]]],
) -> None:
    """Write ``count`` pictures, unless they are all there from an earlier attempt under the same key.

    ``state/<name>.json`` says under which key they were written. It is there only when they all are, so that a run that
    was killed begins again.
    """
    done = run.path("state", f"{name}.json")
    known = done.exists() and json.loads(done.read_text("utf-8"))["key"] == key
    if known and folder.count() == count:
        return
    done.unlink(missing_ok=True)
    folder.clear()
    for index, picture in enumerate(pictures()):
        folder.write(index, picture)
    run.write_json(done, {"key": key})
