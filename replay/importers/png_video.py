"""Screenshots as a sparse video without loss: PNG files, byte for byte, as the packets of a QuickTime file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from typing import BinaryIO, Final

import av

from replay.errors import BadInput
from replay.hashes import sha256_of
from replay.importers.contract import ImportSink, SourceFile, SourceSession
from replay.importers.media import TRACK, Video, report
from replay.importers.untrusted_files import read_small
from replay.problems import Problem, Severity
from replay.video.index import build_frame_table

LARGEST_PNG: Final = 64 << 20
LONGEST_NS: Final = 36 * 3600 * 1_000_000_000  # QuickTime counts a frame's duration in 32 bits
LAST_FRAME_MS: Final = 1000
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">II5s")  # width, height, and depth to interlace
_LARGEST_SIDE: Final = 16_384
_MILLISECOND: Final = Fraction(1, 1000)

Size = tuple[int, int]
Timed = tuple[int, SourceFile]


def write_video(source: SourceSession, screenshots: Sequence[Timed], sink: ImportSink) -> tuple[Video, int] | None:
    """Write (time in ns, screenshot) pairs, times rising by ≥ 1 ms, as the session's video.

    Returns it with the time of frame 0, the first usable screenshot; None where none is usable. The others are
    reported. Raises BadInput where the times span more than two days.
    """
    usable = _Usable(source)
    first = next((n for n, (_, f) in enumerate(screenshots) if usable.read(f) is not None), None)
    if first is None:
        usable.report(len(screenshots), sink)
        return None
    kept = screenshots[first:]
    if kept[-1][0] - kept[0][0] > LONGEST_NS:
        raise BadInput("video_duration", "The screenshots span more than two days.", "Split the recording.")
    with sink.media_in_memory(TRACK) as track:
        unusable = first + _mux(track, usable, kept, sink)
        track.seek(0)
        sha256 = sha256_of(track)
        frames, facts, problems = build_frame_table(track, TRACK)
    usable.report(unusable, sink)
    video = Video(frames, facts, sha256)
    report(video, problems, sink)
    return video, kept[0][0]


def _mux(track: BinaryIO, usable: _Usable, screenshots: Sequence[Timed], sink: ImportSink) -> int:
    """Write the packets; returns how many screenshots were left out."""
    unusable = 0
    assert usable.size is not None
    width, height = usable.size
    # Bit-exact: the file says nothing of who made it or when, so the same screenshots give the same bytes.
    with av.open(track, "w", format="mov", options={"fflags": "+bitexact"}) as container:
        stream = container.add_mux_stream("png", width=width, height=height, time_base=_MILLISECOND)
        start_ns = screenshots[0][0]
        for n, (t_ns, file) in enumerate(screenshots):
            sink.progress(n, len(screenshots), "Copying the screenshots")
            png = usable.read(file)
            if png is None:
                unusable += 1
                continue
            packet = av.Packet(png)
            packet.stream = stream
            packet.time_base = _MILLISECOND
            packet.pts = packet.dts = (t_ns - start_ns) // 1_000_000
            packet.duration = LAST_FRAME_MS
            packet.is_keyframe = True
            container.mux_one(packet)
    return unusable


class _Usable:
    """Which screenshots can be frames: whole PNG files of the size of the first one (`size`, px)."""

    def __init__(self, source: SourceSession) -> None:
        self._source = source
        self.size: Size | None = None

    def read(self, file: SourceFile) -> bytes | None:
        """The file's bytes, None where it cannot be a frame."""
        png = read_small(self._source, file, "A screenshot", LARGEST_PNG)
        size = png_size(png)
        if size is None or self.size not in (None, size):
            return None
        self.size = size
        return png

    def report(self, unusable: int, sink: ImportSink) -> None:
        if unusable:
            text = "Screenshots are damaged or of another size than the first; they are left out of the video."
            sink.problem(Problem("screenshots_unusable", Severity.WARNING, text, unusable))


def png_size(content: bytes) -> Size | None:
    """(width, height) in px of a whole PNG file (PNG specification, 5.3); None where it is cut, altered or absurd."""
    if not content.startswith(_SIGNATURE):
        return None
    size, at = None, len(_SIGNATURE)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        end = at + 12 + length
        kind, body = content[at + 4 : at + 8], memoryview(content)[at + 8 : end - 4]
        if end > len(content) or zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(content[end - 4 : end], "big"):
            return None
        if kind == b"IHDR" and length == _HEADER.size:
            width, height, _ = _HEADER.unpack(body)
            size = (width, height)
        if kind == b"IEND":
            return size if size is not None and all(0 < v <= _LARGEST_SIDE for v in size) else None
        at = end
    return None
