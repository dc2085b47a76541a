"""Coded pictures of one sequence, and the same ones for a decoder that is given only some of them.

Leaving reference pictures out changes frame numbers, and with them what every later header means. So each picture that
is kept is written anew: numbered as if the others had never been, each of its references named, what is to be forgotten
said outright. Its samples are not touched, and it refers to the same pictures as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from replay.video.h264.bits import NotFollowed
from replay.video.h264.parameters import PPS, SPS, ParameterSets, Sps
from replay.video.h264.references import Reference, ReferenceMemory, nearest_poc
from replay.video.h264.slices import IDR, SLICE, Slice, read_slice, rewritten
from replay.video.packets import PacketReader

_PASSED_ON: Final = frozenset({6, 9, 12})  # additional information, delimiters, filling
_START: Final = b"\0\0\0\1"
_APART: Final = 2  # picture order counts between a picture and the one that is entered at behind it


@dataclass(frozen=True, slots=True)
class Coded:
    """One picture's units in order, its slices read, and what they refer to; `held` are references after it."""

    serial: int
    units: tuple[bytes | Slice, ...]
    lists: tuple[tuple[tuple[Reference, ...], ...], ...]
    poc: int
    is_reference: bool
    held: tuple[Reference, ...]

    @property
    def needs(self) -> set[int]:
        """The serials of all pictures it refers to."""
        return {r.serial for lists in self.lists for one in lists for r in one}

    @property
    def kinds(self) -> set[int]:
        return {u.kind for u in self.units if isinstance(u, Slice)}


class PacketUnits:
    """Packets as slices and other units; for one stream."""

    def __init__(self, sets: ParameterSets, reader: PacketReader) -> None:
        self.sets = sets
        self._reader = reader

    def read(self, data: bytes) -> tuple[bytes | Slice, ...]:
        """Raises NotFollowed where a packet holds what is not followed, or no slice."""
        out: list[bytes | Slice] = []
        for view in self._reader.nals(memoryview(data)):
            unit = bytes(view)
            kind = unit[0] & 31
            if kind in (SLICE, IDR):
                out.append(read_slice(unit, self.sets))
            elif kind in _PASSED_ON or (kind in (SPS, PPS) and unit.rstrip(b"\0") in self.sets.units):
                out.append(unit)
            else:
                raise NotFollowed("its packets hold other units")
        if not any(isinstance(u, Slice) for u in out):
            raise NotFollowed("a packet has no picture")
        return tuple(out)

    def packet(self, units: Iterable[bytes]) -> bytes:
        """Units as one packet."""
        size = self._reader.length_size
        return b"".join((len(u).to_bytes(size) if size else _START) + u for u in units)

    def idr(self, data: bytes) -> Slice | None:
        """The first slice of a picture that resets the decoder; None where it is another."""
        slices = [u for u in self.read(data) if isinstance(u, Slice)]
        plain = all(s.is_idr and s.frame_num == 0 and s.sps.reorders is not None for s in slices)
        return slices[0] if plain else None


class Follower:
    """Follows packets behind a first picture, as a decoder of all of them would."""

    def __init__(self, units: PacketUnits, sps: Sps, held: Sequence[Reference]) -> None:
        self._units = units
        self._memory = ReferenceMemory(sps, held)
        self._serial = held[-1].serial

    @property
    def held(self) -> list[Reference]:
        return self._memory.held

    def follow(self, data: bytes) -> Coded:
        """The next picture; raises NotFollowed, after which nothing can be followed."""
        units = self._units.read(data)
        slices = [u for u in units if isinstance(u, Slice)]
        first = slices[0]
        if any(
            s.is_idr or (s.frame_num, s.poc_lsb, s.head) != (first.frame_num, first.poc_lsb, first.head) for s in slices
        ):
            raise NotFollowed("a packet holds more than one picture")
        poc = self._memory.poc_of(first)
        lists = tuple(tuple(tuple(one) for one in self._memory.lists(s, poc)) for s in slices)
        self._serial += 1
        if first.is_reference:
            self._memory.hold(first, poc, self._serial)
        return Coded(self._serial, units, lists, poc, first.is_reference, tuple(self._memory.held))


