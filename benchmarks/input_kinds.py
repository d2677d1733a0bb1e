"""Files of many kinds, made of one clip by ffmpeg's program, which steadyface itself does not need."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FRAMES = 12
X264 = "-c:v libx264 -pix_fmt yuv420p -preset fast -crf 12"
OPEN = "open-gop=1:keyint=8:min-keyint=8:bframes=3:b-adapt=0:scenecut=0"
AAC = "-c:a aac -ar 44100"
MASTER = f"-c:v ffv1 -frames:v {FRAMES} -t 0.48 -c:a pcm_s16le"


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, and what makes it."""

    name: str
    file: str
    words: str = ""
    """ffmpeg's, between input and output. The input is the clip's first frames without loss."""
    make: Callable[["Maker", Path], object] | None = None
    """Makes the file instead."""
    refused: str = ""
    """A part of the line by which it has to be refused."""
    said: str = ""
    """A part of a line that has to be said of it."""
    sound: bool = True
    """Whether the result must have sound."""
    exact: bool = True
    """Whether the pictures outside the patch have to come back."""
    frames: int | None = FRAMES
    """How many pictures there are; None to count what ffmpeg decodes."""


class Maker:
    """Makes the files of `KINDS` in a folder."""

    def __init__(self, clip: Path, folder: Path) -> None:
        self.folder, self.clip = folder, clip
        folder.mkdir(parents=True, exist_ok=True)
        self.master, self.long = folder / "master.mkv", folder / "long.mkv"
        self.ffmpeg("-i", clip, *MASTER.split(), self.master)
        self.ffmpeg("-i", clip, *f"-c:v ffv1 -frames:v 40 -t 1.6 {AAC}".split(), self.long)

    def make(self, kind: Kind) -> Path:
        """The file of a kind."""
        path = self.folder / kind.file
        if kind.make is not None:
            kind.make(self, path)
        else:
            self.ffmpeg("-i", self.master, *kind.words.split(), path)
        return path

    @staticmethod
    def ffmpeg(*words: str | Path) -> bytes:
        """What a run of ffmpeg writes to its output."""
        command = ["ffmpeg", "-v", "error", "-y", *words]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def cut(self, path: Path, codec: str, container: str = "mkv") -> None:
        """A part of a clip that was copied from inside an open group of pictures on."""
        whole = self.folder / f"open_{codec}.{container}"
        how = f"-x264-params {OPEN}" if codec == "libx264" else f"-x265-params {OPEN}:log-level=error"
        words = f"-c:v {codec} {how} -pix_fmt yuv420p {AAC}"
        self.ffmpeg("-i", self.long, *words.split(), whole)
        self.ffmpeg("-ss", "0.7", "-i", whole, *["-c", "copy", "-t", "0.5"], path)

    def joined(self, path: Path, codec: str = f"{X264} {AAC}") -> None:
        """Two transport streams one after the other, each with its own clock."""
        one = self.folder / "one.ts"
        self.ffmpeg("-i", self.master, *codec.split(), one)
        path.write_bytes(one.read_bytes() * 2)

    def backwards(self, path: Path) -> None:
        """A clock that goes back by 0.16 s in the middle, of which ffmpeg makes one that stands still."""
        plain = self.folder / "forwards.mkv"
        self.ffmpeg("-i", self.master, *f"{X264} -bf 0 -g 6 {AAC}".split(), plain)
        self.ffmpeg("-i", plain, *["-c", "copy", "-bsf:v", "setts=ts=if(gte(N\\,6)\\,TS-160\\,TS)"], path)

    def cut_anywhere(self, path: Path) -> None:
        """A part of a transport stream's bytes."""
        one = self.folder / "long.ts"
        self.ffmpeg("-i", self.long, *f"{X264} -g 10 {AAC}".split(), one)
        data = one.read_bytes()
        start = len(data) // 3 // 188 * 188
        path.write_bytes(data[start:])

    def damaged(self, path: Path, stream: str, words: str, first: int, last: int) -> None:
        """A file in which packets of a stream are spoilt."""
        self.ffmpeg("-i", self.long, *words.split(), path)
        said = subprocess.run(
            ["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "packet=pos,size", "-of", "csv=p=0",
             str(path)], check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        data = bytearray(path.read_bytes())
        for line in said.split()[first:last]:
            size, place = map(int, line.split(",")[:2])
            data[place + 2 : place + size] = bytes(byte ^ 0x55 for byte in data[place + 2 : place + size])
        path.write_bytes(data)

    def shortened(self, path: Path) -> None:
        """An mp4 file that was cut off."""
        self.ffmpeg("-i", self.long, *f"{X264} {AAC} -movflags +faststart".split(), path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    def tagged(self, path: Path) -> None:
        """Tags that aren't UTF-8."""
        tags = [b"-metadata", b"title=Caf\xe9", b"-metadata:s:a:0", b"title=Stra\xdfe"]
        command = [
            b"ffmpeg",
            b"-v",
            b"error",
            b"-y",
            b"-i",
            os.fsencode(self.master),
            *f"{X264} {AAC}".encode().split(),
        ]
        subprocess.run([*command, *tags, os.fsencode(path)], check=True)

    def pictures(self, path: Path, kind: str = "png", *, mixed: bool = False) -> None:
        """A folder of pictures."""
        path.mkdir(exist_ok=True)
        self.ffmpeg("-i", self.master, "-frames:v", str(FRAMES), path / f"shot_%03d.{kind}")
        if mixed:
            self.ffmpeg("-i", self.master, *["-frames:v", "1", "-vf", "scale=100:80"], path / f"shot_006.{kind}")

    def captioned(self, path: Path) -> None:
        """Two sound tracks, subtitles and chapters."""
        text, chapters = self.folder / "text.srt", self.folder / "chapters.txt"
        text.write_text(
            "1\n00:00:00,040 --> 00:00:00,200\n<i>Bin</i> blue\n\n2\n00:00:00,240 --> 00:00:00,400\nat A\n\n", "utf-8"
        )
        marks = "".join(
            f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={a}\nEND={b}\ntitle={t}\n"
            for a, b, t in ((0, 200, "One"), (200, 480, "Two"))
        )
        chapters.write_text(f";FFMETADATA1\n{marks}", "utf-8")
        inputs = ["-i", self.master, "-i", text, "-i", chapters]
        words = (
            f"-map 0:v -map 0:a -map 0:a -map 1:s -map_chapters 2 {X264} {AAC} -c:s srt -metadata:s:a:0 language=eng"
        )
        self.ffmpeg(*inputs, *words.split(), "-metadata:s:a:1", "language=deu", "-metadata:s:s:0", "language=eng", path)

    def turned(self, path: Path, words: str = f"{X264} {AAC}") -> None:
        """A phone's clip: turned by a quarter, of a height at which players guess other colours."""
        lying = self.folder / "lying.mp4"
        self.ffmpeg("-i", self.master, *f"-vf scale=854:480 {words}".split(), lying)
        self.ffmpeg("-display_rotation", "90", "-i", lying, *["-c", "copy"], path) if _new() else self.ffmpeg(
            "-i", lying, *["-c", "copy", "-metadata:s:v", "rotate=90"], path
        )

    def grown(self, path: Path) -> None:
        """A stream whose pictures become larger."""
        parts = [self.folder / name for name in ("small.h264", "large.h264")]
        self.ffmpeg("-i", self.master, *f"-an {X264}".split(), parts[0])
        self.ffmpeg("-i", self.master, *f"-an -vf scale=720:576 {X264}".split(), parts[1])
        path.write_bytes(b"".join(part.read_bytes() for part in parts))

    def without(self, path: Path) -> None:
        """Sound alone, with a cover picture."""
        cover = self.folder / "cover.png"
        self.ffmpeg("-i", self.master, "-frames:v", "1", cover)
        self.ffmpeg(
            "-i", self.master, "-i", cover, *["-map", "0:a", "-map", "1:v", "-c:a", "libmp3lame", "-c:v", "copy"], path
        )


def _new() -> bool:
    """Whether ffmpeg knows ``-display_rotation`` (6.0)."""
    said = subprocess.run(["ffmpeg", "-h", "full"], check=True, capture_output=True, text=True).stdout
    return "display_rotation" in said


KINDS = (
    Kind("MPEG-1, program stream", "plain.mpg", "-c:v mpeg1video -q:v 2 -c:a mp2"),
    Kind("H.264 and AAC, mp4", "plain.mp4", f"{X264} {AAC}"),
    Kind("HEVC of 10 bits, mov", "deep.mov",
         f"-c:v libx265 -x265-params log-level=error -crf 8 -pix_fmt yuv420p10le {AAC}"),
    Kind("VP9 and Opus, webm", "plain.webm", "-c:v libvpx-vp9 -crf 10 -b:v 0 -c:a libopus"),
    Kind("AV1 and Vorbis, mkv", "av1.mkv", "-c:v libaom-av1 -cpu-used 8 -crf 20 -c:a libvorbis"),
    Kind("ProRes and PCM, mov", "prores.mov", "-c:v prores_ks -pix_fmt yuv422p10le -c:a pcm_s16le"),
    Kind("Motion JPEG and PCM, avi", "mjpeg.avi", "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p -c:a pcm_s16le", said="AAC"),
    Kind("WMV", "plain.wmv", "-c:v wmv2 -q:v 2 -c:a wmav2", said="AAC"),
    Kind("Flash video", "plain.flv", f"-c:v flv -q:v 2 {AAC}"),
    Kind("H.263, 3gp", "plain.3gp", f"-vf scale=352:288 -c:v h263 -q:v 2 {AAC}"),
    Kind("Theora, ogv", "plain.ogv", "-c:v libtheora -q:v 9 -c:a libvorbis"),
    Kind("H.264 without timestamps", "raw.h264", f"-an {X264} -bf 0", sound=False),
    Kind("10-bit FFV1 and FLAC, mkv", "lossless.mkv", "-c:v ffv1 -pix_fmt yuv422p10le -c:a flac"),
    Kind("open group, H.264, mp4", "open.mp4", make=lambda m, p: m.cut(p, "libx264"), frames=None),
    Kind("open group, H.264, mkv", "open.mkv", make=lambda m, p: m.cut(p, "libx264"), said="left out", frames=None),
    Kind("open group, H.264, ts", "open.ts", make=lambda m, p: m.cut(p, "libx264", "ts"), said="left out", frames=None),
    Kind("open group, HEVC, mp4", "open5.mp4", make=lambda m, p: m.cut(p, "libx265"), frames=None),
    Kind("open group, HEVC, mkv", "open5.mkv", make=lambda m, p: m.cut(p, "libx265"), said="left out", frames=None),
    Kind("open group, HEVC, ts", "open5.ts", make=lambda m, p: m.cut(p, "libx265", "ts"), said="left out", frames=None),
    Kind("ts cut anywhere", "anywhere.ts", make=Maker.cut_anywhere, said="left out", frames=None),
    Kind("two ts joined", "joined.ts", make=Maker.joined, said="clock jumps", frames=2 * FRAMES),
    Kind("two ts joined, MPEG-2", "joined2.ts", make=lambda m, p: m.joined(p, "-c:v mpeg2video -q:v 4 -c:a mp2"),
         said="clock jumps", frames=2 * FRAMES),
    Kind("clock that stands still, mkv", "back.mkv", make=Maker.backwards),
    Kind("mp4 with an edit list", "edit.mp4", make=lambda m, p: m.ffmpeg(
        "-ss", "0.2", "-i", m.make(Kind("", "plain.mp4", f"{X264} {AAC}")), *["-c", "copy"], p), frames=None),
    Kind("tags not UTF-8", "tags.mkv", make=Maker.tagged),
    Kind("name not UTF-8", "caf\udce9.mp4", f"{X264} {AAC}"),
    Kind("sound damaged, AAC", "bad.mp4", make=lambda m, p: m.damaged(p, "a", f"{X264} {AAC}", 20, 32),
         said="silence", frames=None),
    Kind("sound damaged, MP2", "bad2.mp4", make=lambda m, p: m.damaged(p, "a", f"{X264} -c:a mp2", 20, 32),
         frames=None, said="silence"),
    Kind("sound with a hole, mkv", "hole.mkv", f"{X264} {AAC} -bsf:a noise=drop=between(n\\,6\\,12)", said="silence"),
    Kind("pictures damaged", "bad_pictures.mp4", make=lambda m, p: m.damaged(p, "v", f"{X264} -bf 0 {AAC}", 20, 21),
         refused="damaged at frame"),
    Kind("cut off", "short.mp4", make=Maker.shortened, refused="damaged at frame"),
    Kind("GIF", "small.gif",
         "-vf fps=10,split[a][b];[a]palettegen[p];[b][p]paletteuse", sound=False, exact=False, frames=5),
    Kind("odd sides, 4:4:4", "odd.mp4", f"-vf format=yuv444p,crop=359:287 -c:v libx264 -crf 12 {AAC}", said="twice"),
    Kind("odd sides, 4:2:0", "odd.webm",
         "-vf format=yuv420p,crop=359:287:exact=1 -c:v libvpx-vp9 -crf 10 -b:v 0 -c:a libopus", said="twice"),
    Kind("one picture, PNG", "still.png", "-frames:v 1", sound=False, frames=1),
    Kind("one picture, JPEG", "still.jpg", "-frames:v 1 -q:v 2", sound=False, frames=1),
    Kind("one picture, WebP", "still.webp", "-frames:v 1 -quality 95", sound=False, frames=1),
    Kind("colours not tagged, 720 lines", "untagged.mp4", f"-vf scale=1280:720 {X264} {AAC}"),
    Kind("full range", "full.mp4", f"-vf scale=out_range=full -c:v libx264 -pix_fmt yuvj420p -crf 12 {AAC}"),
    Kind("BT.709 tags, wide pixels", "wide.mp4",
         f"-vf setsar=16/11 -colorspace bt709 -color_primaries bt709 -color_trc bt709 {X264} {AAC}"),
    Kind("turned by a quarter, not tagged", "turned.mp4", make=Maker.turned),
    Kind("interlaced, MPEG-2", "fields.mpg",
         "-vf scale=720:576,tinterlace=interleave_top,fieldorder=tff -r 25 -flags +ilme+ildct "
         "-pix_fmt yuv420p -c:v mpeg2video -q:v 2 -c:a mp2", said="interlaced", exact=False, frames=None),
    Kind("interlaced, H.264", "fields.ts", "-vf scale=720:576,tinterlace=interleave_top,fieldorder=tff -r 25 "
         f"-x264-params tff=1 {X264} {AAC}", said="interlaced", exact=False, frames=None),
    Kind("two sounds, subtitles, chapters", "many.mkv", make=Maker.captioned),
    Kind("folder of PNG", "shots", make=Maker.pictures, sound=False, said="25 frames a second"),
    Kind("folder of JPEG", "shots_jpg", make=lambda m, p: m.pictures(p, "jpg"), sound=False, said="25 frames a second"),
    Kind("folder, sizes differ", "shots_mixed", make=lambda m, p: m.pictures(p, mixed=True), refused="size"),
    Kind("webcam, irregular times", "webcam.webm",
         "-vf settb=1/1000,setpts=40*N+floor(mod(N*7\\,5)*7) -fps_mode vfr -enc_time_base 1/1000 "
         "-c:v libvpx -crf 10 -b:v 2M -c:a libopus"),
    Kind("grey", "grey.mkv", "-vf format=gray -c:v ffv1 -c:a flac"),
    Kind("transparent, webm", "alpha.webm",
         "-vf format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='255*X/W' "
         "-c:v libvpx-vp9 -crf 10 -b:v 0 -c:a libopus", said="alpha"),
    Kind("pictures that grow", "grown.h264", make=Maker.grown, refused="picture size changes"),
    Kind("sound with a cover", "cover.mp3", make=Maker.without, refused="no video stream"),
    Kind("text", "text.mp4", make=lambda m, p: p.write_text("not a video\n" * 50), refused="not a"),
    Kind("empty", "empty.mp4", make=lambda m, p: p.write_bytes(b""), refused="empty"),
)  # fmt: skip
