"""The exact picture of frame i, from the I-frame before it, and one linear pass over all of them.

A picture is known by its presentation time alone, never by counting from where a seek landed: containers seek to the
wrong place often enough. Where a seek does not lead to the frame, an earlier entry is tried and then the start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

import av.error
import numpy as np
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from replay.errors import BadInput, Cancelled
from replay.video.frame_table import FrameTable
from replay.video.packets import packet_reader
from replay.video.probe import OpenVideo, codec_name, open_video

_WORTH_CONTINUING = 12  # frames: decoding on costs less than a seek and a full reorder delay


def always() -> bool:
    return True


def undecodable(index: int) -> BadInput:
    return BadInput(
        "frame_undecodable", f"Frame {index} of the video cannot be decoded.", "Import the session's video again."
    )


class _Run:
    """One decode from an entry on: gives (index, picture) in presentation order, leaving out what nobody asked for."""

    def __init__(self, video: OpenVideo, frames: FrameTable, by_time: bool) -> None:
        self._video = video
        self._frames = frames
        self._by_time = by_time
        self._packets: Iterator[Packet[VideoStream]] = iter(())
        self._reader = packet_reader(codec_name(video.stream), video.context.extradata)
        self._ready: deque[tuple[int, VideoFrame]] = deque()
        self._held: Packet[VideoStream] | None = None
        self._first = 0
        self._counted = 0
        self._drained = False
        self._entry_pts: int | None = None  # of the group that is being decoded
        self.position = -1  # the last frame given
        self.complete_from = 0  # frames before it may have been left out

    def from_start(self) -> None:
        """Decode on from the first packet of a container that was just opened."""
        self._packets = self._video.container.demux(self._video.stream)

    def from_entry(self, entry: int) -> bool:
        """Seek to the I-frame `entry`; False where the container does not get there."""
        pts = int(self._frames.pts[entry])
        self._ready.clear()
        self._drained = False
        try:
            self._video.container.seek(pts, stream=self._video.stream)
            self._packets = self._video.container.demux(self._video.stream)
            for packet in self._packets:
                if packet.pts == pts and packet.size:
                    self._held, self._first = packet, entry
                    self.position, self.complete_from = entry - 1, entry
                    return True
                if packet.size == 0 or (packet.is_keyframe and packet.pts is not None and packet.pts > pts):
                    return False
        except av.error.FFmpegError:
            return False
        return False

    def reaches(self, index: int) -> bool:
        """Whether frame `index` still lies ahead and was not left out."""
        return index > self.position and index >= self.complete_from and not (self._drained and not self._ready)

    def advance(self, index: int, wanted: Callable[[], bool]) -> VideoFrame | None:
        """The picture of frame `index`, which must lie ahead; None where the decoder passed it by."""
        self.complete_from = max(self.complete_from, index) if self._by_time else 0
        while True:
            while self._ready:
                at, picture = self._ready.popleft()
                self.position = at
                if at == index:
                    return picture
                if at > index:
                    return None
            if self._drained:
                return None
            if not wanted():
                raise Cancelled("The picture")
            self._feed(index)

    def _feed(self, index: int) -> None:
        packet = self._held or self._next_packet()
        self._held = None
        if packet is not None and packet.size and _is_hole(packet):
            if self._belongs_before(packet):
                return
            packet = None
        if packet is None or packet.size == 0:
            self._drained = True
            packet = None
        elif self._skippable(packet, index):
            return
        elif packet.is_keyframe:
            self._entry_pts = packet.pts
        try:
            pictures = self._video.context.decode(packet)
        except av.error.FFmpegError:
            return
        for picture in pictures:
            at = self._index_of(picture)
            if at is not None and at >= self._first:
                self._ready.append((at, picture))

    def _belongs_before(self, packet: Packet[VideoStream]) -> bool:
        """Whether a hole lies before the group that is being decoded, in its leading pictures too.

        Any other hole ends the run: a decoder that were fed with what lies behind it would drop the pictures before.
        """
        if self._entry_pts is None:
            return True
        return packet.pts is not None and packet.pts < self._entry_pts

    def _next_packet(self) -> Packet[VideoStream] | None:
        try:
            return next(self._packets, None)
        except av.error.FFmpegError:
            return None

    def _skippable(self, packet: Packet[VideoStream], index: int) -> bool:
        """A picture before the wanted one to which no other refers: leaving it out changes no other picture."""
        if not self._by_time or packet.pts is None or packet.pts >= self._frames.pts[index]:
            return False
        return self._reader.is_unreferenced(memoryview(packet))

    def _index_of(self, picture: VideoFrame) -> int | None:
        if not self._by_time:
            self._counted += 1
            return self._counted - 1
        if picture.pts is None:
            return None
        at = int(np.searchsorted(self._frames.pts, picture.pts))
        return at if at < len(self._frames) and self._frames.pts[at] == picture.pts else None


def _is_hole(packet: Packet[VideoStream]) -> bool:
    """Whether a packet is nothing but zeros, as where a reader may not have it; no codec writes such a one."""
    data = memoryview(packet)
    return not any(data[:16]) and not any(data)


def _times_are_names(frames: FrameTable) -> bool:
    """Whether every frame has a presentation time of its own; otherwise only counting from the start names it."""
    return bool(np.all(np.diff(frames.pts) > 0))


class GopDecoder:
    """Exact pictures of one video, on one thread; holds `file` open but does not close it.

    Continues the current run where the frame lies ahead of it, else seeks to the I-frame at or before it.
    """

    def __init__(self, file: BinaryIO, frames: FrameTable) -> None:
        self._file = file
        self._frames = frames
        self._by_time = _times_are_names(frames)
        self._entries = np.flatnonzero(frames.iframe)
        self._video = self._open()
        self._at_start = True
        self._run: _Run | None = None

    def _open(self) -> OpenVideo:
        video = open_video(self._file)
        for stream in video.container.streams:
            if stream.index != video.stream.index:
                stream.discard = Discard.all
        return video

    def picture(self, index: int, wanted: Callable[[], bool] = always) -> VideoFrame:
        """The picture of frame `index` exactly as a decode from the start gives it.

        `wanted` is asked between packets; raises Cancelled once it says no (the work so far is kept and continued if
        it helps the next call), BadInput `frame_undecodable` where no way leads to the frame, IndexError outside the
        table.
        """
        if not 0 <= index < len(self._frames):
            raise IndexError(index)
        if self._run is not None and self._continues(self._run, index):
            picture = self._run.advance(index, wanted)
            if picture is not None:
                return picture
        for run in self._runs_to(index):
            self._run = run
            picture = run.advance(index, wanted)
            if picture is not None:
                return picture
        self._run = None
        raise undecodable(index)

    def _continues(self, run: _Run, index: int) -> bool:
        if not run.reaches(index):
            return False
        near = index - run.position <= _WORTH_CONTINUING
        return near or not self._by_time or self._frames.iframe_at_or_before(index) <= run.position

    def _runs_to(self, index: int) -> Iterator[_Run]:
        """Ways to the frame, cheapest first: the entry before it, the one before that, the start of the file."""
        if self._at_start and self._frames.iframe_at_or_before(index) == 0:
            yield self._from_start()
        self._at_start = False
        if self._by_time:
            n = int(np.searchsorted(self._entries, index, side="right"))
            for entry in self._entries[max(0, n - 2) : n][::-1].tolist():
                run = _Run(self._video, self._frames, by_time=True)
                if run.from_entry(entry):
                    yield run
        self._video.close()
        self._video = self._open()
        yield self._from_start()

    def _from_start(self) -> _Run:
        self._at_start = False
        run = _Run(self._video, self._frames, self._by_time)
        run.from_start()
        return run

    def close(self) -> None:
        self._video.close()


def iter_pictures(file: BinaryIO, frames: FrameTable) -> Iterator[tuple[int, VideoFrame]]:
    """Every frame of the table once, in order, in one linear pass: (index, picture).

    Raises BadInput `frame_undecodable` at the first frame that the decoder does not give, so that nothing is passed
    over in silence.
    """
    video = open_video(file)
    try:
        run = _Run(video, frames, _times_are_names(frames))
        run.from_start()
        for index in range(len(frames)):
            picture = run.advance(index, always)
            if picture is None:
                raise undecodable(index)
            yield index, picture
    finally:
        video.close()
