"""Asks the encoder for exact pixels under masks, so that no residue of earlier pictures stays where a mask moves.

x264 predicts a block that a mask has just covered from what was there before and, at ordinary quality, drops small
remainders: texture that the mask must not show. A region of interest lowers the quantiser of masked blocks to where
nothing is dropped; flat blocks cost no bits for it. It needs adaptive quantisation, which every preset we offer has.
"""

from __future__ import annotations

from av.filter import Graph
from av.video.frame import VideoFrame

from curation.redaction.masks import Box


class Attention:
    """Marks the boxes of frames on their way to the encoder."""

    def __init__(self) -> None:
        self._boxes: tuple[Box, ...] = ()
        self._graph: Graph | None = None

    def on(self, picture: VideoFrame, boxes: tuple[Box, ...]) -> VideoFrame:
        """`picture` with `boxes` marked; the same pixels."""
        if not boxes:
            return picture
        if self._graph is None or boxes != self._boxes:
            self._graph, self._boxes = _graph(picture, boxes), boxes
        self._graph.vpush(picture)
        marked = self._graph.vpull()
        assert isinstance(marked, VideoFrame)
        return marked


def _graph(picture: VideoFrame, boxes: tuple[Box, ...]) -> Graph:
    graph = Graph()
    last = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    for b in boxes:
        roi = graph.add("addroi", f"x={b.x0}:y={b.y0}:w={b.x1 - b.x0}:h={b.y1 - b.y0}:qoffset=-1")
        last.link_to(roi)
        last = roi
    sink = graph.add("buffersink")
    last.link_to(sink)
    graph.configure()
    return graph
