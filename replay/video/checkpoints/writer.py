"""Making checkpoints: one decode of the video, kept pictures where they cost little, each proved by a second decode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final, TypeAlias

import numpy as np

from replay.video.checkpoints.group_work import GroupWork
from replay.video.checkpoints.groups import WholeDecoder, groups
from replay.video.checkpoints.spending import CheckpointFile
from replay.video.frame_table import FrameSpan, FrameTable
from replay.video.h264.bits import NotFollowed
from replay.video.h264.sequence import PacketUnits
from replay.video.h264.slices import Slice
from replay.video.packets import packet_reader
from replay.video.probe import OpenVideo, codec_name, open_video
from replay.video.thinned import VideoPacket, packet_units

Report: TypeAlias = Callable[[int, int, str], None]

_TRIES: Final = 6  # proofs that fail one after the other until no more are tried
_OTHER_CODING: Final = "it is not H.264 of a kind that is followed"
_OTHER_GROUPS: Final = "its groups of pictures do not begin anew, or its colours are not 8 bits in 4:2:0"
_REFERS_WIDELY: Final = "its pictures refer to several before them"


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """What was made: `written` checkpoints in `nbytes`, from which `covered` frames were proved; `dropped` did not
    hold. `why_none` says in words why a video has none; empty where it has some or none was worth its bytes."""

    written: int
    dropped: int
    covered: int
    nbytes: int
    why_none: str


def write_checkpoints(
    file: BinaryIO,
    frames: FrameTable,
    out: BinaryIO,
    readable: Sequence[FrameSpan] | None,
    wanted: Callable[[], bool],
    report: Report,
) -> CheckpointFacts:
    """Write the checkpoints of the video `file` to the empty `out`; both stay open, `out` is only appended to.

    `readable`: frames [first, last) that they may be made from, ascending; None: all. `wanted` is asked between
    packets. `report(frames done, frames, what)` is called for every packet too: one group may be the whole video.

    Raises Cancelled, and BadInput where the file is no video; one that cannot have any gets an empty table.
    """
    video = open_video(file)
    target = CheckpointFile(out)
    try:
        extradata = video.context.extradata or b""
        reader = packet_reader(codec_name(video.stream), extradata)
        units = packet_units(codec_name(video.stream), extradata, reader)
        dropped, why = 0, _OTHER_CODING
        if units is not None and bool(np.all(np.diff(frames.pts) > 0)):
            work = GroupWork(frames, units, reader, WholeDecoder(extradata), WholeDecoder(extradata), target)
            dropped, why = _groups_written(video, frames, units, work, readable, wanted, report)
    finally:
        video.close()
    nbytes = target.finish()
    return CheckpointFacts(len(target.made), dropped, target.covered, nbytes, "" if target.made else why)


def _groups_written(
    video: OpenVideo,
    frames: FrameTable,
    units: PacketUnits,
    work: GroupWork,
    readable: Sequence[FrameSpan] | None,
    wanted: Callable[[], bool],
    report: Report,
) -> tuple[int, str]:
    """(checkpoints that did not hold, why there are none)."""

    def goes_on() -> bool:
        report(entry, len(frames), "Making faster entries")
        return wanted()

    entries = [*np.flatnonzero(frames.iframe).tolist(), len(frames)]
    following = dict(pairwise(entries))
    entry = dropped = failed = 0
    why = ""
    for group in groups(video, frames, goes_on):
        entry, last = group.entry, following[group.entry]
        if readable is not None and not any(a <= entry and last <= b for a, b in readable):
            continue
        idr = _anew(units, group.packets[0]) if group.packets else None
        if idr is None:
            why = why or _OTHER_GROUPS
            continue
        held, lost = work.run(group, idr, goes_on)
        dropped += lost
        failed = 0 if held else failed + lost
        if failed >= _TRIES:
            return dropped, _REFERS_WIDELY
    return dropped, _REFERS_WIDELY if dropped else why


def _anew(units: PacketUnits, packet: VideoPacket) -> Slice | None:
    """The I-frame's slice where it resets the decoder and its pictures are of the plain kind."""
    try:
        idr = units.idr(bytes(packet))
    except NotFollowed:
        return None
    return idr if idr is not None and idr.sps.is_plain else None
