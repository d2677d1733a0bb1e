"""Pictures on disk and in tensors."""

import cv2
import numpy as np
import pytest
import torch

from steadyface.clip.folder import FrameFolder, OutlineFolder, to_image, to_tensor
from steadyface.errors import ResourceError


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


def test_every_byte_survives_the_way_to_a_tensor_and_back():
    image = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 16, 16)
    assert (tensor.min(), tensor.max()) == (-1, 1)
    assert np.array_equal(to_image(tensor), image)


def test_values_out_of_range_are_clipped_not_wrapped():
    image = to_image(torch.tensor([-1.5, 0.0, 1.5]).view(1, 3, 1, 1))
    assert image.tolist() == [[[0, 128, 255]]]


def test_written_frames_are_rgb_pngs_and_come_back_exactly(tmp_path, noise):
    folder = FrameFolder(tmp_path / "aligned")
    for index, image in enumerate(noise):
        folder.write(index, image)
    assert sorted(path.name for path in folder.folder.iterdir()) == [f"{i:05d}.png" for i in range(5)]
    assert np.array_equal(cv2.imread(str(folder.path(3)))[..., ::-1], noise[3])
    batch = FrameFolder(tmp_path / "aligned")([4, 0])
    assert torch.equal(batch, torch.cat([to_tensor(noise[4]), to_tensor(noise[0])]))
    assert folder.count() == 5


def test_a_frame_written_again_is_read_anew(tmp_path, noise):
    folder = FrameFolder(tmp_path)
    folder.write(0, noise[0])
    folder([0])
    folder.write(0, noise[1])
    assert np.array_equal(folder.image(0), noise[1])


def test_clear_removes_all_and_forgets(tmp_path, capfd, noise):
    folder = FrameFolder(tmp_path)
    folder.write(0, noise[0])
    (tmp_path / ".00000.writing.png").touch()
    folder([0])
    folder.clear()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ResourceError, match="missing or damaged"):
        folder([0])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_a_damaged_frame_is_one_line(tmp_path, noise, content):
    folder = FrameFolder(tmp_path)
    folder.write(0, noise[0])
    folder.path(0).write_bytes(folder.path(0).read_bytes()[:40] if content is None else content)
    with pytest.raises(ResourceError, match=r"00000\.png is missing or damaged"):
        folder.image(0)


def test_masks_are_grey_and_come_back_exactly(tmp_path, noise):
    folder = OutlineFolder(tmp_path)
    folder.write(2, noise[0, :, :, 0])
    assert np.array_equal(OutlineFolder(tmp_path)[2], noise[0, :, :, 0])
    assert cv2.imread(str(folder.path(2)), cv2.IMREAD_UNCHANGED).ndim == 2


def test_a_part_is_counted_from_0_and_reads_the_same_files(tmp_path, noise):
    folder = FrameFolder(tmp_path)
    for index, image in enumerate(noise):
        folder.write(index, image)
    part = folder.part([4, 1])
    assert torch.equal(part([0, 1, 0]), folder([4, 1, 4]))
    assert np.array_equal(part.image(1), noise[1])
    assert part.path(0) == folder.path(4)
