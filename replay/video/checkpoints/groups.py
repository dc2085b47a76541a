"""Groups of pictures of one video as packets, and decoders that show every coded sample of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import av.error
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext
from av.video.frame import VideoFrame

from replay.errors import Cancelled
from replay.video.frame_table import FrameTable
from replay.video.probe import MAX_PIXELS, OpenVideo
from replay.video.thinned import VideoPacket

_MOST_BYTES: Final = 64 * 1024 * 1024  # of one group's packets; a longer group is left as it is
_PLAIN: Final = frozenset({"yuv420p", "yuvj420p"})

Planes = tuple[npt.NDArray[np.uint8], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The packets from the I-frame `entry` to before the next one; empty where there are too many of them."""

    entry: int
    packets: tuple[VideoPacket, ...]
    nbytes: int


def groups(video: OpenVideo, frames: FrameTable, wanted: Callable[[], bool]) -> Iterator[Group]:
    """Every group of a container that was just opened, in turn; raises Cancelled."""
    entry, held, nbytes = -1, list[VideoPacket](), 0
    for packet in _packets(video):
        if not wanted():
            raise Cancelled("Making faster entries")
        at = index_of(frames, packet.pts) if packet.is_keyframe else None
        if at is not None and frames.iframe[at]:
            if entry >= 0:
                yield Group(entry, tuple(held), nbytes)
            entry, held, nbytes = at, [], 0
        nbytes += packet.size
        if nbytes <= _MOST_BYTES:
            held.append(packet)
        else:
            held.clear()
    if entry >= 0:
        yield Group(entry, tuple(held), nbytes)


def _packets(video: OpenVideo) -> Iterator[VideoPacket]:
    try:
        for packet in video.container.demux(video.stream):
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        return


def index_of(frames: FrameTable, pts: int | None) -> int | None:
    """The frame with this presentation time."""
    if pts is None:
        return None
    at = int(np.searchsorted(frames.pts, pts))
    return at if at < len(frames) and frames.pts[at] == pts else None


class WholeDecoder:
    """Decodes H.264 packets into pictures with everything that was coded, beyond the part that is shown too."""

    def __init__(self, extradata: bytes) -> None:
        context = CodecContext.create("h264", "r")
        context.extradata = extradata
        context.options = {"apply_cropping": "0", "max_pixels": str(MAX_PIXELS)}
        context.thread_type = "NONE"
        context.thread_count = 1
        self._context = context
        self._is_fresh = True

    def pictures(self, packets: Iterable[VideoPacket]) -> Iterator[VideoFrame]:
        """The pictures of packets that begin at an IDR picture, in order; past packets that are refused."""
        if not self._is_fresh:
            self._context.flush_buffers()
        self._is_fresh = False
        for packet in packets:
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def _decoded(self, packet: VideoPacket | None) -> list[VideoFrame]:
        try:
            return self._context.decode(packet)
        except av.error.FFmpegError:
            return []


def planes_of(picture: VideoFrame) -> Planes | None:
    """The planes of a picture of 8 bits in 4:2:0, without what lies beside them in memory; None of another."""
    if picture.format.name not in _PLAIN:
        return None
    out = []
    for plane in picture.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        out.append(rows[: plane.height, : plane.width])
    return tuple(out)
