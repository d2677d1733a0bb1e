"""What a user should know of a file before it is edited: what is done with it that isn't plain, a line each."""

from fractions import Fraction
from pathlib import Path

import av

from steadyface.video.captions import is_text
from steadyface.video.codecs import CODECS, PLAYED, STILLS, played_by
from steadyface.video.info import open_video, picture_stream, probe
from steadyface.video.picture import alpha_of
from steadyface.video.planes import Layout, planar_name
from steadyface.video.reader import read_frames
from steadyface.video.sequence import RATE
from steadyface.video.sound import mp4_holds
from steadyface.video.sound_track import Condition
from steadyface.video.survey import survey

MOST = 3
"""How many times of the same kind a line names."""
MISSING = 1
"""Seconds."""


def remarks(path: Path, codec: str = "auto", *, sound: bool = True, rate: Fraction | None = None) -> tuple[str, ...]:
    """The lines for a file and the codec of a result (as in `Job`); without ``sound`` nothing is said of it.

    ``rate`` is that of a folder's pictures, if it was chosen.

    Raises `InputError` for what `probe` refuses.
    """
    info, found = probe(path, rate), survey(path)
    first = next(read_frames(path, 0, 1, coded=True, rate=rate))
    alpha = alpha_of(first)
    lines = list(lost(codec, info.pixel_format, opaque=alpha is not None and bool(alpha.min() == 1)))
    if path.is_dir() and rate is None:
        lines.append(f"the {info.frame_count} pictures are shown at {RATE} frames a second; --rate changes that")
    if info.interlaced:
        lines.append(
            "the pictures are interlaced; they are made whole, one for two fields, and edited.mp4 has no fields"
        )
    if info.width % 2 or info.height % 2:
        repeated = " and ".join(name for name, side in (("column", info.width), ("row", info.height)) if side % 2)
        lines.append(f"edited.mp4 has its last {repeated} twice, since players need even sides")
    if found.missing > MISSING:
        lines.append(f"the last {float(found.missing):.1f} s that the file promises are missing in it")
    if found.left_out:
        lines.append(f"{found.left_out} pictures need others that were cut away; they are left out, as players do")
    if found.jumps:
        at = ", ".join(f"{float(when):.2f} s" for when, _ in found.jumps[:MOST])
        more = " and later" if len(found.jumps) > MOST else ""
        lines.append(f"the file's clock jumps at {at}{more}; the pictures go on at the nominal rate there")
    lines += [] if path.is_dir() else _of_other_tracks(path)
    if sound:
        for number, condition in enumerate(found.sound, 1):
            name = "the sound" if len(found.sound) == 1 else f"sound track {number}"
            lines += _of_sound(path, name, condition)
    return tuple(lines)


def lost(codec: str, pixel_format: str, *, opaque: bool = False) -> tuple[str, ...]:
    """A line for each thing of an input's pictures that the result can't hold; ``opaque`` ones don't need alpha."""
    source = planar_name(pixel_format)
    codecs = [played_by(codec, pixel_format)]
    codecs += [CODECS[codec]] if codec in CODECS and codec not in PLAYED else []
    has, lines = Layout.known(source), []
    for each in codecs:
        name, keeps = f"edited{each.suffix}", Layout.known(each.format_for(source))
        if keeps.bits < has.bits:
            lines.append(
                f"{name} has {keeps.bits} bits a sample, the input {has.bits}; --codec hevc or ffv1 keeps them"
            )
        coloured = len(av.VideoFormat(pixel_format, 16, 16).components) > 2 or "pal" in pixel_format
        if coloured and (keeps.across > has.across or keeps.down > has.down):
            lines.append(f"{name} has colours at half the input's resolution; --codec ffv1 keeps it")
        if has.alpha and not opaque and not keeps.alpha and each is codecs[-1] and codec not in STILLS:
            lines.append(f"{name} has no alpha, the input does; --codec prores or ffv1 keeps it")
    return tuple(lines)


def _of_other_tracks(path: Path) -> list[str]:
    with open_video(path) as container:
        unread = picture_stream(container, path).metadata.get("alpha_mode") == "1"
        kinds = [None if is_text(stream) else stream.name for stream in container.streams.subtitles]
    lines = ["the file's alpha is a track of its own, which is not read; the result has none"] if unread else []
    return lines + [
        f"subtitle track {number} ({name}) can't be turned into text, which is what mp4 holds, and is left out"
        for number, name in enumerate(kinds, 1)
        if name is not None
    ]


def _of_sound(path: Path, name: str, condition: Condition) -> list[str]:
    if not condition.codec or condition.start is None:
        return [f"{name} can't be decoded, and is left out"]
    lines = []
    if condition.holes:
        when, length = float(condition.holes[0][0]), float(sum(length for _, length in condition.holes))
        places = "" if len(condition.holes) == 1 else f" and {len(condition.holes) - 1} more places"
        lines.append(
            f"{name} is damaged at {when:.2f} s{places}; there is silence there, {length:.2f} s in all, and it is "
            "encoded anew"
        )
    elif not condition.whole:
        lines.append(f"{name} is encoded anew, since parts of it are missing or its clock jumps")
    elif not mp4_holds(path, condition.index):
        lines.append(f"{name} ({condition.codec}) is encoded as AAC, since mp4 can't hold it")
    return lines
