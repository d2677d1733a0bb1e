from pathlib import Path

from steadyface.report.curves import FILE, LossLog, loss_curves, read_losses
from steadyface.runtime.optimise import Progress


def test_what_was_logged_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    log = LossLog(tmp_path)
    for step in (1, 2, 3):
        log(Progress("tune", step, 3, {"lpips": 1 / step}))
    log(Progress("phase 1", 1, 2, {"photometric": 0.5}))
    assert read_losses(tmp_path) == {
        "tune": {"lpips": {1: 1.0, 2: 0.5, 3: 1 / 3}},
        "phase 1": {"photometric": {1: 0.5}},
    }


def test_resumed_and_restarted_stages(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    log = LossLog(tmp_path)
    for step, value in ((1, 9.0), (2, 8.0), (3, 7.0), (2, 6.0), (3, 5.0)):  # killed after 3, went on from 1
        log(Progress("tune", step, 3, {"l2": value}))
    assert read_losses(tmp_path)["tune"]["l2"] == {1: 9.0, 2: 6.0, 3: 5.0}
    log(Progress("tune", 1, 3, {"lpips": 1.0}))
    assert read_losses(tmp_path) == {"tune": {"lpips": {1: 1.0}}}


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    LossLog(tmp_path)(Progress("tune", 1, 3, {"l2": 1.0}))
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write('{"stage": "tu')
    assert read_losses(tmp_path) == {"tune": {"l2": {1: 1.0}}}
    assert read_losses(tmp_path / "nowhere") == {}


def test_a_falling_loss_falls_on_the_chart() -> None:
    drawn = loss_curves({"tune": {"lpips": {step: 1 / step for step in range(1, 301)}}})
    points = drawn.split('points="')[1].split('"')[0].split()
    heights = [float(point.split(",")[1]) for point in points]
    assert len(points) == 120
    assert heights == sorted(heights)
    assert "300 steps" in drawn
    assert loss_curves({}) == ""
