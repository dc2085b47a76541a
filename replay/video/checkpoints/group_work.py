"""The checkpoints of one group of pictures: which of them are worth their bytes, and whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from replay.errors import Cancelled
from replay.video.checkpoints.groups import Group, Planes, WholeDecoder, index_of, planes_of
from replay.video.checkpoints.layout import Checkpoint, Macroblocks, packed
from replay.video.checkpoints.plan import Candidate, candidates
from replay.video.checkpoints.spending import CheckpointFile
from replay.video.checkpoints.verify import Proof, Proofs, Step
from replay.video.frame_table import FrameTable
from replay.video.h264.lossless import MACROBLOCK_BYTES, macroblocks
from replay.video.h264.sequence import PacketUnits
from replay.video.h264.slices import Slice
from replay.video.packets import PacketReader
from replay.video.thinned import VideoPacket

_APART: Final = 32  # packets from one to the next
_WORTH_ALL: Final = 64  # packets after which one may take all that is left to spend
_AGAIN: Final = 8  # packets until another try where one cost too much
_LEAST_SQUEEZED: Final = 10  # few screens shrink more than this; spares the work where the bytes will not suffice
_MOST_STEPS: Final = 64  # checkpoints of which one is the sum
_LONGEST: Final = 32  # pictures on the way to a root
_SPARED: Final = 4  # pictures that a checkpoint must spare
_TRIES: Final = 2  # in one group


@dataclass(frozen=True, slots=True)
class _Root:
    """A captured picture that checkpoints are relative to, how one comes there, and how many pictures that takes."""

    index: int
    place: int
    blocks: Macroblocks
    via: _Entry | None
    pictures: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A checkpoint that the next one can be relative to: its macroblocks, which of them differ from the root's, and of
    how many checkpoints it is the sum."""

    number: int
    place: int
    root: _Root
    blocks: Macroblocks
    differs: npt.NDArray[np.bool_]
    sums: int
    steps: tuple[Step, ...]
    pictures: int


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
        found = candidates(group, idr, self._units, self._reader, self._target.left)
        proofs = Proofs(self._proving, self._units, self._reader, idr, group.packets)
        work = _Work(self._frames, proofs, self._target, group, found)
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
        proofs: Proofs,
        target: CheckpointFile,
        group: Group,
        found: dict[int, Candidate],
    ) -> None:
        self._frames = frames
        self._proofs = proofs
        self._target = target
        self._group = group
        self._candidates = found
        self._first: _Root | None = None
        self._root: _Root | None = None
        self._kept: _Entry | None = None  # the last one that holds
        self._last: _Entry | None = None  # that, or the one whose proof is under way
        self._proof: Proof | None = None
        self._change = b""
        self._last_place = 0
        self._next_place = _APART
        self.held = 0
        self.dropped = 0

    def see(self, index: int, planes: Planes) -> None:
        """The next picture of the decode from the start."""
        pts = int(self._frames.pts[index])
        if self._first is None:
            self._first = self._root = _Root(index, 0, macroblocks(planes), None, 1)
        if self._proof is not None:
            self._proof.compare(index, pts, planes)
            if not self._proof.holds:
                self._let_go()
        candidate = self._candidates.get(pts)
        if candidate is None or self.dropped >= _TRIES:
            return
        if candidate.is_root:
            self._start_anew(index, candidate, planes)
        elif candidate.place >= self._next_place or (
            candidate.is_edge and candidate.place - self._last_place >= _AGAIN
        ):
            self._try(index, candidate, planes)

    def _start_anew(self, index: int, candidate: Candidate, planes: Planes) -> None:
        """What follows is relative to this picture, if it is not too far to come here."""
        last = self._last
        before = sum(1 for c in self._candidates.values() if self._place_of(last) < c.place <= candidate.place)
        pictures = before + (1 if last is None else last.pictures)
        if pictures <= _LONGEST:
            self._root = _Root(index, candidate.place, macroblocks(planes), last, pictures)

    def _place_of(self, entry: _Entry | None) -> int:
        return 0 if entry is None else entry.place

    def _try(self, index: int, candidate: Candidate, planes: Planes) -> None:
        place, root = candidate.place, self._root
        self._next_place = place + _AGAIN
        if root is None or root.pictures + _SPARED > candidate.before:
            return
        base = self._last
        if base is not None and (base.root is not root or base.sums >= _MOST_STEPS):
            base = None
        blocks, before = macroblocks(planes), root.blocks if base is None else base.blocks
        changed = (blocks != before).any(axis=1)
        places = np.flatnonzero(changed)
        share = 1.0 if place - self._last_place >= _WORTH_ALL else 0.5
        if not self._target.affords(len(places) * MACROBLOCK_BYTES / _LEAST_SQUEEZED, share):
            return
        change = packed(places, blocks[places], len(blocks))
        if not self._target.affords(len(change), share):
            return
        self.settle()
        differs = changed if base is None else changed | base.differs
        number = len(self._target.made)
        steps = (*self._way(root), self._step(root, candidate, differs, blocks))
        sums = 1 if base is None else base.sums + 1
        self._last = _Entry(number, place, root, blocks, differs, sums, steps, root.pictures + 1)
        self._change = change
        self._target.spend(change)
        self._prove(index, candidate, self._last, -1 if base is None else base.number, len(places), planes)
        self._last_place, self._next_place = place, place + _APART

    def _way(self, root: _Root) -> tuple[Step, ...]:
        return () if root.via is None else root.via.steps

    def _step(self, root: _Root, candidate: Candidate, differs: npt.NDArray[np.bool_], blocks: Macroblocks) -> Step:
        places = np.flatnonzero(differs)
        first = self._place_of(root.via) + 1
        return Step(range(first, root.place + 1), candidate.place, candidate.coded.held, places, blocks[places])

    def _prove(self, index: int, candidate: Candidate, entry: _Entry, base: int, count: int, planes: Planes) -> None:
        packet = self._group.packets[candidate.place]
        pts = int(self._frames.pts[index])
        dts = pts if packet.dts is None else packet.dts
        root = entry.root
        via = -1 if root.via is None else root.via.number
        held = candidate.coded.held
        checkpoint = Checkpoint(self._group.entry, index, index, pts, dts, held, base, root.index, via, count)
        proof = self._proofs.of(checkpoint, entry.steps)
        self._proof = proof
        proof.compare(index, pts, planes)
        if not proof.holds:
            self._let_go()

    def settle(self) -> None:
        """Keep the checkpoint whose proof held up to here."""
        if self._proof is None:
            return
        self._target.append(replace(self._proof.checkpoint, end=self._proof.end), self._change)
        self._kept = self._last
        self._proof = None
        self.held += 1

    def _let_go(self) -> None:
        self._target.give_back(self._change)
        if self._root is not None and self._root.via is self._last:
            self._root = self._first
        self._last, self._proof = self._kept, None
        self.dropped += 1
