"""The masked video: which bytes of the captured file a masked reader may have, and the twin of the frames he may not.

Frames of groups that a mask touches are re-made in the twin, painted. Of the captured file only packets of untouched
groups and the container's structure stay readable; sound, attachments, tags and all that is not understood do not.
Where any of it cannot be told for sure, the whole file is raw and every frame is in the twin.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, cast

import av.error
import numpy as np
import numpy.typing as npt

from curation.export.encode import PictureEncoder, output_times
from curation.export.recipe import VideoRecipe
from curation.intake.media_layout import ByteRange, structure_of
from curation.redaction.apply import redacted_frame
from curation.redaction.plan import RedactionPlan
from curation.redaction.types import RawFrame
from replay.errors import BadInput
from replay.vault.objects import Segment
from replay.video.decoder import GopDecoder
from replay.video.frame import rgb24
from replay.video.frame_table import FrameSpan, FrameTable
from replay.video.index import build_frame_table
from replay.video.probe import open_video

MASKED: Final = "masked"
RAW: Final = "raw"
# A segment costs a line in the session's object list; a file that is cut finer than this is re-made whole.
MOST_SEGMENTS: Final = 20_000
# The twin's own clock: a frame is known there by its place, so that the file's own ticks need not fit into an MP4.
_TICK: Final = "1/90000"
Report = Callable[[int, int, str], None]
# From a Matroska block's first byte to its packet: number of the track (one byte, rarely two), time, flags.
_BEFORE_PACKET: Final = (0, 4, 5)


def _unheard(done: int, total: int, what: str) -> None:
    del done, total, what


@dataclass(frozen=True, slots=True)
class MaskedParts:
    """How a captured file is cut: `segments` tile it, `from_twin` are the frames that its masked part cannot give."""

    segments: tuple[Segment, ...]
    from_twin: tuple[FrameSpan, ...]


@dataclass(frozen=True, slots=True)
class _Packet:
    """One packet of the picture stream. `is_hidden`: the container's edit list keeps it from being shown."""

    at: int
    size: int
    digest: bytes
    pts: int | None
    is_key: bool
    is_hidden: bool


def masked_parts(file: BinaryIO, frames: FrameTable, touched: Sequence[FrameSpan]) -> MaskedParts:
    """Cut the video `file` (seekable, stays open) whose groups `touched` hold masks."""
    size = file.seek(0, os.SEEK_END)
    whole = MaskedParts((Segment(0, size, RAW),), ((0, len(frames)),))
    structure = structure_of(file)
    packets = None if structure is None else _packets(file)
    if structure is None or packets is None or not bool(np.all(np.diff(frames.pts) > 0)):
        return whole
    sorted_out = _sorted_out(packets, frames, touched)
    if sorted_out is None:
        return whole
    readable, twin = sorted_out
    segments = _tiled(size, sorted([*structure, *readable]))
    if segments is None or len(segments) > MOST_SEGMENTS or not _reads_alike(file, frames, segments, twin):
        return whole
    return MaskedParts(segments, _spans(twin))


def write_twin(
    file: BinaryIO,
    frames: FrameTable,
    plan: RedactionPlan,
    from_twin: Sequence[FrameSpan],
    out: BinaryIO,
    report: Report = _unheard,
) -> FrameTable:
    """Write the frames `from_twin` of `file`, painted as `plan` says, as an MP4 to `out`, and give its frame table.

    `out` must be seekable, readable and empty; it stays open. The frames lie close together in the twin's own time.
    `report(done, total, what)` is called for every frame; what it raises ends the work.

    Raises BadInput where a frame cannot be decoded, Refused `frame_size_changed`.
    """
    kept = np.array([i for first, last in from_twin for i in range(first, last)], np.int64)
    times = output_times(frames, kept, _TICK)
    edges = plan.masks.edges | {first for first, _ in from_twin}
    encoder = PictureEncoder(out, VideoRecipe(preset="veryfast", threads=1), times, edges, plan.masks)
    decoder = GopDecoder(file, frames)
    try:
        for done, index in enumerate(kept.tolist()):
            report(done, len(kept), "Painting what is hidden")
            raw = RawFrame(index, int(frames.t_ns[index]), decoder.picture(index))
            encoder.write(redacted_frame(plan, raw))
    finally:
        decoder.close()
    encoder.finish()
    table, _, _ = build_frame_table(out, frames.media)
    if len(table) != len(kept):
        raise BadInput("video_twin_damaged", "The masked pictures of a video could not be read back.")
    return table


def _packets(file: BinaryIO) -> list[_Packet] | None:
    """The picture stream's packets in decode order, each proved to lie where it says; None where one does not."""
    try:
        said = list(_said(file))
    except (av.error.FFmpegError, BadInput):
        return None
    found = [p for packet in said if (p := _proved(file, packet)) is not None]
    return found if len(found) == len(said) else None


def _said(file: BinaryIO) -> Iterator[_Packet]:
    video = open_video(file)
    try:
        for packet in video.container.demux(video.stream):
            if packet.size:
                at = -1 if packet.pos is None else packet.pos
                digest = hashlib.sha256(memoryview(packet)).digest()
                yield _Packet(at, packet.size, digest, packet.pts, packet.is_keyframe, packet.is_discard)
    finally:
        video.close()


