import base64
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from steadyface.clip.folder import FrameFolder
from steadyface.errors import InputError
from steadyface.report import page as module
from steadyface.report.page import write_report

from .conftest import FRAMES, SIZE


def data_of(text: str) -> dict:
    return json.loads(re.search(r"const data = (.*);\n", text).group(1))


def test_all_frames_are_in_the_file_and_nothing_is_fetched(finished: Path) -> None:
    text = write_report(finished).read_text(encoding="utf-8")
    data = data_of(text)
    assert list(data["frames"]) == ["input", "direct", "edited"]
    assert (data["size"], data["rate"], data["numbers"]) == (SIZE, 30.0, list(range(FRAMES)))
    encoded = base64.b64decode(data["frames"]["direct"][1].partition(",")[2])
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    original = FrameFolder(finished / "aligned" / "direct").image(1)
    assert np.abs(image.mean((0, 1)) - original.mean((0, 1))).max() < 5
    assert not re.findall(r'(?:src|href)="(?!data:)', text)
    assert "http" not in text


def test_names_are_escaped_and_licences_named(finished: Path) -> None:
    text = write_report(finished).read_text(encoding="utf-8")
    assert "a &lt;clip&gt;.mp4: age 0.5" in text
    assert "<clip>" not in text
    assert "research and non-commercial" in text
    assert "1.5 minutes and 0.5 GB" in text


def test_metrics_come_in_when_they_are_there(finished: Path) -> None:
    assert "Not measured yet" in write_report(finished).read_text(encoding="utf-8")
    metrics = {
        "parts": ["input", "inverted", "direct", "edited"],
        "flow": "SpyNet",
        "warping_error": {"1": {"input": 1e-4, "inverted": 2e-4, "direct": 3e-4, "edited": 1.5e-4, "coverage": 0.9}},
        "gates": [
            {"name": "steady", "quantity": "E", "value": 1.5, "bound": "<= 1", "passed": False},
            {"name": "alive", "quantity": "yaw", "value": None, "bound": ">= 0.95", "passed": None},
        ],
    }
    (finished / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    text = write_report(finished).read_text(encoding="utf-8")
    assert "0.150" in text
    assert "fails" in text
    assert "&lt;= 1" in text


def test_a_long_clip_is_thinned(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    assert data_of(write_report(finished).read_text(encoding="utf-8"))["numbers"] == [0, 2, 4]


def test_an_unfinished_run_is_refused(finished: Path) -> None:
    (finished / "manifest.json").unlink()
    with pytest.raises(InputError, match="not a finished run"):
        write_report(finished)
    with pytest.raises(InputError):
        write_report(finished / "nowhere")


def test_a_source_whose_name_is_not_utf_8(finished: Path) -> None:
    path = finished / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"source": "caf\udce9.mp4"}), encoding="utf-8")
    assert "caf?.mp4" in write_report(finished).read_text(encoding="utf-8")
