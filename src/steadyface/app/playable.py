"""Copies of results in a format that every browser plays; the results themselves stay as they are."""

from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from steadyface.video.info import open_video, probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

SOUNDS = ("aac", "opus", "flac")
"""Codecs of sound in mp4 that browsers decode, besides MP3."""
FOLDER = "browser"


def playable(video: Path) -> Path:
    """The video itself if browsers play it, else a copy in a folder beside it, made unless a newer one exists.

    A copy has AAC sound, and pictures of 8 bits in 4:2:0.
    Raises `InputError` when the video can't be read and `ResourceError` when the copy can't be written.
    """
    with open_video(video) as container:
        pictures = container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        sounds = bool(container.streams.audio)
        sound = all(_heard(container, stream) for stream in container.streams.audio)
    if pictures and sound:
        return video
    copy = video.parent / FOLDER / video.name
    if copy.exists() and copy.stat().st_mtime >= video.stat().st_mtime:
        return copy
    copy.parent.mkdir(exist_ok=True)
    if not pictures:
        write_video(copy, read_frames(video), probe(video), audio_from=video if sounds else None)
        video = copy
    if not sound:
        _with_aac(video, copy)
    return copy


def _heard(container: InputContainer, stream: AudioStream) -> bool:
    name = stream.codec_context.name
    if not name.startswith("mp3"):
        return name in SOUNDS
    # mp4 has one name for all layers of MPEG audio, and FFmpeg calls MP2 in it mp3, too: look at a packet
    packet = next(container.demux(stream))
    header = bytes(packet)[:2]
    return len(header) == 2 and (header[1] >> 1) & 3 == 1


def _with_aac(video: Path, copy: Path) -> None:
    """Copy the pictures' packets and encode the sound."""
    partial = copy.with_name(copy.name + ".part")
    try:
        with open_video(video) as source, av.open(str(partial), "w", format="mp4") as target:
            _remux(source, target)
        partial.replace(copy)
    finally:
        partial.unlink(missing_ok=True)


def _remux(source: InputContainer, target: OutputContainer) -> None:
    pictures = target.add_stream_from_template(source.streams.video[0])
    sounds = {}
    for stream in source.streams.audio:
        sounds[stream.index] = target.add_stream("aac", rate=stream.rate)
        sounds[stream.index].layout = "stereo" if stream.channels > 1 else "mono"
    for packet in source.demux(source.streams.video[0], *source.streams.audio):
        sound = sounds.get(packet.stream.index)
        if sound is None:
            if packet.dts is not None:
                packet.stream = pictures
                target.mux(packet)
            continue
        for frame in cast(list[AudioFrame], packet.decode()):
            target.mux(sound.encode(frame))
    for sound in sounds.values():
        target.mux(sound.encode(None))
