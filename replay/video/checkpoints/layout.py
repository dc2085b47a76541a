"""How checkpoints lie in a file: a head, what changed at each of them, a table of all, and a foot that finds the table.

What changed is one zstd frame: a bit for each macroblock of the picture, first macroblock in the lowest bit, then luma,
Cb and Cr of those that are set, each by row. It is relative to the checkpoint `base`; -1 is the picture of `root`, the
I-frame or one that is decoded on the way from checkpoint `via` (-1: from the I-frame).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from replay.errors import BadInput
from replay.video.h264.lossless import MACROBLOCK_BYTES
from replay.video.h264.references import Reference

HEAD: Final = b"SLCKPT\x02\n"
FOOT: Final = struct.Struct("<QIII8s")  # where the table begins, its bytes, its rows, its CRC-32, HEAD again
MOST_HELD: Final = 16
MOST_ROWS: Final = 400_000
LEVEL: Final = 5

ROW: Final = np.dtype(
    [
        ("entry", "<i8"),
        ("index", "<i8"),
        ("end", "<i8"),
        ("pts", "<i8"),
        ("dts", "<i8"),
        ("offset", "<i8"),
        ("length", "<i4"),
        ("crc", "<u4"),
        ("base", "<i4"),
        ("root", "<i8"),
        ("via", "<i4"),
        ("macroblocks", "<i4"),
        ("held", "<i4"),
        ("held_frame_num", "<i4", (MOST_HELD,)),
        ("held_poc", "<i4", (MOST_HELD,)),
    ]
)

Macroblocks = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
_PLANES: Final = (256, 64, 64)
_NUMBERS: Final = (
    "entry",
    "index",
    "end",
    "pts",
    "dts",
    "offset",
    "length",
    "crc",
    "base",
    "root",
    "via",
    "macroblocks",
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The picture of frame `index`, kept inside the group of the I-frame `entry`; frames are those of the frame table.

    `end`: frames before it were proved from here. `held`: references that the stream holds at this picture, which is
    the last of them. Its picture is that of frame `root`, the I-frame or a captured one before it, but for what
    changed; there one comes by the checkpoint number `via` (-1: from the I-frame). `offset`, `length` and `crc`
    (CRC-32): where what changed lies, `macroblocks` of it.
    """

    entry: int
    index: int
    end: int
    pts: int
    dts: int
    held: tuple[Reference, ...]
    base: int
    root: int
    via: int
    macroblocks: int
    offset: int = 0
    length: int = 0
    crc: int = 0


def damaged() -> BadInput:
    return BadInput(
        "checkpoints_damaged",
        "The faster entries of this video are damaged; it is read without them.",
        "Have them made again.",
    )


def packed(places: Places, samples: Macroblocks, total: int) -> bytes:
    """What changed, as it lies in the file; `samples` of shape (n, 384) at `places` of `total` macroblocks."""
    bits = np.zeros(total, np.bool_)
    bits[places] = True
    edges = np.cumsum((0, *_PLANES))
    parts = [np.packbits(bits, bitorder="little").tobytes()]
    parts += [np.ascontiguousarray(samples[:, a:b]).tobytes() for a, b in pairwise(edges.tolist())]
    compressed: bytes = pa.Codec("zstd", compression_level=LEVEL).compress(b"".join(parts), asbytes=True)
    return compressed


def unpacked(data: bytes, count: int, total: int) -> tuple[Places, Macroblocks]:
    """The reverse of `packed` for `count` macroblocks; raises BadInput `checkpoints_damaged`."""
    size = -(-total // 8)
    try:
        plain: bytes = pa.Codec("zstd").decompress(data, size + count * MACROBLOCK_BYTES, asbytes=True)
    except (pa.ArrowException, OSError, ValueError) as e:
        raise damaged() from e
    if len(plain) != size + count * MACROBLOCK_BYTES:
        raise damaged()
    content = np.frombuffer(plain, np.uint8)
    places = np.flatnonzero(np.unpackbits(content[:size], bitorder="little"))
    if len(places) != count or (count and places[-1] >= total):
        raise damaged()
    planes = np.split(content[size:], np.cumsum([count * n for n in _PLANES])[:-1])
    return places, np.concatenate([p.reshape(count, n) for p, n in zip(planes, _PLANES, strict=True)], axis=1)


def row_of(c: Checkpoint) -> npt.NDArray[np.void]:
    row = np.zeros((), ROW)
    for name in _NUMBERS:
        row[name] = getattr(c, name)
    row["held"] = len(c.held)
    row["held_frame_num"][: len(c.held)] = [r.frame_num for r in c.held]
    row["held_poc"][: len(c.held)] = [r.poc for r in c.held]
    return row


def checkpoint_of(row: np.void) -> Checkpoint:
    """The reverse of `row_of`, for a row whose numbers were checked."""
    n = int(row["held"])
    pairs = zip(row["held_frame_num"][:n].tolist(), row["held_poc"][:n].tolist(), strict=True)
    held = tuple(Reference(0, frame_num, poc) for frame_num, poc in pairs)
    return Checkpoint(held=held, **{name: int(row[name]) for name in _NUMBERS})
