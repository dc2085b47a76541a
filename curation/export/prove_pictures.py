"""Checks pictures: nothing in the file but the picture, and every mask of its frame painted to the very edge."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from curation.export.manifest import SessionEntry
from curation.export.prove_files import Found, SessionOf
from curation.redaction.masks import Box
from curation.redaction.prove import SecretSearch, masked_rgb

PICTURE_NAME: Final = re.compile(r"([a-z2-7]{16})_episode[0-9]+_([0-9]{6,})\.png")
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = frozenset({b"IHDR", b"IDAT", b"IEND"})


def picture_findings(path: Path, relative: str, session_of: SessionOf, search: SecretSearch) -> Iterator[Found]:
    yield from png_findings(path.name, path.read_bytes(), session_of)


def png_findings(name: str, data: bytes, session_of: SessionOf) -> Iterator[Found]:
    """Everything wrong with one PNG; `name` tells which frame of which session it shows."""
    yield from _chunk_findings(data)
    matched = PICTURE_NAME.fullmatch(name)
    entry = None if matched is None else session_of(matched[1])
    if matched is None or entry is None:
        yield Found("a picture whose frame is unknown")
        return
    index = int(matched[2])
    if not any(a <= index < b for a, b in entry.kept):
        yield Found(f"a picture of frame {index}, which is cut")
        return
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            picture = np.asarray(image)
    except (OSError, ValueError, SyntaxError):
        yield Found("a picture that cannot be read")
        return
    if picture.ndim != 3 or picture.shape[2] != 3 or (picture.shape[1], picture.shape[0]) != entry.frame_size:
        yield Found("a picture of another size or kind than planned")
        return
    for box in boxes_at(entry, index):
        if not masked_rgb(picture, box):
            yield Found(f"frame {index}: the mask at {box.x0},{box.y0} does not hide what is under it")


def boxes_at(entry: SessionEntry, index: int) -> list[Box]:
    """The masks promised for a source frame."""
    return [Box(*b) for first, last, boxes in entry.masks if first <= index < last for b in boxes]


def _chunk_findings(data: bytes) -> Iterator[Found]:
    if data[:8] != _SIGNATURE:
        yield Found("not a PNG")
        return
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind not in _CHUNKS:
            yield Found("a chunk of metadata in a picture")
        at += 12 + length
        if kind == b"IEND":
            break
    if at != len(data):
        yield Found("bytes after the end of a picture")
