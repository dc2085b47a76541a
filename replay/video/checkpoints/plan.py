"""Which pictures of a group may have a checkpoint, and which are left to be decoded, told by what their packets take.

Few pictures carry most of what changes: another window, a page that scrolls. To keep what changed across one of them
takes many times its packet, so they are decoded on the way, and checkpoints lead over the quiet stretches between them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np

from replay.video.checkpoints.groups import Group
from replay.video.checkpoints.layout import MOST_HELD
from replay.video.h264.bits import NotFollowed
from replay.video.h264.references import Reference
from replay.video.h264.sequence import Coded, Follower, PacketUnits
from replay.video.h264.slices import P, Slice
from replay.video.packets import PacketReader
from replay.video.thinned import first_poc

_KEPT_BYTES: Final = 4.0  # of a checkpoint by byte of the packets that it leads over
_LEAST_BYTES: Final = 1024  # of a packet that carries much
_MOST: Final = 24  # such packets in a group
_GAP: Final = 3  # pictures between two of them that are decoded too, since a checkpoint there spares nothing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A P picture that others refer to: its place among the group's packets and how many of its kind are before it.

    `is_root`: the last of some that carry much. `is_edge`: the last one before such.
    """

    place: int
    coded: Coded
    before: int
    is_root: bool
    is_edge: bool


def candidates(
    group: Group, idr: Slice, units: PacketUnits, reader: PacketReader, affordable: float
) -> dict[int, Candidate]:
    """By presentation time; `affordable`: bytes that this group's checkpoints may take."""
    follower = Follower(units, idr.sps, [Reference(0, 0, first_poc(idr))])
    found: list[tuple[int, int, Coded]] = []
    try:
        for place, packet in enumerate(group.packets):
            if place == 0 or reader.is_unreferenced(memoryview(packet)):
                continue
            coded = follower.follow(bytes(packet))
            if coded.kinds == {P} and len(coded.held) <= MOST_HELD and packet.pts is not None:
                found.append((packet.pts, place, coded))
    except NotFollowed:
        pass  # what was followed up to there is sound
    busy = _busy([group.packets[place].size for _, place, _ in found], affordable)
    last = len(found) - 1
    return {
        pts: Candidate(place, coded, n, n in busy and n + 1 not in busy, n not in busy and n < last and n + 1 in busy)
        for n, (pts, place, coded) in enumerate(found)
    }


def _busy(sizes: list[int], affordable: float) -> set[int]:
    """Which pictures are to be decoded, so that checkpoints over the others can be afforded."""
    order = np.argsort(sizes)[::-1][:_MOST].tolist()
    left = float(sum(sizes))
    busy: set[int] = set()
    for n in order:
        if left * _KEPT_BYTES <= affordable or sizes[n] < _LEAST_BYTES:
            break
        left -= sizes[n]
        busy.add(n)
    edges = sorted(busy)
    for a, b in itertools.pairwise(edges):
        if b - a <= _GAP:
            busy.update(range(a + 1, b))
    return busy
