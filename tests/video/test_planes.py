"""Changes of coded samples against swscale's conversion, and that nothing else changes."""

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from steadyface.video.colour import ColourTags, to_rgb
from steadyface.video.orientation import Orientation, upright
from steadyface.video.planes import Layout, framed, planar, reduced, samples, turned, with_change

WIDE, HIGH = 48, 32
PLANAR = ["yuv420p", "yuvj420p", "yuv422p10le", "yuv444p12le", "yuva444p10le", "gbrp", "gbrap16le", "yuva420p"]


def noisy(name: str) -> av.VideoFrame:
    frame = av.VideoFrame(WIDE, HIGH, name)
    draws, top = np.random.default_rng(0), 2 ** frame.format.components[0].bits
    for plane in samples(frame):
        plane[:] = draws.integers(top // 4, top // 2, plane.shape)
    return frame


@pytest.mark.parametrize("name", PLANAR)
def test_samples_come_back_and_without_a_change_all_are_the_same(name: str) -> None:
    frame = noisy(name)
    again = framed([plane.copy() for plane in samples(frame)], name)
    kept = with_change(frame, np.zeros((HIGH, WIDE, 3), np.float32), ColourTags(), HIGH)
    for one in (again, kept):
        assert one.format.name == name
        assert all(np.array_equal(a, b) for a, b in zip(samples(one), samples(frame), strict=True))


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("range_", [1, 2])
@pytest.mark.parametrize("name", ["yuv444p", "yuv444p10le", "yuva444p10le", "yuv444p12le", "gbrp"])
def test_a_change_is_what_swscale_reads_as_that_change(name: str, matrix: int, range_: int) -> None:
    tags, converter = ColourTags(matrix=matrix, range=range_), VideoReformatter()
    frame = framed(
        [np.full((HIGH, WIDE), 2 ** (Layout.of(name).bits - 1), plane.dtype) for plane in samples(noisy(name))], name
    )  # type: ignore[union-attr]
    change = np.zeros((HIGH, WIDE, 3), np.float32)
    change[8:24, 8:40] = 40, -25, 12
    before, after = (
        to_rgb(each, tags, converter).astype(int) for each in (frame, with_change(frame, change, tags, HIGH))
    )
    np.testing.assert_allclose(after - before, change, atol=2)
    assert np.array_equal(after[:8], before[:8])
    if Layout.of(name).alpha:  # type: ignore[union-attr]
        assert np.array_equal(samples(with_change(frame, change, tags, HIGH))[3], samples(frame)[3])


def test_chroma_lies_where_it_is_coded() -> None:
    column = np.zeros((4, 8), np.float32)
    column[:, 4] = 4
    assert reduced(column, 2, 2).tolist() == [[0, 0, 2, 0]] * 2
    assert reduced(column, 2, 1).tolist() == [[0, 0, 2, 0]] * 4
    assert reduced(column[:3, :7], 2, 2).shape == (2, 4)
    assert np.array_equal(reduced(column, 1, 1), column)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nv12", "yuv420p"), ("p010le", "yuv420p10le"), ("rgb24", "gbrp"), ("rgba", "gbrap"), ("gray", "yuv444p")],
)
def test_other_formats_become_planar(name: str, expected: str) -> None:
    converter = VideoReformatter()
    frame = converter.reformat(noisy("yuv420p"), format=name)
    assert planar(frame, converter).format.name == expected
    assert planar(noisy("yuv422p10le"), converter).format.name == "yuv422p10le"


def test_formats_of_no_whole_numbers_are_not_known() -> None:
    assert [Layout.of(name) for name in ("gbrpf32le", "pal8", "yuv411p", "gray", "yuv420p10be")] == [None] * 5
    assert Layout.of("yuva422p10le") == Layout(10, False, True, 2, 1)


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "yuv444p", "gbrp10le"])
def test_a_turned_frame_is_upright(name: str) -> None:
    orientation = Orientation(True, mirror_x=True)
    frame, converter = noisy(name), VideoReformatter()
    shown = turned(frame, orientation, converter)
    assert (shown.width, shown.height) == (HIGH, WIDE)
    assert shown.format.name == name
    expected = upright(samples(frame)[0][..., None], orientation)[..., 0]
    assert np.array_equal(samples(shown)[0], expected)
    assert turned(frame, Orientation(), converter) is frame
