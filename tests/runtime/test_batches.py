"""Frames a few at a time."""

import pytest

from steadyface.runtime.batches import batch_size, batches


@pytest.mark.parametrize(("count", "size"), [(7, 3), (6, 3), (1, 8), (0, 2)])
def test_batches_cover_each_number_once(count: int, size: int) -> None:
    parts = list(batches(count, size))
    assert [number for part in parts for number in part] == list(range(count))
    assert all(1 <= len(part) <= size for part in parts)


def test_a_cpu_takes_one_frame_and_a_gpu_several() -> None:
    assert batch_size("cpu") == 1
    assert batch_size("cuda:1") > 1
