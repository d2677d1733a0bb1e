"""``steadyface people``."""

from pathlib import Path

import cv2
import pytest

from steadyface.cli.main import main


def test_who_is_there_how_long_and_where(grid_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "people.png"
    assert main(["people", str(grid_clip), "--frames", "2:8", "--out", str(picture)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"6 frames, 1 shot; pictures: {picture}"
    assert lines[1].startswith("  1  in 6 frames: 2 to 7; ")
    assert len(lines) == 2
    assert cv2.imread(str(picture)).shape == (160, 160, 3)


def test_what_is_not_a_video_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.mp4").write_text("no", encoding="utf-8")
    assert main(["people", str(tmp_path / "x.mp4")]) != 0
    assert len(capsys.readouterr().err.splitlines()) == 1