def _proved(file: BinaryIO, packet: _Packet) -> _Packet | None:
    for before in _BEFORE_PACKET if packet.at >= 0 else ():
        file.seek(packet.at + before)
        if hashlib.sha256(file.read(packet.size)).digest() == packet.digest:
            return replace(packet, at=packet.at + before)
    return None


def _sorted_out(
    packets: Sequence[_Packet], frames: FrameTable, touched: Sequence[FrameSpan]
) -> tuple[list[ByteRange], npt.NDArray[np.bool_]] | None:
    """Bytes of packets that stay readable, and which frames are in the twin; None where a frame has no packet.

    A packet stays where neither its own picture nor the group it is decoded with is touched. Pictures shown before a
    touched group but decoded after its I-frame (leading pictures) refer into it, so they go to the twin with it. A
    group with hidden pictures goes as a whole: nobody has looked at those.
    """
    twin = np.zeros(len(frames), np.bool_)
    for first, last in touched:
        twin[first:last] = True
    is_touched = twin.copy()
    given = np.zeros(len(frames), np.bool_)
    readable: list[ByteRange] = []
    for group, entry in _groups(packets, frames):
        whole = entry is not None and not is_touched[entry] and not any(p.is_hidden for p in group)
        for p in group:
            index = None if p.is_hidden else _index_of(frames, p.pts)
            if whole and (index is None or not is_touched[index]):
                readable.append((p.at, p.at + p.size))
            elif index is not None:
                twin[index] = True
            if index is not None:
                given[index] = True
    return (readable, twin) if bool(given.all()) else None


def _groups(packets: Sequence[_Packet], frames: FrameTable) -> Iterator[tuple[list[_Packet], int | None]]:
    """Packets from one entry to before the next, with the entry's frame; None for those before the first entry."""
    group: list[_Packet] = []
    entry: int | None = None
    for p in packets:
        index = _index_of(frames, p.pts) if p.is_key else None
        if index is not None and frames.iframe[index]:
            yield group, entry
            group, entry = [], index
        group.append(p)
    yield group, entry


def _index_of(frames: FrameTable, pts: int | None) -> int | None:
    if pts is None:
        return None
    at = int(np.searchsorted(frames.pts, pts))
    return at if at < len(frames) and int(frames.pts[at]) == pts else None


def _tiled(size: int, readable: Sequence[ByteRange]) -> tuple[Segment, ...] | None:
    """Segments over the whole file: `readable` (ascending) masked, all between them raw; None where they overlap."""
    out: list[Segment] = []
    at = 0

    def add(end: int, part: str) -> None:
        nonlocal at
        if end > at and out and out[-1].part == part:
            out[-1] = Segment(out[-1].start, end - out[-1].start, part)
        elif end > at:
            out.append(Segment(at, end - at, part))
        at = max(at, end)

    for start, end in readable:
        if start < at:
            return None
        add(start, RAW)
        add(end, MASKED)
    add(size, RAW)
    return tuple(out)


def _spans(wanted: npt.NDArray[np.bool_]) -> tuple[FrameSpan, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], wanted, [False])).astype(np.int8)))
    return tuple((int(a), int(b)) for a, b in edges.reshape(-1, 2))


def _reads_alike(file: BinaryIO, frames: FrameTable, segments: Sequence[Segment], twin: npt.NDArray[np.bool_]) -> bool:
    """Whether a masked reader's decoder gets through the file: the ends of its untouched stretches, compared."""
    left = np.flatnonzero(~twin)
    if not len(left):
        return True
    behind_hole = left[np.flatnonzero(np.diff(left, prepend=-1) > 1)]
    looked_at = sorted({int(left[0]), int(left[-1]), *behind_hole[:2].tolist()})
    holed = cast(BinaryIO, Holed(file, segments))
    try:
        return _pictures(holed, frames, looked_at) == _pictures(file, frames, looked_at)
    except BadInput:
        return False


def _pictures(file: BinaryIO, frames: FrameTable, indexes: Sequence[int]) -> list[bytes]:
    decoder = GopDecoder(file, frames)
    try:
        return [hashlib.sha256(rgb24(decoder.picture(i)).tobytes()).digest() for i in indexes]
    finally:
        decoder.close()


class Holed(io.RawIOBase):
    """`file` as a masked reader sees it: raw segments read as zeros. Leaves `file` open."""

    def __init__(self, file: BinaryIO, segments: Sequence[Segment]) -> None:
        super().__init__()
        self._file = file
        self._size = sum(s.length for s in segments)
        self._holes = [(s.start, s.start + s.length) for s in segments if s.part == RAW]
        self._starts = np.array([start for start, _ in self._holes], np.int64)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        self._file.seek(self._at)
        data = bytearray(self._file.read(len(view)))
        first = max(0, int(np.searchsorted(self._starts, self._at, side="right")) - 1)
        for start, end in self._holes[first:]:
            if start >= self._at + len(data):
                break
            a, b = max(start - self._at, 0), min(end - self._at, len(data))
            if a < b:
                data[a:b] = bytes(b - a)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
