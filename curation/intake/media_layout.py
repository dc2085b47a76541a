"""Which bytes of an MP4 or Matroska file are structure a reader needs, and not content: an allow-list, nothing else.

Titles, tags, comments, attachments, names of tracks, free space and whatever is unknown here are not structure, even
where a reader would skip them. ISO/IEC 14496-12 and 14496-15; RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

ByteRange = tuple[int, int]
"""Bytes [start, end) of a file."""

_EBML: Final = 0x1A45DFA3
_MP4_ENTERED: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"mvex", b"moof", b"traf", b"mfra"}
)
_MP4_STRUCTURE: Final = frozenset({
    b"ftyp", b"styp", b"sidx", b"mvhd", b"tkhd", b"mdhd", b"vmhd", b"smhd", b"nmhd", b"sthd", b"stsd", b"stts", b"stss",
    b"ctts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"elst", b"mehd", b"trex", b"sdtp", b"sbgp", b"sgpd", b"cslg",
    b"mfhd", b"tfhd", b"tfdt", b"trun", b"tfra", b"mfro",
})  # fmt: skip
# The kind of a track stands in the first bytes of its handler; a free-form name follows.
_HANDLER_BYTES: Final = 24
# A data reference longer than one entry that says "in this file" names another file.
_OWN_DATA_BYTES: Final = 20

_MKV_ENTERED: Final = frozenset(
    {
        0x18538067,
        0x1549A966,
        0x1654AE6B,
        0xAE,
        0x1F43B675,
        0xA0,
    }  # Segment, Info, Tracks, TrackEntry, Cluster, BlockGroup
)
_MKV_STRUCTURE: Final = frozenset({
    _EBML, 0x114D9B74, 0x1C53BB6B,  # SeekHead, Cues
    0x2AD7B1, 0x4489,  # TimestampScale, Duration
    0xD7, 0x73C5, 0x83, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x22B59C, 0x86, 0x63A2, 0x56AA, 0x56BB,
    0x55EE, 0xE0, 0xE1, 0x6D80,  # of a TrackEntry: what decoding takes
    0xE7, 0xA7, 0xAB, 0x9B, 0xFB, 0x75A2,  # of a Cluster and its BlockGroups: times and references
})  # fmt: skip
_MKV_BLOCKS: Final = frozenset({0xA3, 0xA1})
_MKV_UNKNOWN_SIZE_ALLOWED: Final = frozenset({0x18538067, 0x1F43B675})


def structure_of(file: BinaryIO) -> list[ByteRange] | None:
    """The structure's ranges, ascending and disjoint; None where the container is another or is damaged."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(8)
    try:
        if head[:4] == _EBML.to_bytes(4, "big"):
            return _merged(_matroska(file, size))
        if head[4:8] in (b"ftyp", b"styp"):
            return _merged(_mp4(file, size))
    except ValueError:
        return None
    return None


def _merged(ranges: Iterator[ByteRange]) -> list[ByteRange]:
    out: list[ByteRange] = []
    for start, end in ranges:
        if out and start < out[-1][1]:
            raise ValueError("ranges that overlap")
        if out and start == out[-1][1]:
            out[-1] = out[-1][0], end
        elif start < end:
            out.append((start, end))
    return out


def _mp4(file: BinaryIO, size: int) -> Iterator[ByteRange]:
    """Boxes one after another; those that hold boxes are entered, so that their ends need no stack."""
    at = 0
    while at < size:
        kind, header, length = _box(file, at, size)
        body = at + header
        if kind in _MP4_ENTERED:
            yield at, body
            at = body
            continue
        if kind in _MP4_STRUCTURE:
            kept = length - header
        elif kind == b"hdlr":
            kept = min(_HANDLER_BYTES, length - header)
        elif kind == b"dref" and length - header <= _OWN_DATA_BYTES:
            kept = length - header
        else:
            kept = 0
        yield at, body + kept
        at += length


def _box(file: BinaryIO, at: int, size: int) -> tuple[bytes, int, int]:
    """Kind, size of the header and of the whole of the box at `at`."""
    file.seek(at)
    head = file.read(16)
    if len(head) < 8:
        raise ValueError("a box cut short")
    length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
    if length == 1:
        length, header = int.from_bytes(head[8:16], "big"), 16
    elif length == 0:
        length = size - at  # to the end of the file
    if length < header or at + length > size:
        raise ValueError("a box beyond the file")
    return kind, header, length


def _matroska(file: BinaryIO, size: int) -> Iterator[ByteRange]:
    """Elements one after another, those that hold others entered: every id has one meaning wherever it stands."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        name, width = _number(head, 0, keep_marker=True)
        length, end = _number(head, width, keep_marker=False)
        body = at + end
        if name in _MKV_ENTERED:
            if length is None and name not in _MKV_UNKNOWN_SIZE_ALLOWED:
                raise ValueError("an element of unknown size")
            yield at, body
            at = body
            continue
        if length is None or body + length > size:
            raise ValueError("an element beyond the file")
        if name in _MKV_STRUCTURE:
            kept = length
        elif name in _MKV_BLOCKS:
            # Track number, time and flags; a block without lacing holds its packet right behind them.
            _, track = _number(head[end:] + bytes(8), 0, keep_marker=False)
            kept = min(length, track + 3)
        else:
            kept = 0
        yield at, body + kept
        at = body + length


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """An EBML number and where it ends; None for the size that means unknown (RFC 8794, sections 4 and 5)."""
    if at >= len(data) or data[at] == 0:
        raise ValueError("no number")
    width = 9 - data[at].bit_length()
    if at + width > len(data) or (keep_marker and width > 4):
        raise ValueError("a number cut short")
    value = int.from_bytes(data[at : at + width], "big")
    if keep_marker:
        return value, at + width
    value &= (1 << 7 * width) - 1
    return (None if value == (1 << 7 * width) - 1 else value), at + width
