"""A run of packets as few as the wanted picture needs: reference pictures that nothing later refers to are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from av.packet import Packet
from av.video.stream import VideoStream

from replay.video.h264.bits import NotFollowed
from replay.video.h264.lossless import lossless_slice
from replay.video.h264.parameters import lossless_pps, parameter_sets
from replay.video.h264.references import Reference, nearest_poc
from replay.video.h264.sequence import Coded, Follower, PacketUnits, Renumbered, needed
from replay.video.h264.slices import Slice
from replay.video.packets import PacketReader

VideoPacket: TypeAlias = "Packet[VideoStream]"
Int64s: TypeAlias = npt.NDArray[np.int64]
Samples: TypeAlias = npt.NDArray[np.uint8]

_ENTERED: Final = 1  # serial of a picture that is entered at


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


class ThinnedRun:
    """Packets behind an IDR picture, and behind pictures that are put in the place of others further on."""

    def __init__(self, units: PacketUnits, idr: Slice) -> None:
        self._units = units
        self._sps = idr.sps
        self._is_entered = False
        self._first_poc = first_poc(idr)
        self._follower = Follower(units, idr.sps, [Reference(0, 0, self._first_poc)])
        self._renumbered = Renumbered(units, idr.sps, 0, self._first_poc)

    def least(self, packets: Sequence[VideoPacket]) -> list[VideoPacket] | None:
        """Of the reference pictures `packets`, written anew, those that any later picture may refer to.

        None where that is all of them and the run may go on with packets as they are. Raises NotFollowed.
        """
        pictures = [self._follower.follow(bytes(p)) for p in packets]
        kept = needed(pictures, self._follower.held, self._renumbered.given)
        if len(kept) == len(pictures) and not self._is_entered:
            return None
        return self._written(pictures, packets, kept)

    def through(self, packets: Sequence[VideoPacket]) -> list[VideoPacket]:
        """Of the reference pictures `packets`, written anew, those that the last one needs, and that one.

        Raises NotFollowed.
        """
        if not packets:
            raise NotFollowed("a reference was left out")
        pictures = [self._follower.follow(bytes(p)) for p in packets]
        last = pictures[-1]
        kept = needed(pictures, [r for r in last.held if r.serial == last.serial], self._renumbered.given)
        if not kept or kept[-1] is not last:
            raise NotFollowed("a reference was left out")
        return self._written(pictures, packets, kept)

    def _written(
        self, pictures: Sequence[Coded], packets: Sequence[VideoPacket], kept: Sequence[Coded]
    ) -> list[VideoPacket]:
        by_serial = {picture.serial: packet for picture, packet in zip(pictures, packets, strict=True)}
        return [with_data(by_serial[k.serial], self._renumbered.packet(k)) for k in kept]

    def enter(self, held: Sequence[Reference], places: Int64s, samples: Samples) -> bytes:
        """The packet of a picture that takes the place of one further on, where the stream holds `held`, itself last.

        It is the picture given last, but for `samples` of the macroblocks at `places`. Raises NotFollowed.
        """
        sps, entered = self._sps, held[-1]
        number, unmarked = self._renumbered.enter(_ENTERED, entered.poc)
        pps_id, pps = lossless_pps(self._units.sets, sps.id)
        others = [Reference(-1 - n, r.frame_num, r.poc) for n, r in enumerate(held[:-1])]
        start = [*others, Reference(_ENTERED, entered.frame_num, entered.poc)]
        self._follower = Follower(self._units, sps, start)
        self._is_entered, self._first_poc = True, entered.poc
        return self._units.packet([pps, lossless_slice(sps, pps_id, number, unmarked, places, samples)])

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
