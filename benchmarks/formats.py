"""What results keep of their input, checked by ffmpeg and ffprobe, which steadyface itself does not need.

    python benchmarks/formats.py ../shared/clips/s29.mp4 --frames 0:8 --out runs/formats

Three clips are made of one: HDR10 of 10 bits, ProRes 4444 with alpha, and the clip itself. Each is edited (`fast`,
eyeglasses) and compared with its input by ffmpeg: properties, samples outside the crop, alpha, and the layers, ProRes
and EXR, laid over the input.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from steadyface import edit_video
from steadyface.config.job import parse_frames
from steadyface.metrics.background import reach

HDR = "hdr10=1:repeat-headers=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
LIGHT = ":max-cll=1000,400:log-level=error"
PQ = "zscale=tin=709:min=709:pin=709:rin=limited:t=smpte2084:p=2020:m=2020_ncl:r=limited:npl=203,format=yuv420p10le"


def ffmpeg(*words: str | Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def ffprobe(path: Path) -> dict[str, Any]:
    """The first video stream, and the first frame with its side data."""
    shown = ["-show_streams", "-show_frames", "-read_intervals", "%+#1", "-select_streams", "v:0", "-of", "json"]
    said = subprocess.run(["ffprobe", "-v", "error", *shown, str(path)], check=True, capture_output=True).stdout
    found = json.loads(said)
    return {**found["streams"][0], "side_data": found["frames"][0].get("side_data_list", [])}


def raw(path: Path, pixel_format: str, kind: type, planes: int, size: tuple[int, int]) -> np.ndarray:
    """Samples (T, planes, H, W) by ffmpeg, of a format without subsampling."""
    data = np.frombuffer(ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", pixel_format, "-"), kind)
    return data.reshape(-1, planes, *size)


def luma(path: Path, probed: dict[str, Any]) -> np.ndarray:
    """Luma (T, H, W) of a picture of 10 bits, by ffmpeg."""
    size = probed["height"], probed["width"]
    return raw(path, "gray10le", np.uint16, 1, size)[:, 0]


def light(folder: Path, size: tuple[int, int]) -> np.ndarray:
    """Planes (T, 4, H, W) green, blue, red, alpha of a folder of EXR files, linear, by ffmpeg."""
    return raw(folder / "%06d.exr", "gbrapf32le", np.float32, 4, size)


def made(clip: Path, frames: tuple[int, int | None], out: Path) -> dict[str, Path]:
    """The three inputs."""
    first, stop = frames
    cut = f"trim=start_frame={first}" + (f":end_frame={stop}" if stop else "") + ",setpts=PTS-STARTPTS"
    hdr, alpha, plain = out / "hdr10.mp4", out / "alpha.mov", out / "plain.mkv"
    x265 = ["-c:v", "libx265", "-crf", "6", "-x265-params", HDR + LIGHT, "-tag:v", "hvc1"]
    tags = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
    ffmpeg("-i", clip, "-an", "-vf", f"{cut},{PQ}", *x265, *tags, hdr)
    ramp = "format=yuva444p10le,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='1023*X/W'"
    ffmpeg("-i", clip, "-an", "-vf", f"{cut},{ramp}", "-c:v", "prores_ks", "-profile:v", "4", alpha)
    tagged = f"{cut},setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,format=yuv444p"
    ffmpeg("-i", clip, "-an", "-vf", tagged, "-c:v", "ffv1", plain)
    return {"hdr10": hdr, "alpha": alpha, "plain": plain}


def outside(folder: Path, size: tuple[int, int]) -> np.ndarray:
    """(T, H, W): where the crop does not reach, not even with the chroma that pixels share."""
    quads = load_file(folder / "state" / "align.safetensors")["quads"]
    masks = np.stack([reach(quad, size) for quad in quads]) > 0
    return ~masks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=parse_frames, default=(0, 8), metavar="A:B")
    parser.add_argument("--edit", default="eyeglasses")
    parser.add_argument("--out", type=Path, default=Path("runs/formats"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    clips, lines = made(args.clip, args.frames, args.out), []

    def say(name: str, fine: bool, found: object) -> None:
        lines.append(fine)
        print(f"{'ok  ' if fine else 'FAIL'}  {name}: {found}", flush=True)

    def run(name: str, **how: Any) -> Path:
        return edit_video(clips[name], [args.edit], args.out / name, preset="fast", **how).folder

    folder, source = run("hdr10", codec="ffv1"), ffprobe(clips["hdr10"])
    for file in ("edited.mp4", "edited.mkv"):
        found = ffprobe(folder / file)
        for key in ("pix_fmt", "color_primaries", "color_transfer", "color_space", "color_range"):
            say(f"HDR10, {file}, {key}", found.get(key) == source.get(key), found.get(key))
    statements = [
        sorted((each["side_data_type"], str(sorted(each.items()))) for each in probed["side_data"]
               if "Mastering" in each["side_data_type"] or "Content light" in each["side_data_type"])
        for probed in (source, ffprobe(folder / "edited.mp4"))
    ]  # fmt: skip
    say("HDR10, edited.mp4, its statements", bool(statements[0]) and statements[0] == statements[1], len(statements[1]))
    before, after = (luma(path, source) for path in (clips["hdr10"], folder / "edited.mkv"))
    free = outside(folder, before.shape[1:])
    say("HDR10, FFV1, outside the crop", np.array_equal(before[free], after[free]), f"{free.mean():.0%} of the pixels")
    say("HDR10, FFV1, the edit", not np.array_equal(before[~free], after[~free]), "there")

    folder, source = run("alpha", codec="prores"), ffprobe(clips["alpha"])
    size = source["height"], source["width"]
    alphas = [raw(path, "gbrap16le", np.uint16, 4, size)[:, 3] for path in (clips["alpha"], folder / "edited.mov")]
    say("alpha, ProRes 4444", np.array_equal(*alphas), ffprobe(folder / "edited.mov")["pix_fmt"])

    folder = run("plain", codec="ffv1", layer=True)
    probed = ffprobe(clips["plain"])
    size = probed["height"], probed["width"]
    files = (clips["plain"], folder / "layer.mov", folder / "edited.mkv")
    formats = (("gbrp16le", 3), ("gbrap16le", 4), ("gbrp16le", 3))
    before, layer, edited = (
        raw(path, name, np.uint16, planes, size) / 257 for path, (name, planes) in zip(files, formats, strict=True)
    )
    error = np.abs(layer[:, :3] + (1 - layer[:, 3:] / 255) * before - edited)
    found = f"mean {error.mean():.4f}, more than a level at {(error > 1).mean():.4%}, at most {error.max():.1f}"
    change = np.abs(edited - before).max()
    say("layer over the input", (error > 1).mean() < 0.005, f"{found}; the edit changes up to {change:.0f}")

    folder = run("plain", codec="exr", layer=True)
    laid = light(folder / "layer_exr", size)
    edited, under = light(folder / "edited_exr", size), raw(clips["plain"], "gbrp16le", np.uint16, 3, size) / 65535
    codes = np.linspace(0, 1, 65536)
    linear = np.where(codes < 0.081, codes / 4.5, ((codes + 0.099) / 1.099) ** (1 / 0.45))  # BT.709
    over = laid[:, :3] + (1 - laid[:, 3:]) * np.interp(under, codes, linear)
    after, result = (255 * np.interp(each, linear, codes) for each in (over, edited[:, :3]))
    error = np.abs(after - result)
    say(
        "EXR layer over the input", float(error.max()) < 1, f"mean {error.mean():.4f}, at most {error.max():.2f} levels"
    )
    untouched = laid.max(axis=1, keepdims=True) == 0
    error = np.abs(255 * under - result) * untouched
    say("EXR, where the layer is empty", float(error.max()) < 0.5, f"{untouched.mean():.0%}, at most {error.max():.2f}")

    folder = run("hdr10", codec="png")
    picture = folder / "edited_png" / "000000.png"
    content, probed = picture.read_bytes(), ffprobe(picture)
    said = content[content.index(b"cICP") + 4 :][:4]
    say("HDR10, PNG, its colours", said == bytes((9, 16, 0, 1)), f"primaries {said[0]}, transfer {said[1]}")
    say("HDR10, PNG, samples", probed["pix_fmt"] == "rgb48be", probed["pix_fmt"])
    if not all(lines):
        sys.exit(1)


if __name__ == "__main__":
    main()
