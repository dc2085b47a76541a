"""Making the frame table: which pictures a full decode from the start gives, in order, and when each is shown.

Packets alone say so for a sound file, at a hundredth of a decode's cost; the table is then checked against decoded
pictures at both ends of the file. Where the two disagree (a torn file, leading pictures without their references,
containers without presentation times) the table is made from a full decode instead, so it always speaks of pictures
that exist.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import BinaryIO, Final

import av.error
import numpy as np
import numpy.typing as npt
from av.packet import Packet
from av.video.stream import VideoStream

from replay.errors import BadInput
from replay.problems import Problem, Severity
from replay.timebase import NS_PER_S, ns_from_pts
from replay.video.frame_table import FrameTable
from replay.video.matroska import segment_is_torn
from replay.video.packets import PacketReader, packet_reader
from replay.video.probe import (
    MAX_DURATION_S,
    MAX_FRAMES,
    OpenVideo,
    VideoFacts,
    codec_name,
    open_video,
    opened,
    unreadable,
)

Int64s = npt.NDArray[np.int64]

_CHECKED_AT_START: Final = 64  # frames; longer than any reorder delay
_DECODED_WHOLE: Final = 300  # shorter videos are decoded whole: it costs less than a second
_NO_PTS: Final = -(2**63)


@dataclass(slots=True)
class _Scan:
    """What the packets of the picture stream say, in decode order."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    entries: set[int] = field(default_factory=set)  # pts of clean decode entries
    packets: int = 0
    hidden: int = 0
    torn: bool = False

    @property
    def sound(self) -> bool:
        """Every picture has a presentation time of its own."""
        return len(self.pts) > 0 and _NO_PTS not in self.pts and len(set(self.pts)) == len(self.pts)