class Renumbered:
    """Writes the pictures that are kept, one after the other, for a decoder that gets no others."""

    def __init__(self, units: PacketUnits, sps: Sps, serial: int, poc: int) -> None:
        """`serial` and `poc` of the IDR picture that was given."""
        self._units = units
        self._sps = sps
        self._most = 1 << sps.frame_num_bits
        self._numbers = {serial: 0}
        self._next = 1
        self._poc = poc
        self._poc_offset = 0

    @property
    def given(self) -> set[int]:
        """The serials of pictures that were given and are still held."""
        return set(self._numbers)

    def enter(self, serial: int, poc: int) -> tuple[tuple[int, int], list[int]]:
        """A picture that is put in the place of all that were given, as the only reference; `poc` in its stream.

        Gives its frame number and the low bits of its order, and how far before it those lie that are forgotten.
        """
        number = self._next % self._most
        unmarked = [(number - n) % self._most for n in self._numbers.values()]
        self._numbers = {serial: number}
        self._next = number + 1
        self._poc_offset = self._poc + _APART - poc
        lsb = self._order(poc + self._poc_offset)
        self._poc = poc + self._poc_offset
        return (number, lsb), unmarked

    def has(self, serials: Iterable[int]) -> bool:
        """Whether all these pictures were given and are still held."""
        return all(s in self._numbers for s in serials)

    def packet(self, coded: Coded) -> bytes:
        """The picture for that decoder; raises NotFollowed where it needs one that was not given."""
        if not self.has(coded.needs):
            raise NotFollowed("a reference was left out")
        number = self._next % self._most
        lsb = self._order(coded.poc + self._poc_offset)
        kept = {r.serial for r in coded.held}
        gone = [s for s in self._numbers if s not in kept] if coded.is_reference else []
        unmarked = [(number - self._numbers[s]) % self._most for s in gone]
        lists = iter(coded.lists)
        out = [
            rewritten(u, number, lsb, [self._changes(number, one) for one in next(lists)], unmarked)
            if isinstance(u, Slice)
            else u
            for u in coded.units
        ]
        if coded.is_reference:
            self._hold(coded, number, gone)
        return self._units.packet(out)

    def _order(self, poc: int) -> int:
        if self._sps.poc_type == 2:
            return 0
        lsb = poc % (1 << self._sps.poc_bits)
        if nearest_poc(self._poc, lsb, self._sps.poc_bits) != poc:
            raise NotFollowed("its picture order wraps")
        return lsb

    def _changes(self, number: int, references: Sequence[Reference]) -> list[tuple[int, int]]:
        out = []
        for reference in references:
            named = self._numbers[reference.serial]
            out.append((0, (number - named) % self._most or self._most))
            number = named
        return out

    def _hold(self, coded: Coded, number: int, gone: Sequence[int]) -> None:
        for serial in gone:
            del self._numbers[serial]
        if number in self._numbers.values():
            raise NotFollowed("its frame numbers wrap")
        self._numbers[coded.serial] = number
        self._next = number + 1
        self._poc = coded.poc + self._poc_offset


def needed(pictures: Sequence[Coded], held: Iterable[Reference], given: Iterable[int]) -> list[Coded]:
    """Of `pictures` (in decode order) those that what comes behind them may need: references in `held`, and what these
    refer to. One that refers to a picture that is neither here nor in `given` cannot be decoded and is left out."""
    there = set(given)
    by_serial = {}
    for picture in pictures:
        if picture.needs <= there:
            there.add(picture.serial)
            by_serial[picture.serial] = picture
    open_ = [r.serial for r in held if r.serial in by_serial]
    out: set[int] = set()
    while open_:
        serial = open_.pop()
        if serial not in out:
            out.add(serial)
            open_ += [s for s in by_serial[serial].needs if s in by_serial]
    return [p for p in pictures if p.serial in out]
