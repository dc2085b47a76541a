"""The file that checkpoints are written to, and how many bytes they may still take."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa

from replay.video.checkpoints.layout import FOOT, HEAD, LEVEL, MOST_ROWS, ROW, Checkpoint, row_of

MOST_SHARE: Final = 0.3
"""Bytes of checkpoints by bytes of video, at most."""

_ROW_BYTES: Final = 96  # a row of the table, squeezed
_TABLE_BYTES: Final = 64


class CheckpointFile:
    """Appends to `out`, which stays the caller's. What may be spent grows with the video that was read."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        out.write(HEAD)
        self._at = len(HEAD)
        self._left = -float(len(HEAD) + FOOT.size + _TABLE_BYTES)
        self.made: list[Checkpoint] = []
        self.covered = 0

    def earn(self, nbytes: int) -> None:
        """So many bytes of the video lie behind."""
        self._left += nbytes * MOST_SHARE

    @property
    def left(self) -> float:
        """Bytes that may still be spent."""
        return max(0.0, self._left)

    def affords(self, nbytes: float, share: float) -> bool:
        """Whether a checkpoint of so many bytes takes at most `share` of what is left."""
        return nbytes + _ROW_BYTES <= self._left * share and len(self.made) < MOST_ROWS

    def spend(self, change: bytes) -> None:
        """Set aside what a checkpoint takes, before it is known to hold."""
        self._left -= len(change) + _ROW_BYTES

    def give_back(self, change: bytes) -> None:
        """A checkpoint did not hold."""
        self._left += len(change) + _ROW_BYTES

    def append(self, checkpoint: Checkpoint, change: bytes) -> int:
        """Keep a checkpoint that was spent for; its number, to which later ones are relative."""
        self._out.write(change)
        self.made.append(replace(checkpoint, offset=self._at, length=len(change), crc=zlib.crc32(change)))
        self._at += len(change)
        self.covered += checkpoint.end - checkpoint.index
        return len(self.made) - 1

    def finish(self) -> int:
        """Write the table; how many bytes the file has."""
        rows = np.array([row_of(c) for c in self.made], ROW)
        table: bytes = pa.Codec("zstd", compression_level=LEVEL).compress(rows.tobytes(), asbytes=True)
        self._out.write(table)
        self._out.write(FOOT.pack(self._at, len(table), len(rows), zlib.crc32(table), HEAD))
        return self._at + len(table) + FOOT.size
