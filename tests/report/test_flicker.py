from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from steadyface.metrics.evaluate import find_parts
from steadyface.report.flicker import flicker_maps

from .conftest import SIZE


def no_motion(a: Tensor, b: Tensor) -> Tensor:
    return torch.zeros(len(a), 2, *a.shape[2:])


def test_bright_where_it_flickers_and_dark_elsewhere(finished: Path) -> None:
    maps = flicker_maps(find_parts(finished), no_motion)
    light = {name: picture.astype(int).sum(2) for name, picture in maps.items()}
    assert maps["direct"].shape == (SIZE, SIZE, 3)
    assert light["direct"][: SIZE // 2].mean() > 200
    assert light["direct"][SIZE // 2 :].max() < 20
    assert light["edited"].max() < 20


def test_one_frame_has_no_flicker() -> None:
    frame = np.full((8, 8, 3), 100, np.uint8)
    assert flicker_maps({"input": [frame]}, no_motion)["input"].max() < 20
