from dataclasses import replace

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from steadyface.video.colour import ColourTags, settled, swscale_matrix, tags_of, to_rgb, to_yuv, writable

# Luma weights of red and blue: ITU-R BT.709, FCC 73.682, BT.601 (two tags), SMPTE 240M, BT.2020.
WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114)}
WEIGHTS |= {7: (0.212, 0.087), 9: (0.2627, 0.0593)}
COLOURS = [(200, 60, 30), (10, 220, 90), (40, 40, 200), (128, 128, 128), (255, 255, 255), (0, 0, 0)]


def oracle(rgb: tuple[int, int, int], matrix: int, full: bool) -> tuple[int, int, int]:
    """H.273 equations 38 to 40, for 8 bits."""
    red, _, blue = rgb
    kr, kb = WEIGHTS[matrix]
    luma = kr * red + (1 - kr - kb) * rgb[1] + kb * blue
    cb, cr = (blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))
    if full:
        values = (luma, 128 + cb, 128 + cr)
    else:
        values = (16 + luma * 219 / 255, 128 + cb * 224 / 255, 128 + cr * 224 / 255)
    return tuple(round(min(max(value, 0), 255)) for value in values)


def flat(yuv: tuple[int, int, int], lines: int) -> av.VideoFrame:
    planes = np.empty((lines * 3 // 2, 32), np.uint8)
    planes[:lines], planes[lines : lines * 5 // 4], planes[lines * 5 // 4 :] = yuv
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("rgb", COLOURS)
def test_both_directions_against_the_standard(rgb: tuple[int, int, int], matrix: int, full: bool) -> None:
    tags = ColourTags(1, 1, matrix, 2 if full else 1)
    yuv = oracle(rgb, matrix, full)
    image = to_rgb(flat(yuv, 32), tags, VideoReformatter())
    assert np.abs(image.astype(int) - rgb).max() <= 1
    frame = to_yuv(np.full((32, 32, 3), rgb, np.uint8), "yuv420p", tags, VideoReformatter())
    expected = flat(yuv, 32).to_ndarray().astype(int)
    assert np.abs(frame.to_ndarray() - expected).max() <= 1


@pytest.mark.parametrize(("lines", "matrix"), [(704, 6), (720, 1)])
def test_without_a_tag_the_lines_decide(lines: int, matrix: int) -> None:
    rgb = (200, 60, 30)
    image = to_rgb(flat(oracle(rgb, matrix, full=False), lines), ColourTags(), VideoReformatter())
    assert np.abs(image.astype(int) - rgb).max() <= 1
    assert (
        np.abs(
            image.astype(int) - to_rgb(flat(oracle(rgb, 7 - matrix, False), lines), ColourTags(), VideoReformatter())
        ).max()
        > 5
    )


def test_luma_survives_rgb_inside_the_gamut() -> None:
    planes = np.full((96, 256), 128, np.uint8)
    planes[:64] = np.linspace(20, 230, 256).round()
    source = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    image = to_rgb(source, ColourTags(), VideoReformatter())
    back = to_yuv(image, "yuv420p", ColourTags(), VideoReformatter())
    np.testing.assert_array_equal(back.to_ndarray(), planes)


def test_tags_of_an_rgb_video_become_those_of_a_yuv_one() -> None:
    assert writable(ColourTags(1, 13, 0, 2), 480) == ColourTags(1, 13, 6, 1)
    assert writable(ColourTags(1, 13, 0, 2), 1080) == ColourTags(1, 13, 1, 1)
    kept = ColourTags(9, 18, 9, 1)
    assert writable(kept, 480) == kept
    assert writable(replace(kept, trc=16), 480) == replace(kept, trc=1)
    assert writable(ColourTags(), 480) == ColourTags()


def test_chroma_lies_on_the_left_pixels_and_between_the_lines() -> None:
    y, x = np.mgrid[0:32, 0:32]
    for axis, position, expected in [(1, x, 0.0), (0, y, 0.5)]:
        image = np.full((32, 32, 3), 128.0)
        image[..., 0] += 1.402 * 4 * (position - 15.5)
        image[..., 1] -= 0.714 * 4 * (position - 15.5)
        frame = to_yuv(image.round().astype(np.uint8), "yuv420p", ColourTags(matrix=6, range=2), VideoReformatter())
        chroma = frame.to_ndarray()[32 + 8 :].reshape(16, 16).astype(float).mean(axis=1 - axis)
        offsets = (chroma - 128) / 4 + 15.5 - 2 * np.arange(16)
        # The first sample's left neighbour is beyond the edge.
        assert abs(offsets[1:].mean() - expected) < 0.15


def test_chroma_survives_rgb_inside_the_gamut(make_clip) -> None:
    path = make_clip(size=(128, 96))
    with av.open(str(path)) as source:
        frame = next(source.decode(video=0))
        tags = tags_of(frame)
        back = to_yuv(to_rgb(frame, tags, VideoReformatter()), "yuv420p", tags, VideoReformatter())
        difference = back.to_ndarray()[96:].astype(float) - frame.to_ndarray()[96:]
    assert np.sqrt(np.mean(difference**2)) < 0.5


@pytest.mark.parametrize(("lines", "shown", "matrix"), [(480, 854, 6), (1280, 720, 2), (1280, 640, 1), (719, 720, 6)])
def test_a_missing_matrix_is_stated_if_turning_changes_the_guess(lines: int, shown: int, matrix: int) -> None:
    tags = settled(ColourTags(), lines, shown)
    assert tags.matrix == matrix
    assert swscale_matrix(tags.matrix, shown) == swscale_matrix(2, lines)
    assert settled(ColourTags(matrix=9), lines, shown) == ColourTags(matrix=9)
