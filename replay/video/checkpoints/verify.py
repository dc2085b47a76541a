"""Proving a checkpoint: what is decoded from it is, in all planes, what was decoded from the start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from replay.video.checkpoints.entered import entered_packet
from replay.video.checkpoints.groups import Planes, WholeDecoder, planes_of
from replay.video.checkpoints.layout import Checkpoint, Macroblocks, Places
from replay.video.h264.bits import NotFollowed
from replay.video.h264.sequence import PacketUnits
from replay.video.h264.slices import Slice
from replay.video.thinned import ThinnedRun, VideoPacket, with_data


class Proof:
    """A decode from a checkpoint, compared picture by picture with the one from the start."""

    def __init__(
        self,
        decoder: WholeDecoder,
        units: PacketUnits,
        idr: Slice,
        packets: Sequence[VideoPacket],
        place: int,
        checkpoint: Checkpoint,
        change: tuple[Places, Macroblocks],
    ) -> None:
        """`packets` of the whole group, of which the one at `place` is replaced by what changed against the first."""
        self._units = units
        self._idr = idr
        self._packets = packets
        self._place = place
        self._checkpoint = checkpoint
        self._change = change
        self._pictures = (p for p in decoder.pictures(self._led_in()) if p.pts is not None and p.pts >= checkpoint.pts)
        self.checkpoint = checkpoint
        self.end = checkpoint.index
        self.holds = True

    def _led_in(self) -> Iterator[VideoPacket]:
        entered = self._packets[self._place]
        try:
            yield self._packets[0]
            yield with_data(entered, entered_packet(self._units, self._idr, *self._change))
            run = ThinnedRun(self._units, self._idr, self._checkpoint.held)
            for packet in self._packets[self._place + 1 :]:
                written = run.next(packet)
                if written is not None:
                    yield written
        except NotFollowed:
            return

    def compare(self, index: int, pts: int | None, planes: Planes) -> None:
        """Compare the next picture with that of frame `index`; `holds` says whether all were the same until `end`."""
        if not self.holds or index != self.end:
            self.holds = False
            return
        picture = next(self._pictures, None)
        got = None if picture is None or picture.pts != pts else planes_of(picture)
        self.holds = got is not None and all(np.array_equal(a, b) for a, b in zip(got, planes, strict=True))
        self.end += self.holds
