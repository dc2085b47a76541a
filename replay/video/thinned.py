"""A run of packets as few as the wanted picture needs: reference pictures that nothing later refers to are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, cast

from av.packet import Packet
from av.video.stream import VideoStream

from replay.video.h264.bits import NotFollowed
from replay.video.h264.parameters import parameter_sets
from replay.video.h264.references import Reference, nearest_poc
from replay.video.h264.sequence import Coded, Follower, PacketUnits, Renumbered, needed
from replay.video.h264.slices import Slice
from replay.video.packets import PacketReader

VideoPacket: TypeAlias = "Packet[VideoStream]"

_ENTERED: Final = 1  # serial and frame number of a picture that is entered at, the one behind an IDR picture
_APART: Final = 2  # picture order counts between the two


def packet_units(codec: str, extradata: bytes | None, reader: PacketReader) -> PacketUnits | None:
    """How to look into a stream's packets; None where it is not followed."""
    if codec != "h264" or not extradata:
        return None
    try:
        return PacketUnits(parameter_sets(extradata), reader)
    except NotFollowed:
        return None


def first_poc(idr: Slice) -> int:
    """The picture order count of an IDR picture."""
    return nearest_poc(0, idr.poc_lsb, idr.sps.poc_bits) if idr.sps.poc_type == 0 else 0


def entered_poc(idr: Slice) -> int:
    """The picture order count of a picture that is entered at behind `idr`."""
    return first_poc(idr) + _APART


class ThinnedRun:
    """Packets behind an IDR picture, or behind a picture that was put in its place in the middle of its group."""

    def __init__(self, units: PacketUnits, idr: Slice, held: Sequence[Reference] = ()) -> None:
        """`held`: references of the stream at the picture that is entered at, which is the last one."""
        if held:
            entered = entered_poc(idr)
            others = [Reference(-1 - n, r.frame_num, r.poc) for n, r in enumerate(held[:-1])]
            start = [*others, Reference(_ENTERED, held[-1].frame_num, held[-1].poc)]
            numbers, given, offset = {_ENTERED: 1}, entered, entered - held[-1].poc
        else:
            start = [Reference(0, 0, first_poc(idr))]
            numbers, given, offset = {0: 0}, start[0].poc, 0
        self._is_entered = bool(held)
        self._first_poc = start[-1].poc
        self._units = units
        self._follower = Follower(units, idr.sps, start)
        self._renumbered = Renumbered(units, idr.sps, numbers, given, offset)

    def least(self, packets: Sequence[VideoPacket]) -> list[VideoPacket] | None:
        """Of the reference pictures `packets`, written anew, those that any later picture may refer to.

        None where that is all of them and the run may go on with packets as they are. Raises NotFollowed.
        """
        pictures = [self._follower.follow(bytes(p)) for p in packets]
        start = {_ENTERED} if self._is_entered else {0}
        kept = needed(pictures, self._follower.held, start)
        if len(kept) == len(pictures) and not self._is_entered:
            return None
        by_serial = {picture.serial: packet for picture, packet in zip(pictures, packets, strict=True)}
        return [with_data(by_serial[k.serial], self._renumbered.packet(k)) for k in kept]

    def next(self, packet: VideoPacket) -> VideoPacket | None:
        """The packet that follows, written anew; None where it is shown before the run's first picture and needs one
        from before it. Raises NotFollowed."""
        coded = self.follow(bytes(packet))
        return None if coded is None else with_data(packet, self._renumbered.packet(coded))

    def follow(self, data: bytes) -> Coded | None:
        coded = self._follower.follow(data)
        if self._is_entered and coded.poc < self._first_poc and not self._renumbered.has(coded.needs):
            return None
        return coded


def with_data(packet: VideoPacket, data: bytes) -> VideoPacket:
    """A packet with other bytes and the same times."""
    out = cast(VideoPacket, Packet(data))
    out.pts, out.dts, out.time_base = packet.pts, packet.dts, packet.time_base
    if packet.duration is not None:
        out.duration = packet.duration
    return out
