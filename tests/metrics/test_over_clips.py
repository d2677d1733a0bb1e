import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.metrics.over_clips import OverClips
from steadyface.metrics.perceptual import psnr


def clip(value: int, frames: int) -> list[np.ndarray]:
    return [np.full((16, 16, 3), value, np.uint8)] * frames


def test_every_clip_counts_once() -> None:
    metric = OverClips(psnr)
    near, far = metric.update(clip(100, 9), clip(101, 9)), metric.update(clip(100, 1), clip(150, 1))
    assert near == pytest.approx(20 * np.log10(255), abs=1e-3)
    assert metric.compute() == pytest.approx((near + far) / 2)
    metric.reset()
    with pytest.raises(InputError, match="no clip has been measured"):
        metric.compute()


def test_what_can_not_be_said_is_left_out() -> None:
    metric = OverClips(lambda value: value)
    assert metric.update(None) is None
    metric.update(float("nan"))
    metric.update(2.0)
    assert metric.compute() == 2.0
