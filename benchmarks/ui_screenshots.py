"""Pictures of the page for docs/ui, taken in Debian's Chromium (Playwright's Python package drives it).

    steadyface edit ../shared/clips/grid_brbk7n.mpg --edit eyeglasses --frames 0:25 --out out/
    python benchmarks/ui_screenshots.py ../shared/clips/grid_brbk7n.mpg out/

A preview is made and a run begun and cancelled; the result is that of the finished run, shown as an earlier one. With
``--whole`` the begun run goes to its end at the preset `fast`, and what it made is played in the browser.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from steadyface.app.choices import Choice
from steadyface.app.clips import take
from steadyface.app.limits import Limits
from steadyface.app.run_store import RESULTS, RunStore
from steadyface.app.serve import Place, served
from steadyface.editing.catalogue import Request
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
QUALITY = 80
LONG = 3_600_000
"""Milliseconds."""
PLAYED = """async video => {
    video.muted = true;
    await video.play();
    await new Promise(done => { video.onended = done; });
    return `${video.videoWidth} x ${video.videoHeight}, ${video.currentTime.toFixed(2)} s, `
        + `sound: ${video.webkitAudioDecodedByteCount > 0}`;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("run", type=Path, help="a finished run of that clip")
    parser.add_argument("--frames", type=int, default=8, help="of the clip that is uploaded")
    parser.add_argument("--port", type=int, default=7861)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--whole", action="store_true", help="run to the end, and play the result")
    parser.add_argument("--out", type=Path, default=Path("docs/ui"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "interview.mp4"
        write_video(cut, read_frames(args.clip, 0, args.frames), probe(args.clip), audio_from=args.clip, cut_sound=True)
        store = RunStore(Path(folder) / "runs")
        store.make()
        adopt(store, args.clip, args.run)
        with served(Place(store.folder, port=args.port)) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=args.browser, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1240, "height": 800})
            page.set_default_timeout(LONG)
            page.goto(address)
            visit(page, cut, args.out, whole=args.whole)
            browser.close()


def adopt(store: RunStore, clip: Path, run: Path) -> None:
    """Put a run that the command line made on the page's store."""
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    edits = tuple(Request(edit["name"], edit["strength"]) for edit in manifest["edits"])
    start, stop = manifest["frames"]
    choice = Choice(edits, manifest["preset"]["name"], (start, stop), manifest["face"] or 1)
    name = store.put(take(clip, Limits()), choice)
    for file in (*RESULTS, "manifest.json"):
        shutil.copy(run / file, store.path(name) / file)


def visit(page: Any, clip: Path, out: Path, *, whole: bool) -> None:
    page.get_by_role("button", name="Show").wait_for()
    shoot(page, out / "start.jpg")
    page.locator("#upload input[type=file]").set_input_files(str(clip))
    page.locator("#faces img").first.wait_for()
    page.get_by_label("eyeglasses", exact=True).check()
    page.get_by_label("smile", exact=True).check()
    page.locator("#look").click()
    page.locator("#preview img").first.wait_for()
    page.wait_for_timeout(3000)
    shoot(page, out / "preview.jpg", whole=True)
    page.get_by_role("button", name="Show").click()
    page.locator("#edited video").wait_for()
    for video in page.locator("video").all():
        video.evaluate(
            "video => new Promise(done => { video.onseeked = done; video.currentTime = video.duration / 2; })"
        )
    page.wait_for_timeout(1000)
    shoot(page, out / "result.jpg", whole=True)
    if whole:
        page.get_by_label("fast: for a look").check()
    page.locator("#go").click()
    page.locator("#progress").get_by_text("left").wait_for()
    shoot(page, out / "running.jpg", whole=True)
    if not whole:
        page.locator("#stop").click()
        return
    page.locator("#progress").get_by_text("finished").wait_for()
    print("played in the browser:", page.locator("#edited video").evaluate(PLAYED), flush=True)


def shoot(page: Any, path: Path, *, whole: bool = False) -> None:
    page.evaluate("scrollTo(0, 0)")
    shot = np.frombuffer(page.screenshot(full_page=whole), np.uint8)
    cv2.imwrite(str(path), cv2.imdecode(shot, cv2.IMREAD_COLOR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(path, f"{path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
