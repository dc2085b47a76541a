"""The checkpoints of one group of pictures: which of them are worth their bytes, and whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from replay.errors import Cancelled
from replay.video.checkpoints.groups import Group, Planes, WholeDecoder, index_of, planes_of
from replay.video.checkpoints.layout import MOST_HELD, Checkpoint, Macroblocks, packed
from replay.video.checkpoints.spending import CheckpointFile
from replay.video.checkpoints.verify import Proof
from replay.video.frame_table import FrameTable
from replay.video.h264.bits import NotFollowed
from replay.video.h264.lossless import MACROBLOCK_BYTES, macroblocks
from replay.video.h264.references import Reference
from replay.video.h264.sequence import Coded, Follower, PacketUnits
from replay.video.h264.slices import P, Slice
from replay.video.packets import PacketReader
from replay.video.thinned import VideoPacket, first_poc

_APART: Final = 32  # packets from one to the next
_WORTH_ALL: Final = 64  # packets after which one may take all that is left to spend
_AGAIN: Final = 8  # packets until another try where one cost too much
_LEAST_SQUEEZED: Final = 10  # few screens shrink more than this; spares the work where the bytes will not suffice
_MOST_STEPS: Final = 64  # checkpoints of which one is the sum
_TRIES: Final = 2  # in one group


@dataclass(frozen=True, slots=True)
class _Base:
    """A picture that the next checkpoint can be relative to: its number (-1: the I-frame), its macroblocks, which of
    them differ from the I-frame's, and of how many checkpoints it is the sum."""

    number: int
    blocks: Macroblocks
    differs: npt.NDArray[np.bool_]
    steps: int


class GroupWork:
    """Goes through groups of one video, one after the other."""

    def __init__(
        self,
        frames: FrameTable,
        units: PacketUnits,
        reader: PacketReader,
        linear: WholeDecoder,
        proving: WholeDecoder,
        target: CheckpointFile,
    ) -> None:
        self._frames = frames
        self._units = units
        self._reader = reader
        self._linear = linear
        self._proving = proving
        self._target = target

    def run(self, group: Group, idr: Slice, wanted: Callable[[], bool]) -> tuple[int, int]:
        """Make the checkpoints of a group: (how many hold, how many do not); raises Cancelled."""
        self._target.earn(group.nbytes)
        if len(group.packets) <= _APART:
            return 0, 0
        work = _Work(self._frames, self._units, self._proving, self._target, group, idr)
        work.candidates = self._candidates(group, idr)
        expected, shape = group.entry, (idr.sps.height_mbs * 16, idr.sps.width_mbs * 16)
        for picture in self._linear.pictures(_asking(group.packets, wanted)):
            index, planes = index_of(self._frames, picture.pts), planes_of(picture)
            if index is None:
                continue
            if index != expected or planes is None or planes[0].shape != shape:
                break
            expected += 1
            work.see(index, planes)
        work.settle()
        return work.held, work.dropped

    def _candidates(self, group: Group, idr: Slice) -> dict[int, tuple[int, Coded]]:
        """P pictures that others refer to, by presentation time, with their place in the group."""
        follower = Follower(self._units, idr.sps, [Reference(0, 0, first_poc(idr))])
        out: dict[int, tuple[int, Coded]] = {}
        try:
            for place, packet in enumerate(group.packets):
                if place == 0 or self._reader.is_unreferenced(memoryview(packet)):
                    continue
                coded = follower.follow(bytes(packet))
                if coded.kinds == {P} and len(coded.held) <= MOST_HELD and packet.pts is not None:
                    out[packet.pts] = (place, coded)
        except NotFollowed:
            pass  # what was followed up to there is sound
        return out


def _asking(packets: tuple[VideoPacket, ...], wanted: Callable[[], bool]) -> Iterator[VideoPacket]:
    for packet in packets:
        if not wanted():
            raise Cancelled("Making faster entries")
        yield packet


class _Work:
    """One group's state: the picture that the next checkpoint is relative to, and the proof that is under way."""

    def __init__(
        self,
        frames: FrameTable,
        units: PacketUnits,
        proving: WholeDecoder,
        target: CheckpointFile,
        group: Group,
        idr: Slice,
    ) -> None:
        self._frames = frames
        self._units = units
        self._proving = proving
        self._target = target
        self._group = group
        self._idr = idr
        self._first: _Base | None = None
        self._base: _Base | None = None
        self._proof: Proof | None = None
        self._change = b""
        self._proposed: _Base | None = None
        self._last_place = 0
        self._next_place = _APART
        self.candidates: dict[int, tuple[int, Coded]] = {}
        self.held = 0
        self.dropped = 0

    def see(self, index: int, planes: Planes) -> None:
        """The next picture of the decode from the start."""
        pts = int(self._frames.pts[index])
        if self._first is None:
            blocks = macroblocks(planes)
            self._first = self._base = _Base(-1, blocks, np.zeros(len(blocks), np.bool_), 0)
        if self._proof is not None:
            self._proof.compare(index, pts, planes)
            if not self._proof.holds:
                self._let_go()
        place, coded = self.candidates.get(pts, (0, None))
        if coded is not None and place >= self._next_place and self.dropped < _TRIES:
            self._try(index, place, coded, planes)

    def _try(self, index: int, place: int, coded: Coded, planes: Planes) -> None:
        self._next_place = place + _AGAIN
        base = self._proposed or self._base
        if base is None or self._first is None:
            return
        if base.steps >= _MOST_STEPS:
            base = self._first
        blocks = macroblocks(planes)
        changed = (blocks != base.blocks).any(axis=1)
        places = np.flatnonzero(changed)
        share = 1.0 if place - self._last_place >= _WORTH_ALL else 0.5
        if not self._target.affords(len(places) * MACROBLOCK_BYTES / _LEAST_SQUEEZED, share):
            return
        change = packed(places, blocks[places], len(blocks))
        if not self._target.affords(len(change), share):
            return
        self.settle()
        number = -1 if base is self._first or self._base is None else self._base.number
        differs = changed | base.differs
        self._proposed = _Base(-1, blocks, differs, base.steps + 1)
        self._change = change
        self._target.spend(change)
        self._prove(index, place, coded, self._proposed, number, len(places), planes)
        self._last_place, self._next_place = place, place + _APART

    def _prove(
        self, index: int, place: int, coded: Coded, proposed: _Base, base: int, count: int, planes: Planes
    ) -> None:
        packet = self._group.packets[place]
        pts = int(self._frames.pts[index])
        dts = pts if packet.dts is None else packet.dts
        checkpoint = Checkpoint(self._group.entry, index, index, pts, dts, coded.held, base, count)
        places = np.flatnonzero(proposed.differs)
        change = (places, proposed.blocks[places])
        proof = Proof(self._proving, self._units, self._idr, self._group.packets, place, checkpoint, change)
        self._proof = proof
        proof.compare(index, pts, planes)
        if not proof.holds:
            self._let_go()

    def settle(self) -> None:
        """Keep the checkpoint whose proof held up to here; the next one is relative to it."""
        if self._proof is None or self._proposed is None:
            return
        proved = replace(self._proof.checkpoint, end=self._proof.end)
        number = self._target.append(proved, self._change)
        self._base = replace(self._proposed, number=number)
        self._proof = self._proposed = None
        self.held += 1

    def _let_go(self) -> None:
        self._target.give_back(self._change)
        self._proof = self._proposed = None
        self.dropped += 1
