"""Folders of pictures, read by other programs than the one that wrote them."""

import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from steadyface.errors import InputError, ResourceError
from steadyface.video.colour import ColourTags
from steadyface.video.reader import Frame
from steadyface.video.stills import PRIMARIES, About, PictureFolder, openexr, png_of, write_exr
from steadyface.video.transfer import PQ

ABOUT = About(ColourTags(9, PQ, 9, 1), Fraction(4, 3), Fraction(30000, 1001), {"comment": "edited with AI \u00e4"})
CODES = np.random.default_rng(0).random((6, 8, 3))
ALPHA = np.linspace(0, 1, 48).reshape(6, 8)


@pytest.mark.parametrize(("bits", "top"), [(8, 255), (10, 65535), (12, 65535)])
@pytest.mark.parametrize("alpha", [None, ALPHA])
def test_png_holds_codes_and_alpha(bits: int, top: int, alpha: np.ndarray | None) -> None:
    found = cv2.imdecode(np.frombuffer(png_of(CODES, alpha, bits, ABOUT), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found[..., 2::-1], np.rint(top * CODES))
    if alpha is not None:
        np.testing.assert_array_equal(found[..., 3], np.rint(top * alpha))


def test_png_says_its_colours_its_pixels_shape_and_what_was_done(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(png_of(CODES, None, 10, ABOUT))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    content = path.read_bytes()
    shape = content.index(b"pHYs") + 4  # pixels per unit along x, along y: PNG, section 11.3.4.3
    assert struct.unpack(">II", content[shape : shape + 8]) == (3, 4)
    assert (int(frame.color_primaries), int(frame.color_trc)) == (9, PQ)
    assert "edited with AI \u00e4".encode() in content
    assert b"cICP" not in png_of(CODES, None, 8, About(ColourTags(), Fraction(1), Fraction(25), {}))


def test_exr_holds_light_alpha_and_what_is_said_of_it(tmp_path: Path) -> None:
    light = 40 * CODES
    write_exr(tmp_path / "x.exr", light, ALPHA, ABOUT)
    with av.open(str(tmp_path / "x.exr")) as container:
        frame = next(container.decode(video=0))
    assert frame.format.name == "gbrapf16le"
    planes = [np.frombuffer(plane, np.float16).reshape(6, -1)[:, :8] for plane in frame.planes]
    for plane, wanted in zip(planes, (light[..., 1], light[..., 2], light[..., 0], ALPHA), strict=True):
        np.testing.assert_allclose(plane, wanted, rtol=6e-4, atol=1e-6)
    header = openexr().File(str(tmp_path / "x.exr")).header()
    np.testing.assert_allclose(header["chromaticities"], PRIMARIES[9], atol=1e-6)
    assert header["framesPerSecond"] == ABOUT.rate
    assert header["pixelAspectRatio"] == pytest.approx(4 / 3)
    assert header["comment"] == ABOUT.notes["comment"]


def frame(index: int) -> Frame:
    return Frame(index, index, Fraction(1, 25), np.zeros((2, 2, 3), np.uint8), 1, None)


def test_a_folder_is_complete_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "edited_png"
    with PictureFolder(path, "png", lambda _, at: at.touch()) as folder:
        folder.write(frame(7))
        assert not path.exists()
    assert [each.name for each in path.iterdir()] == ["000007.png"]
    with suppress(InputError), PictureFolder(path, "png", lambda _, at: at.touch()) as folder:
        folder.write(frame(8))
        raise InputError("damaged")
    assert [each.name for each in tmp_path.iterdir()] == ["edited_png"]
    assert [each.name for each in path.iterdir()] == ["000007.png"]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="can't be written"):
        PictureFolder(tmp_path / "none" / "edited_png", "png", lambda _, at: at.touch())


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "OpenEXR", None)
    with pytest.raises(InputError, match=r"steadyface\[exr\]"):
        openexr()
