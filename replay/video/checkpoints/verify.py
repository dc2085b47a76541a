"""Proving a checkpoint: what is decoded from it is, in all planes, what was decoded from the start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from replay.video.checkpoints.groups import Planes, WholeDecoder, planes_of
from replay.video.checkpoints.layout import Checkpoint, Macroblocks, Places
from replay.video.h264.bits import NotFollowed
from replay.video.h264.references import Reference
from replay.video.h264.sequence import PacketUnits
from replay.video.h264.slices import Slice
from replay.video.packets import PacketReader
from replay.video.thinned import ThinnedRun, VideoPacket, with_data


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way to a checkpoint, by places among the packets of a group: those that are decoded up to its root
    (none, where that is the I-frame), the one that is replaced, what is held there and what differs from the root."""

    through: range
    place: int
    held: tuple[Reference, ...]
    places: Places
    samples: Macroblocks


class Proofs:
    """Proves checkpoints of one group of pictures, one after the other."""

    def __init__(
        self,
        decoder: WholeDecoder,
        units: PacketUnits,
        reader: PacketReader,
        idr: Slice,
        packets: Sequence[VideoPacket],
    ) -> None:
        """`packets` of the whole group."""
        self._decoder = decoder
        self._units = units
        self._reader = reader
        self._idr = idr
        self._packets = packets

    def of(self, checkpoint: Checkpoint, steps: Sequence[Step]) -> Proof:
        """The proof of a checkpoint to which `steps` lead; any that was under way is over."""
        return Proof(self._decoder, self._led_in(steps), checkpoint)

    def _led_in(self, steps: Sequence[Step]) -> Iterator[VideoPacket]:
        try:
            yield self._packets[0]
            run = ThinnedRun(self._units, self._idr)
            for step in steps:
                through = [self._packets[n] for n in step.through]
                if through:
                    yield from run.through([p for p in through if not self._reader.is_unreferenced(memoryview(p))])
                yield with_data(self._packets[step.place], run.enter(step.held, step.places, step.samples))
            for packet in self._packets[steps[-1].place + 1 :]:
                written = run.next(packet)
                if written is not None:
                    yield written
        except NotFollowed:
            return


class Proof:
    """A decode from a checkpoint, compared picture by picture with the one from the start."""

    def __init__(self, decoder: WholeDecoder, packets: Iterator[VideoPacket], checkpoint: Checkpoint) -> None:
        self._pictures = (p for p in decoder.pictures(packets) if p.pts is not None and p.pts >= checkpoint.pts)
        self.checkpoint = checkpoint
        self.end = checkpoint.index
        self.holds = True

    def compare(self, index: int, pts: int | None, planes: Planes) -> None:
        """Compare the next picture with that of frame `index`; `holds` says whether all were the same until `end`."""
        if not self.holds or index != self.end:
            self.holds = False
            return
        picture = next(self._pictures, None)
        got = None if picture is None or picture.pts != pts else planes_of(picture)
        self.holds = got is not None and all(np.array_equal(a, b) for a, b in zip(got, planes, strict=True))
        self.end += self.holds
