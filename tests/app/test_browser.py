"""The whole page in a real browser: upload, choose, preview, run, watch, download, cancel, go on.

Skipped where there is no Chromium; none is ever fetched.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from steadyface.app import preview
from steadyface.app.serve import Place, served
from steadyface.config import presets as settings
from steadyface.config.settings import Preset
from steadyface.inversion.settings import PivotalTuning, Refinement
from steadyface.stages import edit
from steadyface.stitching.settings import Stitching
from steadyface.video.reader import read_frames

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOON, LATER = 120_000, 600_000
"""Milliseconds at most, on a machine that is busy: for what only the page does, and for what is computed."""

QUICK = Preset(
    "fast",
    None,
    Refinement(common_steps=2, steps_per_frame=1),
    PivotalTuning(epochs=0.0, least_steps=1),
    None,
    Stitching(epochs=0),
)
"""Every stage but the phases, in a step or three: what they do is tested elsewhere."""
ENDLESS = replace(QUICK, name="default", refinement=Refinement(common_steps=100_000, steps_per_frame=1))

PLAYS = """async video => {
    video.muted = true;
    await video.play();
    for (let i = 0; i < 100 && !video.currentTime; i++) await new Promise(done => setTimeout(done, 50));
    return {moved: video.currentTime > 0, width: video.videoWidth, sound: video.webkitAudioDecodedByteCount > 0};
}"""


@dataclass
class Tab:
    """An open page, and what it did beside what it was told."""

    page: Page
    asked: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def sees(self, place: str, text: str, timeout: int = LATER) -> None:
        self.page.locator(place).get_by_text(text).first.wait_for(timeout=timeout)

    def shown(self, place: str, timeout: int = LATER) -> Any:
        found = self.page.locator(place).first
        found.wait_for(timeout=timeout)
        return found


@pytest.fixture
def browser() -> Iterator[Browser]:
    """The system's Chromium, or the one that Playwright has fetched."""
    with sync_playwright() as driver:
        places = [*map(shutil.which, CHROMIUMS), driver.chromium.executable_path]
        place = next((each for each in places if each and Path(each).exists()), None)
        if place is None:
            pytest.skip("needs Chromium")
        opened = driver.chromium.launch(executable_path=place, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def tab(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]
) -> Iterator[Tab]:
    # a sketch of a preview: how a real one looks is tested without a browser
    monkeypatch.setattr(preview, "Previewer", partial(preview.Previewer, preview.Effort(first=2, later=1)))
    monkeypatch.setattr(edit, "factor_on_clip", lambda *_: 1.0)
    monkeypatch.setitem(settings.PRESETS, "fast", QUICK)
    monkeypatch.setitem(settings.PRESETS, "default", ENDLESS)
    with served(Place(tmp_path / "runs", port=free_port())) as address:
        opened = Tab(browser.new_page(viewport={"width": 1240, "height": 1000}))
        opened.page.on("request", lambda request: opened.asked.append(request.url))
        opened.page.on("pageerror", lambda error: opened.broken.append(str(error)))
        opened.page.goto(address)
        yield opened


def test_from_a_video_to_its_download(tab: Tab, talking: Callable[..., Path], tmp_path: Path) -> None:
    page, runs = tab.page, tmp_path / "runs"

    notes = tmp_path / "notes.mp4"
    notes.write_text("Dear diary,\n" * 100, encoding="utf-8")
    page.locator("#upload input[type=file]").set_input_files(str(notes))
    tab.sees("#notice", "notes.mp4: not a readable video", SOON)
    page.get_by_label("Clear").or_(page.get_by_label("Remove")).first.click()

    page.locator("#upload input[type=file]").set_input_files(str(talking(2)))
    tab.sees("#about", "2 frames")
    tab.shown("#faces img")
    page.locator("#look").click()
    tab.sees("#notice", "choose an edit first", SOON)

    page.get_by_label("eyeglasses", exact=True).check()
    page.get_by_label("fast: for a look").check()
    page.locator("#look").click()
    tab.shown("#preview img")

    page.locator("#go").click()
    tab.sees("#progress", "finished")
    played = tab.shown("#edited video").evaluate(PLAYS)
    assert played == {"moved": True, "width": 360, "sound": True}
    assert tab.shown("#compare video").evaluate(PLAYS)["width"] == 3 * 360
    with page.expect_download(timeout=SOON) as coming:
        page.locator("#download").click()
    coming.value.save_as(tmp_path / "mine.mp4")
    (made,) = runs.glob("*/edited.mp4")
    assert (tmp_path / "mine.mp4").read_bytes() == made.read_bytes()
    assert len(list(read_frames(made))) == 2
    with page.expect_download(timeout=SOON) as coming:
        page.locator("#report").click()
    assert coming.value.suggested_filename == "report.html"

    page.get_by_label("default: the best result, takes long").check()
    page.locator("#go").click()
    tab.sees("#progress", "step")
    tab.shown("#stop", SOON).click()
    tab.sees("#progress", "stopped; it can go on from here")
    page.reload()
    page.get_by_role("button", name="Go on").click()
    tab.sees("#progress", "step")
    tab.shown("#stop", SOON).click()
    tab.sees("#progress", "stopped; it can go on from here")
    page.get_by_role("button", name="Show").click()
    tab.sees("#progress", "finished", SOON)

    assert {urlsplit(url).hostname for url in tab.asked if url.startswith("http")} == {"127.0.0.1"}
    assert tab.broken == []
