"""One decode from an entry on, in as few packets as the wanted picture needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import av.error
import numpy as np
from av.video.frame import VideoFrame

from replay.errors import Cancelled
from replay.video.checkpoints.layout import Checkpoint
from replay.video.checkpoints.reader import Checkpoints
from replay.video.frame_table import FrameTable
from replay.video.h264.bits import NotFollowed
from replay.video.h264.sequence import PacketUnits
from replay.video.packets import packet_reader
from replay.video.probe import OpenVideo, codec_name
from replay.video.thinned import ThinnedRun, VideoPacket, packet_units, with_data

_MOST_LOOKED_AHEAD: Final = 64 * 1024 * 1024  # bytes of packets held to find out which can be left out


class Run:
    """Gives (index, picture) in presentation order from an entry on, leaving out what nobody asked for."""

    def __init__(self, video: OpenVideo, frames: FrameTable, by_time: bool) -> None:
        self._video = video
        self._frames = frames
        self._by_time = by_time
        self._packets: Iterator[VideoPacket] = iter(())
        self._reader = packet_reader(codec_name(video.stream), video.context.extradata)
        self._ready: deque[tuple[int, VideoFrame]] = deque()
        self._planned: deque[VideoPacket] = deque()  # to be decoded as they are
        self._held: deque[VideoPacket | None] = deque()  # read ahead
        self._thinned: ThinnedRun | None = None
        self._first = 0
        self._end = len(frames)  # frames from there on are not for this run
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
        packet = self._seek(int(self._frames.pts[entry]), int(self._frames.pts[entry]))
        if packet is None:
            return False
        self._held.append(packet)
        self._first = entry
        self.position, self.complete_from = entry - 1, entry
        return True

    def thinned_from_entry(self, entry: int, index: int, wanted: Callable[[], bool]) -> bool:
        """Seek to the I-frame `entry` and leave out what frame `index` and those behind it do not need.

        False where the container does not get there or nothing can be left out; then the run is of no use.
        """
        units = self._units()
        if units is None or not self.from_entry(entry):
            return False
        packet = self._held[0]
        try:
            idr = None if packet is None else units.idr(bytes(packet))
            return idr is not None and self._thin(ThinnedRun(units, idr), index, wanted)
        except NotFollowed:
            return False

    def from_checkpoint(
        self, checkpoints: Checkpoints, checkpoint: Checkpoint, index: int, wanted: Callable[[], bool]
    ) -> bool:
        """Enter in the middle of a group, to frame `index`; False where the container does not get there.

        Raises BadInput `checkpoints_damaged`.
        """
        units = self._units()
        if units is None or not self.from_entry(checkpoint.entry):
            return False
        packet = self._held[0]
        try:
            idr = None if packet is None else units.idr(bytes(packet))
            if idr is None:
                return False
            run, total = ThinnedRun(units, idr), idr.sps.width_mbs * idr.sps.height_mbs
            for one in checkpoints.way_to(checkpoint):
                if one.root > one.entry and not self._decode_to(one.root, run, wanted):
                    return False
                packet = self._seek(one.dts, one.pts, any_frame=True)
                if packet is None:
                    return False
                self._held.append(with_data(packet, run.enter(one.held, *checkpoints.changes(one, total))))
            self._first, self._end = checkpoint.index, checkpoint.end
            self.position, self.complete_from = checkpoint.index - 1, checkpoint.index
            return self._thin(run, index, wanted)
        except NotFollowed:
            return False

    def _decode_to(self, root: int, run: ThinnedRun, wanted: Callable[[], bool]) -> bool:
        """Plan the way from where the container stands to the reference picture of frame `root`."""
        pts = int(self._frames.pts[root])
        ahead = self._look_ahead(pts, wanted)
        if ahead is None or ahead[-1].pts != pts:
            return False
        self._held.extend(run.through([p for p in ahead if not self._reader.is_unreferenced(memoryview(p))]))
        return True

    def _units(self) -> PacketUnits | None:
        video = self._video
        return packet_units(codec_name(video.stream), video.context.extradata, self._reader)

    def _thin(self, run: ThinnedRun, index: int, wanted: Callable[[], bool]) -> bool:
        """Plan the way to frame `index` from packets read ahead; False where it leads past what is not followed."""
        pts = int(self._frames.pts[index])
        ahead = [] if index == self._first else self._look_ahead(pts, wanted)
        if ahead is None:
            return False
        planned = run.least([p for p in ahead[:-1] if not self._reader.is_unreferenced(memoryview(p))])
        if planned is None:
            self._held.extend(ahead)
        else:
            self._planned.extend([p for p in self._held if p is not None] + planned)
            self._held.clear()
            self._held.extend(ahead[-1:])
            self._thinned = run
            self._entry_pts = self._planned[0].pts
        return True

    def _look_ahead(self, pts: int, wanted: Callable[[], bool]) -> Sequence[VideoPacket] | None:
        """Packets up to the first that is shown at `pts` or later; None where there is a hole or an end before it."""
        ahead: list[VideoPacket] = []
        size = 0
        while size < _MOST_LOOKED_AHEAD:
            if not wanted():
                raise Cancelled("The picture")
            packet = self._next_packet()
            if packet is None or packet.pts is None or packet.is_keyframe or _is_hole(packet):
                return None
            if packet.has_sidedata("new_extradata"):
                return None
            ahead.append(packet)
            if packet.pts >= pts:
                return ahead
            size += packet.size
        return None

    def _seek(self, to_pts: int, pts: int, any_frame: bool = False) -> VideoPacket | None:
        """The packet with presentation time `pts`, near `to_pts`; what follows it is read next."""
        self._ready.clear()
        self._drained = False
        try:
            self._video.container.seek(to_pts, stream=self._video.stream, any_frame=any_frame)
            self._packets = self._video.container.demux(self._video.stream)
            for packet in self._packets:
                if packet.pts == pts and packet.size:
                    return packet
                if packet.size == 0 or (packet.is_keyframe and packet.pts is not None and packet.pts > pts):
                    return None
        except av.error.FFmpegError:
            return None
        return None

    def reaches(self, index: int) -> bool:
        """Whether frame `index` still lies ahead and was not left out."""
        if not self.position < index < self._end or index < self.complete_from:
            return False
        return not self._drained or bool(self._ready)

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
        if self._planned:
            self._decode(self._planned.popleft())
            return
        packet = self._held.popleft() if self._held else self._next_packet()
        if packet is not None and packet.size and _is_hole(packet):
            if self._belongs_before(packet):
                return
            packet = None
        if packet is None or packet.size == 0:
            self._drained = True
            packet = None
        elif self._skippable(packet, index):
            return
        else:
            if packet.is_keyframe:
                self._entry_pts = packet.pts
            packet = self._as_followed(packet)
            if packet is None and not self._drained:
                return
        self._decode(packet)

    def _as_followed(self, packet: VideoPacket) -> VideoPacket | None:
        """The packet as a decoder needs it from which some were kept; None where it gets no picture out of it."""
        if self._thinned is None:
            return packet
        if self._starts_anew(packet):
            self._thinned = None
            return packet
        try:
            return self._thinned.next(packet)
        except NotFollowed:
            self._drained = True
            return None

    def _starts_anew(self, packet: VideoPacket) -> bool:
        units = self._units() if packet.is_keyframe else None
        return units is not None and units.idr(bytes(packet)) is not None

    def _decode(self, packet: VideoPacket | None) -> None:
        try:
            pictures = self._video.context.decode(packet)
        except av.error.FFmpegError:
            return
        for picture in pictures:
            at = self._index_of(picture)
            if at is not None and at >= self._first:
                self._ready.append((at, picture))

    def _belongs_before(self, packet: VideoPacket) -> bool:
        """Whether a hole lies before the group that is being decoded, in its leading pictures too.

        Any other hole ends the run: a decoder that were fed with what lies behind it would drop the pictures before.
        """
        if self._entry_pts is None:
            return True
        return packet.pts is not None and packet.pts < self._entry_pts

    def _next_packet(self) -> VideoPacket | None:
        try:
            return next(self._packets, None)
        except av.error.FFmpegError:
            return None

    def _skippable(self, packet: VideoPacket, index: int) -> bool:
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


def _is_hole(packet: VideoPacket) -> bool:
    """Whether a packet is nothing but zeros, as where a reader may not have it; no codec writes such a one."""
    data = memoryview(packet)
    return not any(data[:16]) and not any(data)
