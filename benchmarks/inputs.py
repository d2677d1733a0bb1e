"""What becomes of files of many kinds, as a table.

    python benchmarks/inputs.py ../shared/clips/grid_sbia1a.mpg --out runs/inputs

The files are made of one clip by ffmpeg's program (`input_kinds`). Each is checked, read, written with a patch drawn
into it by what writes results, and read back; with ``--edit`` each is edited instead (preset fast), which takes hours.
Frames are counted and compared by ffmpeg's program. "background" is the mean difference outside the patch
in grey levels, and the largest mean shift of a channel.
"""

import argparse
import json
import subprocess
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from input_kinds import KINDS, Kind, Maker
from steadyface import edit_video
from steadyface.config.job import Job, check
from steadyface.editing.catalogue import Request
from steadyface.errors import SteadyfaceError
from steadyface.stages.output import Output
from steadyface.stitching.paste import changed
from steadyface.video.info import probe
from steadyface.video.reader import Frame, read_frames

CLOSE, SHIFT = 2.0, 0.5
"""Grey levels: of encoding anew, and of colours."""


@dataclass(frozen=True)
class Row:
    """What became of a file."""

    happened: str
    frames: str = ""
    sound: str = ""
    background: str = ""
    passed: bool = False


def patched(frame: Frame) -> Frame:
    """A bright square in the upper left quarter."""
    height, width = frame.image.shape[:2]
    by = np.zeros(frame.image.shape, np.float32)
    by[: height // 4, : width // 4] = (120, -40, 60)
    return replace(frame, image=changed(frame.image, by), change=by)


def shown(path: Path) -> np.ndarray:
    """Pictures (T, H, W, 3) as ffmpeg's program shows them."""
    info = probe(path)
    words = [
        "-sws_flags",
        "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
    ]
    data = np.frombuffer(
        _said("ffmpeg", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", *words, "-"), np.uint8
    )
    return data.reshape(-1, info.height, info.width, 3)


def _said(program: str, *words: str | Path) -> bytes:
    return subprocess.run([program, "-v", "quiet", *words], check=False, capture_output=True).stdout


def counted(path: Path) -> int:
    """How many pictures ffmpeg's program decodes."""
    words = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    return sum(not line.startswith(b"#") for line in _said("ffmpeg", "-i", path, *words).splitlines())


def sounds(path: Path) -> list[str]:
    """The codecs and lengths of the sound tracks by ffprobe."""
    entries = "stream=codec_name,duration"
    said = json.loads(_said("ffprobe", "-select_streams", "a", "-show_entries", entries, "-of", "json", path) or b"{}")
    return [f"{each['codec_name']} {float(each.get('duration', 0)):.2f} s" for each in said.get("streams", [])]


def write(path: Path, out: Path) -> int:
    """Write a patched copy as a result is written; returns the number of frames."""
    info, count = probe(path), 0
    sound = {"audio_from": path if info.has_audio else None, "cut_sound": False}
    with Output("auto", False, {}).files(out, info, sound) as files:
        for frame in read_frames(path, coded=True):
            for file in files:
                file.write(patched(frame))
            count += 1
    return count


def difference(path: Path, result: Path) -> tuple[float, float]:
    """Between input and result as ffmpeg shows them, outside the patch: the mean, and a channel's largest shift."""
    found = []
    pictures = np.stack([frame.image for frame in read_frames(path)]) if path.is_dir() else shown(path)
    for before, after in zip(pictures, shown(result), strict=True):
        height, width = before.shape[:2]
        apart = after[:height, :width].astype(np.int16) - before
        found.append(apart[height // 4 + 8 :, width // 4 + 8 :].reshape(-1, 3))
    whole = np.concatenate(found)
    return float(np.abs(whole).mean()), float(np.abs(whole.mean(axis=0)).max())


def tried(kind: Kind, path: Path, out: Path, edit: str) -> Row:
    """What becomes of one file."""
    out.mkdir(parents=True, exist_ok=True)
    lines: tuple[str, ...] = ()
    try:
        lines = check(Job(path, (Request.parse(edit or "smile"),)), out)
        if edit:
            result = edit_video(path, [edit], out, preset="fast")
            lines, written = result.notes, result.frames
        else:
            written = write(path, out)
    except SteadyfaceError as error:
        line = str(error).replace(str(path), path.name)
        return Row(f"refused: {line}", passed=bool(kind.refused) and kind.refused in line and "\n" not in line)
    except Exception as error:
        traceback.print_exc()
        return Row(f"**{type(error).__name__}**")
    target = out / "edited.mp4"
    there = kind.frames or counted(path)
    heard = sounds(target)
    apart, shift = (0.0, 0.0) if edit else difference(path, target)
    fine = written == there == counted(target) and bool(heard) == kind.sound and not kind.refused
    fine = fine and (not kind.exact or (apart <= CLOSE and shift <= SHIFT)) and kind.said in " ".join(lines)
    what = "edited" + "".join(f"; {line}" for line in lines)
    return Row(what, f"{there} / {written}", ", ".join(heard) or "none", f"{apart:.2f}, {shift:.2f}", fine)


def table(rows: Iterator[tuple[Kind, Row]]) -> Iterator[str]:
    """Lines of a markdown table."""
    yield "| kind | what happened | frames in / out | sound | background | passed |"
    yield "|---|---|---|---|---|---|"
    for kind, row in rows:
        cells = (kind.name, row.happened, row.frames, row.sound, row.background, "yes" if row.passed else "NO")
        yield "| " + " | ".join(cell.encode("utf-8", "replace").decode() for cell in cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--edit", default="", metavar="NAME", help="edit each file, and don't only write it")
    parser.add_argument("--only", default="", metavar="WORD", help="kinds with this in their name")
    parser.add_argument("--out", type=Path, default=Path("runs/inputs"))
    args = parser.parse_args()
    maker, passed = Maker(args.clip, args.out / "files"), list[bool]()

    def rows() -> Iterator[tuple[Kind, Row]]:
        for number, kind in enumerate(KINDS):
            if args.only in kind.name:
                row = tried(kind, maker.make(kind), args.out / f"{number:02}", args.edit)
                passed.append(row.passed)
                yield kind, row

    for line in table(rows()):
        print(line, flush=True)
    print(f"\n{sum(passed)} of {len(passed)} passed")


if __name__ == "__main__":
    main()
