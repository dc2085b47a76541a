"""Bits of H.264 units: reading, writing, and the bytes that keep start codes out of them (7.3.1, 7.4.1, 9.1)."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from replay.errors import SafelightError

_EMULATION: Final = re.compile(rb"\x00\x00(?=[\x00-\x03])")
_LONG: Final = 1 << 16  # from here on arrays are faster, whatever is in the bytes


class NotFollowed(SafelightError):
    """A stream uses what is not followed here, or breaks the rules; it is decoded as it is."""

    def __init__(self, what: str) -> None:
        super().__init__("h264_not_followed", f"The video is coded in a way that gives no faster entry ({what}).")


class BitReader:
    """Reads `data` bit by bit from its first; raises NotFollowed past the end."""

    __slots__ = ("_bits", "_left", "_size")

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data)
        self._left = self._size = len(data) * 8

    @property
    def at(self) -> int:
        """How many bits were read."""
        return self._size - self._left

    def u(self, width: int) -> int:
        if width > self._left:
            raise NotFollowed("a header is cut off")
        self._left -= width
        return self._bits >> self._left & ((1 << width) - 1)

    def ue(self) -> int:
        rest = self._bits & ((1 << self._left) - 1)
        zeros = self._left - rest.bit_length()
        if zeros > 31:
            raise NotFollowed("a number is out of range")
        self.u(zeros)
        return self.u(zeros + 1) - 1

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)

    def between(self, start: int, end: int) -> tuple[int, int]:
        """The bits [start, end) as (value, width)."""
        width = end - start
        return self._bits >> (self._size - end) & ((1 << width) - 1), width


class BitWriter:
    """Collects bits; the first one written is the highest of the first byte."""

    __slots__ = ("_bits", "width")

    def __init__(self) -> None:
        self._bits = 0
        self.width = 0

    def u(self, value: int, width: int) -> None:
        self._bits = self._bits << width | value
        self.width += width

    def ue(self, *values: int) -> None:
        for value in values:
            self.u(value + 1, 2 * (value + 1).bit_length() - 1)

    def fill(self, bit: int) -> None:
        """Repeat `bit` up to the next whole byte."""
        missing = -self.width % 8
        self.u((1 << missing) - 1 if bit else 0, missing)

    def end(self) -> bytes:
        """The stop bit, the zeros up to a whole byte, and all of it as bytes."""
        self.u(1, 1)
        self.fill(0)
        return self.whole()

    def whole(self) -> bytes:
        """What was written; a whole number of bytes."""
        return self._bits.to_bytes(self.width // 8)


def unescaped(unit: bytes) -> bytes:
    """A unit without its emulation prevention bytes."""
    return unit.replace(b"\0\0\3", b"\0\0")


def escaped(unit: bytes) -> bytes:
    """A unit with the bytes that keep start codes out of it."""
    if len(unit) >= _LONG:
        return _escaped_long(unit)
    return _EMULATION.sub(b"\x00\x00\x03", unit)


def _escaped_long(unit: bytes) -> bytes:
    """In a run of zeros a 3 goes before every second one from the third on, and before a small byte that follows an
    even run: after each 3 the zeros are counted anew."""
    data = np.frombuffer(unit, np.uint8)
    zero = np.concatenate(([False], data == 0, [False])).view(np.int8)
    edges = np.flatnonzero(np.diff(zero))
    starts, ends = edges[::2], edges[1::2]
    runs = ends - starts
    starts, ends, runs = starts[runs >= 2], ends[runs >= 2], runs[runs >= 2]
    if not len(runs):
        return unit
    pairs = (runs - 1) // 2
    offset = np.arange(int(pairs.sum())) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    within = np.repeat(starts, pairs) + 2 * (offset + 1)
    behind = ends[(runs % 2 == 0) & (ends < len(data))]
    behind = behind[data[behind] <= 3]
    return np.insert(data, np.concatenate((within, behind)), 3).tobytes()