@dataclass(slots=True)
class _Decoded:
    """What decoding gave, in output order; `pts` is `_NO_PTS` where the decoder knew none."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    refused: int = 0  # packets the decoder could not use


def build_frame_table(file: BinaryIO, media: str) -> tuple[FrameTable, VideoFacts, list[Problem]]:
    """The frames of a video exactly as a full decode from the start gives them, with what is wrong with the file.

    `media` names the track. PTS are in the stream's time base; the first frame is t_ns 0. Raises BadInput
    (`video_unreadable`, `video_codec_unknown`, `video_dimensions`, `video_duration`); `file` stays open.
    """
    with opened(file) as video:
        scan = _scan(video)
        facts = _facts(video, scan)
        torn = scan.torn or _ends_early(file, video, scan)
    table = _table_from_packets(scan, facts, media) if scan.sound else None
    decoded = None
    if table is None or len(table) <= _DECODED_WHOLE or not _ends_agree(file, table):
        decoded = _decode_all(file)
        table = _table_from_pictures(scan, decoded, facts, media)
    problems = _problems(scan, decoded, torn, len(table))
    return table, _confirmed(facts, len(table), decoded is not None), problems


def _packets(video: OpenVideo) -> Iterator[Packet[VideoStream]]:
    """Packets of the picture stream without the empty one that ends a demux."""
    for packet in video.container.demux(video.stream):
        if packet.size:
            yield packet


def _scan(video: OpenVideo) -> _Scan:
    scan = _Scan()
    reader = packet_reader(codec_name(video.stream), video.context.extradata)
    try:
        for packet in _packets(video):
            _note(scan, packet, reader)
    except av.error.FFmpegError:
        scan.torn = True
    return scan


def _note(scan: _Scan, packet: Packet[VideoStream], reader: PacketReader) -> None:
    scan.packets += 1
    scan.torn = scan.torn or packet.is_corrupt
    if packet.is_discard:
        scan.hidden += 1
        return
    data = memoryview(packet)
    if not reader.is_shown(data):
        return
    if len(scan.pts) >= MAX_FRAMES:
        raise BadInput("video_duration", f"The video has more than {MAX_FRAMES} frames.", "Split it.")
    scan.pts.append(_NO_PTS if packet.pts is None else packet.pts)
    scan.duration.append(packet.duration or 0)
    if packet.is_keyframe and packet.pts is not None and reader.is_entry(data):
        scan.entries.add(packet.pts)


def _ends_early(file: BinaryIO, video: OpenVideo, scan: _Scan) -> bool:
    """Whether the container says it holds more than it does; only MP4 and Matroska say so reliably."""
    name = video.container.format.name
    if "mov" in name:
        return video.stream.frames > scan.packets
    return "matroska" in name and segment_is_torn(file)


def _facts(video: OpenVideo, scan: _Scan) -> VideoFacts:
    context, time_base = video.context, video.stream.time_base
    if time_base is None or time_base <= 0:
        raise unreadable("it has no time base")
    others = [s.type for s in video.container.streams if s.index != video.stream.index]
    return VideoFacts(
        codec=codec_name(video.stream),
        width=context.width,
        height=context.height,
        pix_fmt=context.pix_fmt or "",
        time_base=f"{time_base.numerator}/{time_base.denominator}",
        container=video.container.format.name.split(",")[0],
        frames=len(scan.pts),
        hidden_frames=scan.hidden,
        other_streams=tuple(sorted(others)),
        verified="ends",
    )


def _confirmed(facts: VideoFacts, frames: int, decoded: bool) -> VideoFacts:
    return replace(facts, frames=frames, verified="all" if decoded else "ends")


def _tolerant(video: OpenVideo, decoded: _Decoded) -> Iterator[int]:
    """Decode on from where the container stands, past packets the decoder refuses; yields the frames so far."""
    context = video.context

    def feed(packet: Packet[VideoStream] | None) -> None:
        try:
            pictures = context.decode(packet)
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            decoded.refused += 1
            return
        for picture in pictures:
            decoded.pts.append(_NO_PTS if picture.pts is None else picture.pts)
            decoded.duration.append(picture.duration or 0)

    try:
        for packet in _packets(video):
            feed(packet)
            yield len(decoded.pts)
    except av.error.FFmpegError:
        decoded.refused += 1
    feed(None)
    yield len(decoded.pts)


def _decode_all(file: BinaryIO) -> _Decoded:
    decoded = _Decoded()
    with opened(file) as video:
        for _ in _tolerant(video, decoded):
            if len(decoded.pts) > MAX_FRAMES:
                raise BadInput("video_duration", f"The video has more than {MAX_FRAMES} frames.", "Split it.")
    if not decoded.pts:
        raise unreadable("not one picture of it can be decoded")
    return decoded


def _ends_agree(file: BinaryIO, table: FrameTable) -> bool:
    """Whether decoding the start and the last group of pictures gives exactly the frames of the table."""
    with opened(file) as video:
        head = _Decoded()
        for frames in _tolerant(video, head):
            if frames >= _CHECKED_AT_START:
                break
    if head.refused or head.pts[:_CHECKED_AT_START].tolist() != table.pts[:_CHECKED_AT_START].tolist():
        return False
    last = table.iframe_at_or_before(len(table) - 1)
    tail = _Decoded()
    video = open_video(file)
    try:
        video.container.seek(int(table.pts[last]), stream=video.stream)
        for _ in _tolerant(video, tail):
            pass
    except av.error.FFmpegError:
        return False
    finally:
        video.close()
    shown = [pts for pts in tail.pts if pts >= table.pts[last]]
    return not tail.refused and shown == table.pts[last:].tolist()


def _table_from_packets(scan: _Scan, facts: VideoFacts, media: str) -> FrameTable:
    pts = np.array(scan.pts, np.int64)
    order = np.argsort(pts, kind="stable")
    return _table(pts[order], pts[order], np.array(scan.duration, np.int64)[order], scan, facts, media)


def _table_from_pictures(scan: _Scan, decoded: _Decoded, facts: VideoFacts, media: str) -> FrameTable:
    """The table of a full decode; `pts` is what the decoder said, repaired only to give times."""
    said = np.array(decoded.pts, np.int64)
    duration = np.array(decoded.duration, np.int64)
    if _NO_PTS not in said and bool(np.all(np.diff(said) > 0)):
        return _table(said, said, duration, scan, facts, media)
    known = sorted(pts for pts in scan.pts if pts != _NO_PTS)
    if len(known) == len(said) and len(set(known)) == len(known):
        # Containers without presentation times hand out decode times: in order, they are when pictures are shown.
        shown_at = np.array(known, np.int64)
    else:
        shown_at = _repaired(said, duration)
    said = np.where(said == _NO_PTS, shown_at[0], said)
    return _table(said, shown_at, duration, scan, facts, media)


def _repaired(said: Int64s, duration: Int64s) -> Int64s:
    """Times that never go back: a missing one follows the frame before it, a repeated one equals it."""
    out = np.zeros_like(said)
    now = int(next((pts for pts in said if pts != _NO_PTS), 0))
    step = max(1, int(np.median(duration[duration > 0]))) if bool(np.any(duration > 0)) else 1
    for i, pts in enumerate(said.tolist()):
        now = max(now, pts) if pts != _NO_PTS else now + (step if i else 0)
        out[i] = now
    return out


def _table(pts: Int64s, shown_at: Int64s, duration: Int64s, scan: _Scan, facts: VideoFacts, media: str) -> FrameTable:
    time_base = Fraction(facts.time_base)
    first = int(shown_at[0])
    if (int(shown_at[-1]) - first) * time_base > MAX_DURATION_S:
        raise BadInput(
            "video_duration",
            f"The video says it lasts more than {MAX_DURATION_S // 86400} days.",
            "Repair its timestamps or split it.",
        )
    t_ns = np.array([ns_from_pts(int(p) - first, time_base) for p in shown_at], np.int64)
    # Two pictures with one time: both exist, so the later is a nanosecond later (searches need an order).
    ordinal = np.arange(len(t_ns), dtype=np.int64)
    t_ns = np.maximum.accumulate(t_ns - ordinal) + ordinal
    gaps = np.diff(t_ns)
    last = ns_from_pts(int(duration[-1]), time_base)
    if not 0 < last <= 60 * NS_PER_S:
        last = int(np.median(gaps)) if len(gaps) else 0
    entries = np.isin(pts, np.fromiter(scan.entries, np.int64, len(scan.entries)))
    strictly = bool(np.all(np.diff(pts) > 0))
    return FrameTable(
        media=media,
        pts=pts,
        t_ns=t_ns,
        duration_ns=np.append(gaps, last).astype(np.int64),
        # Without a time of its own no frame can be sought: decoding starts at the first.
        iframe=entries if strictly else ordinal == 0,
    )


def _problems(scan: _Scan, decoded: _Decoded | None, torn: bool, frames: int) -> list[Problem]:
    problems = []
    promised = len(scan.pts)
    if torn:
        problems.append(
            Problem(
                "video_truncated",
                Severity.WARNING,
                f"The video ends before its container says it does; {frames} frames of it can be decoded.",
            )
        )
    elif decoded is not None and (decoded.refused or frames < promised):
        lost = max(decoded.refused, promised - frames)
        problems.append(
            Problem(
                "video_frames_lost",
                Severity.WARNING,
                f"{lost} frames of the video cannot be decoded and are left out.",
                lost,
            )
        )
    if not scan.sound:
        problems.append(
            Problem(
                "video_times_repaired",
                Severity.WARNING,
                "The video has frames without a presentation time of their own; their times are estimates.",
            )
        )
    if scan.hidden:
        problems.append(
            Problem(
                "video_hidden_frames",
                Severity.INFO,
                f"{scan.hidden} frames in the file are hidden by its edit list; they are neither shown nor exported.",
                scan.hidden,
            )
        )
    return problems
