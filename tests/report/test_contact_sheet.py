"""Where the pictures are on the sheet."""

import cv2
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.report.contact_sheet import contact_sheet, run_sheet


def pictures(rows: int, columns: int, shape=(30, 40, 3)) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(0)
    return [[rng.integers(0, 250, shape, np.uint8) for _ in range(columns)] for _ in range(rows)]


def test_pictures_are_untouched_and_in_their_places():
    rows = pictures(2, 3)
    sheet = contact_sheet(rows, ["one", "two"], ["a", "b", "c"], gap=5, line=20)
    height, width, _ = sheet.shape
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            top, left = height - (2 - r) * 35, width - (3 - c) * 45
            np.testing.assert_array_equal(sheet[top : top + 30, left : left + 40], picture)
    assert height == 20 + 5 + 2 * 35


def test_labels_are_dark_on_white_beside_and_above():
    blank = [[np.full((30, 40, 3), 255, np.uint8)] * 2] * 2
    sheet = contact_sheet(blank, ["input", "a longer name"], ["t = 0", "t = 1"])
    without = contact_sheet(blank, ["input", "a longer name"])
    assert sheet[:24, -88:].min() < 100
    assert without.shape[0] == sheet.shape[0] - 24
    assert sheet[28:58, :-88].min() < 100
    assert sheet[:, -2:].min() == 255


def test_rows_lower_than_a_line_of_text():
    sheet = contact_sheet(pictures(2, 1, (10, 300, 3)), ["one", "two"])
    assert sheet.shape[0] == 4 + 2 * 14


@pytest.mark.parametrize(
    ("rows", "labels", "columns"),
    [
        ([], [], []),
        ([[]], ["a"], []),
        ([pictures(1, 2)[0], pictures(1, 3)[0]], ["a", "b"], []),
        ([pictures(1, 1)[0], pictures(1, 1, (9, 9, 3))[0]], ["a", "b"], []),
        (pictures(2, 2), ["a"], []),
        (pictures(2, 2), ["a", "b"], ["one"]),
    ],
)
def test_what_does_not_fit_is_refused(rows, labels, columns):
    with pytest.raises(InputError, match="contact sheet takes"):
        contact_sheet(rows, labels, columns)


@pytest.fixture
def run(tmp_path):
    """A run whose pictures have the number of the part in red and of the frame in blue."""
    for part, name in enumerate(("input", "inverted", "direct", "edited")):
        (tmp_path / "aligned" / name).mkdir(parents=True)
        for index in range(6):
            picture = np.full((16, 16, 3), (index, 0, part), np.uint8)
            cv2.imwrite(str(tmp_path / "aligned" / name / f"{index:05d}.png"), picture)
    return tmp_path


def test_a_run_has_a_row_for_each_version(run):
    sheet = run_sheet(run, [5, 0])
    cells = [[sheet[-(4 - r) * 20 + 8, -(2 - c) * 20 + 8].tolist() for c in range(2)] for r in range(4)]
    assert cells == [[[part, 0, 5], [part, 0, 0]] for part in range(4)]


def test_a_missing_version_has_no_row(run):
    (run / "aligned" / "direct" / "00002.png").unlink()
    sheet = run_sheet(run, [1])
    assert [int(sheet[-(3 - r) * 20 + 8, -12, 0]) for r in range(3)] == [0, 1, 3]


@pytest.mark.parametrize("indices", [[], [6], [0, -1]])
def test_frames_that_do_not_exist_are_refused(run, indices):
    with pytest.raises(InputError, match="frames 0 to 5"):
        run_sheet(run, indices)
