"""Whether a Matroska file is all there: its segment says how long it is (RFC 8794 for the numbers, RFC 9559)."""

from __future__ import annotations

import os
from typing import BinaryIO, Final

_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"


def segment_is_torn(file: BinaryIO) -> bool:
    """Whether the segment reaches beyond the end of the file. False where it does not say its length (a live
    recording) or where this is no Matroska file; the position is kept."""
    at = file.tell()
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(4096)
    finally:
        file.seek(at)
    if not head.startswith(_EBML):
        return False
    header = _length(head, 4)
    if header is None:
        return False
    start = header[1] + header[0]
    if head[start : start + 4] != _SEGMENT:
        return False
    segment = _length(head, start + 4)
    return segment is not None and segment[1] + segment[0] > size


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """A data size and where its data begins; None where it is unknown (all ones) or cut off."""
    if at >= len(data) or data[at] == 0:
        return None
    width = 9 - data[at].bit_length()
    if at + width > len(data):
        return None
    value = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else (value, at + width)
