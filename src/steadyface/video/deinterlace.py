"""Whole pictures of interlaced ones, by FFmpeg's filter bwdif: one for the two fields of each frame."""

from collections import deque
from collections.abc import Iterable, Iterator

import av
from av.filter import Graph

Timed = tuple[av.VideoFrame, int, int]
"""A decoded frame, its timestamp and its duration, in ticks."""


def deinterlaced(frames: Iterable[Timed]) -> Iterator[Timed]:
    """Yield as many frames, with the same timestamps; frames that aren't marked as interlaced stay as they are."""
    graph: Graph | None = None
    times: deque[tuple[int, int]] = deque()
    for frame, pts, duration in frames:
        graph = graph or _graph_for(frame)
        times.append((pts, duration))
        # The filter only needs their order.
        frame.pts = pts
        graph.vpush(frame)
        for made in _ready(graph):
            yield made, *times.popleft()
    if graph is not None:
        graph.vpush(None)
        for made in _ready(graph):
            yield made, *times.popleft()


def _graph_for(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base,
    )
    bwdif = graph.add("bwdif", mode="send_frame", parity="auto", deint="interlaced")
    source.link_to(bwdif)
    bwdif.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _ready(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
