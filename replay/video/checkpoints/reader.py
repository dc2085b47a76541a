"""Checkpoints of one video, read as untrusted bytes."""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from replay.video.checkpoints.layout import (
    FOOT,
    HEAD,
    MOST_HELD,
    MOST_ROWS,
    ROW,
    Checkpoint,
    Macroblocks,
    Places,
    checkpoint_of,
    damaged,
    unpacked,
)
from replay.video.frame_table import FrameTable

_MOST_FRAME_NUM: Final = 1 << 16
_MOST_MACROBLOCKS: Final = 1 << 19


class Checkpoints:
    """Opened from a seekable file, which stays open and the caller's."""

    def __init__(self, file: BinaryIO, frames: FrameTable) -> None:
        """Raises BadInput `checkpoints_damaged` where the file is none, or not one of this video's."""
        self._file = file
        self._rows = _rows(file)
        if not _fits(self._rows, frames):
            raise damaged()

    def __len__(self) -> int:
        return len(self._rows)

    def before(self, index: int, entry: int) -> Checkpoint | None:
        """The last checkpoint from which frame `index` was proved, in the group of the I-frame `entry`.

        `end` reaches over the checkpoints that follow it without a gap.
        """
        n = int(np.searchsorted(self._rows["index"], index, side="right")) - 1
        if n < 0 or self._rows["entry"][n] != entry or index >= self._rows["end"][n]:
            return None
        last = n
        while last + 1 < len(self) and self._rows["entry"][last + 1] == entry:
            if self._rows["end"][last] <= self._rows["index"][last + 1]:
                break
            last += 1
        row = self._rows[n].copy()
        row["end"] = self._rows["end"][last]
        return checkpoint_of(row)

    def way_to(self, checkpoint: Checkpoint) -> list[Checkpoint]:
        """The checkpoints that are entered at, one after the other, to come to this one, which is the last."""
        way = [checkpoint]
        while way[-1].via >= 0:
            way.append(checkpoint_of(self._rows[way[-1].via]))
        return way[::-1]

    def changes(self, checkpoint: Checkpoint, total: int) -> tuple[Places, Macroblocks]:
        """What differs from the root in a picture of `total` macroblocks: places and samples.

        Raises BadInput `checkpoints_damaged`.
        """
        places: list[Places] = []
        samples: list[Macroblocks] = []
        there = np.zeros(total, np.bool_)
        while True:
            found, values = self._change(checkpoint, total)
            is_last_word = ~there[found]
            places.append(found[is_last_word])
            samples.append(values[is_last_word])
            there[found] = True
            if checkpoint.base < 0:
                break
            checkpoint = checkpoint_of(self._rows[checkpoint.base])
        place = np.concatenate(places)
        order = np.argsort(place)
        return place[order], np.concatenate(samples)[order]

    def _change(self, checkpoint: Checkpoint, total: int) -> tuple[Places, Macroblocks]:
        if checkpoint.macroblocks > total:
            raise damaged()
        self._file.seek(checkpoint.offset)
        data = self._file.read(checkpoint.length)
        if zlib.crc32(data) != checkpoint.crc:
            raise damaged()
        return unpacked(data, checkpoint.macroblocks, total)


def _rows(file: BinaryIO) -> npt.NDArray[np.void]:
    size = file.seek(0, os.SEEK_END)
    if size < len(HEAD) + FOOT.size:
        raise damaged()
    file.seek(0)
    head = file.read(len(HEAD))
    file.seek(size - FOOT.size)
    start, length, count, crc, again = FOOT.unpack(file.read(FOOT.size))
    if (head, again) != (HEAD, HEAD) or count > MOST_ROWS or not len(HEAD) <= start <= size - FOOT.size - length:
        raise damaged()
    file.seek(start)
    table = file.read(length)
    if zlib.crc32(table) != crc:
        raise damaged()
    try:
        plain = pa.Codec("zstd").decompress(table, count * ROW.itemsize, asbytes=True)
    except (pa.ArrowException, OSError, ValueError) as e:
        raise damaged() from e
    if len(plain) != count * ROW.itemsize:
        raise damaged()
    rows = np.frombuffer(plain, ROW)
    inside = (rows["offset"] >= len(HEAD)) & (rows["length"] > 0) & (rows["offset"] <= start - rows["length"])
    if not bool(inside.all()):
        raise damaged()
    return rows


def _fits(rows: npt.NDArray[np.void], frames: FrameTable) -> bool:
    """Whether every number of the table is one that a checkpoint of this video may have."""
    entry, index, end, n = rows["entry"], rows["index"], rows["end"], len(frames)
    root, via = rows["root"], rows["via"]
    ordered = (entry >= 0) & (entry <= root) & (root < index) & (index < end) & (end <= n)
    ordered &= np.diff(index, prepend=-1) > 0
    if not bool(ordered.all()) or not bool(frames.iframe[entry].all() and (frames.pts[index] == rows["pts"]).all()):
        return False
    numbers, base = np.arange(len(rows)), rows["base"]
    right_base = (base == -1) | ((base >= 0) & (base < numbers) & (root[np.clip(base, 0, numbers)] == root))
    before = np.clip(via, 0, numbers)
    right_way = (via == -1) | ((via >= 0) & (via < numbers) & (entry[before] == entry) & (index[before] < root))
    held = (rows["held"] > 0) & (rows["held"] <= MOST_HELD)
    frame_num = ((rows["held_frame_num"] >= 0) & (rows["held_frame_num"] < _MOST_FRAME_NUM)).all(axis=1)
    blocks = (rows["macroblocks"] >= 0) & (rows["macroblocks"] <= _MOST_MACROBLOCKS)
    return bool((right_base & right_way & held & frame_num & blocks).all())
