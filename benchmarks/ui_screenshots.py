"""Pictures of the page for docs/ui, taken in Debian's Chromium (Playwright's Python package drives it).

python benchmarks/ui_screenshots.py ../shared/clips/grid_sbia1a.mpg --frames 8
"""

import argparse
import io
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from steadyface.app.serve import Place, served
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
QUALITY = 80
LONG = 3_600_000
"""Milliseconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--port", type=int, default=7861)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--out", type=Path, default=Path("docs/ui"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "interview.mp4"
        write_video(
            clip, read_frames(args.clip, 0, args.frames), probe(args.clip), audio_from=args.clip, cut_sound=True
        )
        with served(Place(Path(folder) / "runs", port=args.port)) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=args.browser, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1240, "height": 900})
            page.goto(address)
            visit(page, clip, args.out)
            browser.close()


def visit(page: Any, clip: Path, out: Path) -> None:
    page.get_by_text("Earlier runs").wait_for()
    shoot(page, out / "start.jpg")
    page.locator("#upload input[type=file]").set_input_files(str(clip))
    page.locator("#faces img").first.wait_for(timeout=LONG)
    page.get_by_label("eyeglasses", exact=True).check()
    page.get_by_label("fast: for a look").check()
    page.locator("#look").click()
    page.locator("#preview img").first.wait_for(timeout=LONG)
    page.wait_for_timeout(1000)
    shoot(page, out / "preview.jpg")
    page.locator("#go").click()
    page.locator("#progress").get_by_text("left").wait_for(timeout=LONG)
    shoot(page, out / "running.jpg")
    page.locator("#progress").get_by_text("finished").wait_for(timeout=LONG)
    page.locator("#edited video").wait_for(timeout=LONG)
    page.wait_for_timeout(2000)
    shoot(page, out / "result.jpg", whole=True)


def shoot(page: Any, path: Path, *, whole: bool = False) -> None:
    shot = page.screenshot(full_page=whole)
    picture = cv2.imdecode(np.frombuffer(io.BytesIO(shot).getbuffer(), np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(path, f"{path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
