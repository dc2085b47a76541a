"""Walks an MP4 by allow-list: every box, every byte. What is not expected is a finding, whatever it holds.

Boxes are those of ISO/IEC 14496-12 and 14496-15. `mdat` must consist of the samples the tables name and nothing else,
so that no picture can hide in it, and samples of coded slices and parameter sets only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_PARENTS: Final = {
    b"moov": {b"mvhd", b"trak", b"udta"},
    b"trak": {b"tkhd", b"mdia"},
    b"mdia": {b"mdhd", b"hdlr", b"minf"},
    b"minf": {b"vmhd", b"dinf", b"stbl"},
    b"dinf": {b"dref"},
    b"stbl": {b"stsd", b"stts", b"stss", b"ctts", b"stsc", b"stsz", b"stco", b"co64"},
}
_TOP: Final = {b"ftyp", b"free", b"mdat", b"moov"}
# libavformat writes an empty list of tags here even when told to write none.
_EMPTY_UDTA: Final = bytes.fromhex(
    "0000003d75647461"
    "000000356d65746100000000"
    "0000002168646c7200000000000000006d6469726170706c00000000000000000000"
    "00000869 6c7374".replace(" ", "")
)
_HANDLER: Final = b"vide" + bytes(12) + b"VideoHandler\0"
# Boxes a sample entry may have: decoder configuration, colour, pixel shape, bit rate.
_ENTRY_BOXES: Final = {b"avcC", b"colr", b"pasp", b"btrt"}
_SLICES_AND_SETS: Final = frozenset({1, 5, 7, 8})
_MAX_BOX: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Box:
    kind: bytes
    start: int  # of the payload
    end: int


class Mp4Walk:
    """Findings of one file, as short sentences that quote nothing of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._file.seek(0, 2)
        self._size = file.tell()
        self._leaf: dict[bytes, bytes] = {}

    def findings(self) -> Iterator[str]:
        """Everything about the container that should not be; nothing where it is clean."""
        try:
            yield from self._walk()
        except (struct.error, ValueError, IndexError):
            yield "the container is damaged"

    def _walk(self) -> Iterator[str]:
        mdat: Box | None = None
        tracks = 0
        for box in self._boxes(0, self._size):
            if box.kind not in _TOP:
                yield f"unexpected box {_shown(box.kind)}"
            elif box.kind == b"free" and any(self._read(box)):
                yield "free space that is not empty"
            elif box.kind == b"mdat":
                if mdat is not None:
                    yield "more than one mdat"
                mdat = box
            elif box.kind == b"moov":
                tracks += sum(b.kind == b"trak" for b in self._boxes(box.start, box.end))
                yield from self._inside(box)
        if tracks != 1 or mdat is None:
            yield f"{tracks} streams where there should be one"
            return
        yield from self._entry()
        yield from self._samples(mdat)

    def _inside(self, parent: Box) -> Iterator[str]:
        for box in self._boxes(parent.start, parent.end):
            if box.kind not in _PARENTS[parent.kind]:
                yield f"unexpected box {_shown(box.kind)} in {_shown(parent.kind)}"
            elif box.kind in _PARENTS:
                yield from self._inside(box)
            else:
                payload = self._read(box)
                if box.kind in self._leaf:
                    yield f"more than one box {_shown(box.kind)}"
                self._leaf[box.kind] = payload
                yield from _leaf_findings(box.kind, payload)

    def _entry(self) -> Iterator[str]:
        """The one sample entry: AVC, without a compressor's name, with known boxes only."""
        stsd = self._leaf[b"stsd"]
        count, size, kind = struct.unpack(">I", stsd[4:8])[0], struct.unpack(">I", stsd[8:12])[0], stsd[12:16]
        if count != 1 or kind != b"avc1" or size != len(stsd) - 8:
            yield "an unexpected sample description"
            return
        if any(stsd[58:90]):
            yield "a compressor's name"
        at = 94
        while at < len(stsd):
            length, name = struct.unpack(">I4s", stsd[at : at + 8])
            if name not in _ENTRY_BOXES or length < 8:
                yield f"unexpected box {_shown(name)} in the sample description"
                return
            at += length

    def _samples(self, mdat: Box) -> Iterator[str]:
        """Samples must follow each other from the first byte of mdat to the last."""
        samples = sorted(self._sample_places())
        at = mdat.start
        for start, length in samples:
            if start != at:
                yield "bytes in mdat that belong to no sample, or to two"
                return
            at += length
            self._file.seek(start)
            unknown = [k for k in _nal_kinds(self._file.read(length)) if k not in _SLICES_AND_SETS]
            if unknown:
                yield f"a coded unit of kind {unknown[0]} (SEI or other) in the stream"
                return
        if at != mdat.end:
            yield "bytes in mdat that belong to no sample, or to two"

    def _sample_places(self) -> Iterator[tuple[int, int]]:
        sizes = self._sizes()
        wide = b"co64" in self._leaf
        offsets = self._leaf[b"co64" if wide else b"stco"]
        chunks = [int(v[0]) for v in struct.iter_unpack(">Q" if wide else ">I", offsets[8:])]
        runs = list(struct.iter_unpack(">III", self._leaf[b"stsc"][8:]))
        at = 0
        for n, offset in enumerate(chunks, 1):
            per_chunk = [r[1] for r in runs if r[0] <= n][-1]
            for size in sizes[at : at + per_chunk]:
                yield offset, size
                offset += size
            at += per_chunk
        if at != len(sizes):
            raise ValueError("samples without a chunk")

    def _sizes(self) -> list[int]:
        stsz = self._leaf[b"stsz"]
        fixed, count = struct.unpack(">II", stsz[4:12])
        return [fixed] * count if fixed else [int(v[0]) for v in struct.iter_unpack(">I", stsz[12:])]

    def _boxes(self, start: int, end: int) -> Iterator[Box]:
        at = start
        while at < end:
            self._file.seek(at)
            size, kind = struct.unpack(">I4s", self._file.read(8))
            header = 8
            if size == 1:
                size, header = struct.unpack(">Q", self._file.read(8))[0], 16
            if size < header or at + size > end:
                raise ValueError("box beyond its parent")
            yield Box(kind, at + header, at + size)
            at += size

    def _read(self, box: Box) -> bytes:
        if box.end - box.start > _MAX_BOX:
            raise ValueError("box too large")
        self._file.seek(box.start)
        return self._file.read(box.end - box.start)


def _leaf_findings(kind: bytes, payload: bytes) -> Iterator[str]:
    if kind == b"udta" and struct.pack(">I", len(payload) + 8) + b"udta" + payload != _EMPTY_UDTA:
        yield "user data"
    elif kind == b"hdlr" and payload[8:] != _HANDLER:
        yield "a handler's name"
    elif kind in (b"mvhd", b"tkhd", b"mdhd") and any(payload[4:12] if payload[0] == 0 else payload[4:20]):
        yield "a time of creation"
    elif kind == b"dref" and payload != bytes.fromhex("00000000000000010000000c75726c2000000001"):
        yield "a reference to another file"


def _nal_kinds(sample: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(sample):
        length = int.from_bytes(sample[at : at + 4], "big")
        if length == 0 or at + 4 + length > len(sample):
            raise ValueError("damaged sample")
        yield sample[at + 4] & 0x1F
        at += 4 + length
    if at != len(sample):
        raise ValueError("damaged sample")


def _shown(kind: bytes) -> str:
    return "“" + "".join(chr(b) if 32 < b < 127 else "?" for b in kind) + "”"
