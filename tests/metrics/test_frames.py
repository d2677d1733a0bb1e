"""Reading frames by number."""

import numpy as np
import pytest
import torch

from steadyface.errors import InputError, SteadyfaceError
from steadyface.metrics.frames import Crops, EditControl, load, same_length


def test_crops_are_read_in_order_and_in_rgb(tmp_path, write_crops):
    frames = [np.full((4, 4, 3), (index, 100, 200), np.uint8) for index in range(12)]
    write_crops(tmp_path / "crops", frames)
    crops = Crops(tmp_path / "crops")
    assert len(crops) == 12
    assert all(np.array_equal(crops[index], frames[index]) for index in range(12))


def test_a_missing_folder_is_empty(tmp_path):
    assert len(Crops(tmp_path / "none")) == 0


def test_a_damaged_picture_is_named(tmp_path):
    (tmp_path / "00000.png").write_bytes(b"not a picture")
    with pytest.raises(SteadyfaceError, match=r"00000\.png"):
        Crops(tmp_path)[0]


def test_load_maps_bytes_to_minus_one_to_one():
    frames = [np.full((2, 3, 3), value, np.uint8) for value in (0, 255, 51)]
    tensor = load(frames, [1, 0, 2])
    assert tensor.shape == (3, 3, 2, 3)
    torch.testing.assert_close(tensor[:, 0, 0, 0], torch.tensor([1.0, -1.0, -0.6]))


def test_the_control_of_the_mean_change_keeps_the_inputs_motion():
    inputs = [np.full((2, 2, 3), value, np.uint8) for value in (100, 120, 140)]
    edited = [np.full((2, 2, 3), value, np.uint8) for value in (130, 120, 140)]  # 10 more in the mean, and frozen
    worn = EditControl(inputs, edited)
    assert len(worn) == 3
    assert [int(worn[k][0, 0, 0]) for k in range(3)] == [110, 130, 150]
    with pytest.raises(InputError, match="3 and 2 frames"):
        EditControl(inputs, edited[:2])


@pytest.mark.parametrize(("a", "b"), [(2, 3), (0, 0)])
def test_clips_of_different_length_are_refused(a, b):
    with pytest.raises(InputError, match=f"{a} and {b} frames"):
        same_length([np.zeros((2, 2, 3), np.uint8)] * a, [np.zeros((2, 2, 3), np.uint8)] * b)
