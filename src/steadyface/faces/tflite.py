"""One small TensorFlow Lite network on the CPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from steadyface.errors import WeightsError
from steadyface.zoo import weights


class TfliteModel:
    """An image network with one (1, H, W, 3) float32 input, kept in memory.

    Not thread-safe: the interpreter owns the buffers of the call in progress.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Open `path`, to run on `threads` CPU threads.

        Raises:
            WeightsError: the file isn't there or isn't a TensorFlow Lite model.
        """
        try:
            content = path.read_bytes()  # on Windows the library only opens paths that are in its code page
            with _quiet():
                self._interpreter = Interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise WeightsError(
                f"{path}: can't be opened as a TensorFlow Lite model ({reason}); delete it and fetch it again"
            ) from error
        entry = self._interpreter.get_input_details()[0]
        self._input: int = entry["index"]
        self._outputs: list[int] = [o["index"] for o in self._interpreter.get_output_details()]
        self.height: int = int(entry["shape"][1])
        self.width: int = int(entry["shape"][2])

    def __call__(self, image: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run on one image (height, width, 3), in the value range the network was trained on.

        Returns every output in the model's own order, without the batch axis, as copies.
        """
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(image[None], dtype=np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


class OneNetwork:
    """Base class of finders that apply a single network of the zoo to a picture."""

    CARD: ClassVar[str]
    """The network's name in the zoo."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Open the network. Raises `WeightsError` when the file isn't a model."""
        self._model = TfliteModel(path, threads)

    @classmethod
    def load(cls, threads: int = 1) -> Self:
        """Open the network of the zoo, fetching it if need be."""
        return cls(weights(cls.CARD), threads)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the messages of the library's C++ code off stderr, since no setting turns them off."""
    try:
        kept = os.dup(2)
    except OSError:  # there is none, as in a program without a console
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
