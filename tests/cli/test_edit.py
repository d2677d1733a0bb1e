"""``steadyface edit`` on files that get as far as the first stage."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from steadyface import zoo
from steadyface.cli.edit import frame_range
from steadyface.cli.main import main
from steadyface.preview import look
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

Image = np.ndarray


@pytest.fixture
def altered(grid_clip: Path, tmp_path: Path) -> Callable[[int, Callable[[int, Image], Image]], Path]:
    """Make a clip of the first frames of a real one, each changed by a function of its number."""

    def make(count: int, change: Callable[[int, Image], Image]) -> Path:
        frames = (replace(frame, image=change(frame.index, frame.image)) for frame in read_frames(grid_clip, 0, count))
        write_video(tmp_path / "altered.mp4", frames, probe(grid_clip))
        return tmp_path / "altered.mp4"

    return make


@pytest.fixture
def fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command, expect status 2 and one line on stderr, from C++ libraries too, and return the line."""

    def run(source: Path, *more: str) -> str:
        out = tmp_path / "out"
        assert main(["edit", str(source), "--edit", "smile", "--out", str(out), *more]) == 2
        printed, said = capfd.readouterr()
        assert printed == ""
        assert said.count("\n") == 1, said
        assert not list(out.glob("*.mp4*"))
        return said

    return run


def blurred_away(index: int, image: Image) -> Image:
    """From the tenth frame on the picture melts, too slowly for a cut."""
    share = min(max((index - 9) / 4, 0.0), 1.0)
    return cv2.addWeighted(image, 1 - share, cv2.GaussianBlur(image, (0, 0), 40), share, 0)


def test_no_face(altered, fails):
    assert "no face found in any of the 4 frames" in fails(altered(4, lambda _, image: np.full_like(image, 100)))


def test_a_face_that_is_not_there(altered, fails):
    assert "there is no face 3: 1 face was found" in fails(altered(2, lambda _, image: image), "--face", "3")


def test_a_picture_of_four_pixels(altered, fails):
    assert "64x4 pixels, too small" in fails(altered(2, lambda _, image: image[:4, :64]))


@pytest.mark.parametrize("place", ["/proc/steadyface", "/sys/steadyface"])
def test_a_folder_that_cannot_be_written(grid_clip, fails, place):
    assert f"can't write {place}" in fails(grid_clip, "--out", place)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "meta"])
def test_a_device_that_is_not_there(grid_clip, fails, device):
    assert f"--device {device} can't be used" in fails(grid_clip, "--device", device)


@pytest.mark.parametrize("name", ["mobile-ffhq", "face-detector-short"])
def test_weights_cut_short_without_a_network(grid_clip, tmp_path, monkeypatch, fails, name):
    cache = tmp_path / "cache"
    (cache / "weights").mkdir(parents=True)
    for path in zoo.weights("mobile-ffhq").parent.glob("*.*"):
        (cache / "weights" / path.name).symlink_to(path)
    whole = zoo.weights(name)
    cut = cache / "weights" / whole.name
    cut.unlink()
    cut.write_bytes(whole.read_bytes()[:-1000])
    monkeypatch.setenv("STEADYFACE_CACHE", str(cache))
    monkeypatch.setenv("STEADYFACE_OFFLINE", "1")
    assert f"run `steadyface models fetch {name}`" in fails(grid_clip, "--frames", "0:2")


def test_a_look_says_where_it_is_and_starts_no_run(grid_clip, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(look, "look", lambda job: look.Look(3, *np.zeros((2, 32, 40, 3), np.uint8)))
    assert main(["edit", str(grid_clip), "--edit", "smile", "--look"]) == 0
    said = capsys.readouterr().out
    assert str(Path("grid_sbia1a-look") / "look.png") in said
    assert "the whole run, without --look, will be better" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["grid_sbia1a-look", "look.png"]
    assert cv2.imread("grid_sbia1a-look/look.png").shape == (32, 80, 3)


def test_a_look_where_no_face_is(altered, fails):
    said = fails(altered(3, lambda _, image: np.full_like(image, 100)), "--look")
    assert "no face found in frame 1: choose a part with a visible face, --frames A:B" in said


@pytest.mark.parametrize(("text", "expected"), [("0:25", (0, 25)), ("7:", (7, None)), (":3", (0, 3)), (":", (0, None))])
def test_frame_ranges(text, expected):
    assert frame_range(text) == expected
