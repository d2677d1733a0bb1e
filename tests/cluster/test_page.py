"""``batch.html``: what it shows and where it leads."""

import base64
import re

import cv2
import numpy as np

from steadyface.cluster.page import thumbnail, write_page
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video


def test_every_job_is_there_with_its_link_and_its_picture(make_ledger, grid_clip, tmp_path):
    ledger = make_ledger("a & b", "c", edits=("smile",))
    done, failed = ledger
    done.planned.out.mkdir()
    write_video(done.planned.out / "edited.mp4", read_frames(grid_clip, 0, 3), probe(grid_clip))
    done.state, done.seconds, done.attempts = "done", 90.4, 2
    failed.state, failed.reason, failed.attempts = "failed", "no face <found>", 1
    text = write_page(ledger).read_text(encoding="utf-8")
    assert 'href="a%20%26%20b_smile/report.html">a &amp; b_smile</a>' in text
    assert "90 s in 2 attempts" in text
    assert "no face &lt;found&gt;" in text
    assert "2 jobs: 1 done, 1 failed; 1.5 minutes of workers." in text
    assert not re.search(r"""(src|href)=["']?https?:""", text)
    (encoded,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (240, 300, 3)
    frame = list(read_frames(grid_clip, 0, 3))[1].image
    expected = cv2.resize(frame, (300, 240), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(picture[:, :, ::-1] - expected).mean() < 6


def test_a_result_that_was_removed_has_no_picture(make_ledger):
    ledger = make_ledger("a")
    ledger["a_smile"].state = "done"
    text = write_page(ledger).read_text(encoding="utf-8")
    assert "<img" not in text
    assert "a_smile/report.html" in text


def test_a_video_of_one_frame(grid_clip, tmp_path):
    write_video(tmp_path / "one.mp4", read_frames(grid_clip, 0, 1), probe(grid_clip))
    assert thumbnail(tmp_path / "one.mp4").shape == (240, 300, 3)
