"""Which pictures a slice refers to: picture order, reference lists and marking (8.2.1, 8.2.4, 8.2.5), frames only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from replay.video.h264.bits import NotFollowed
from replay.video.h264.parameters import Sps
from replay.video.h264.slices import B, I, Slice


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that later ones may refer to. `serial` is its place in the run, below 0 where the run lacks it."""

    serial: int
    frame_num: int
    poc: int


class ReferenceMemory:
    """The references that a decoder holds as it follows the stream."""

    def __init__(self, sps: Sps, held: Sequence[Reference]) -> None:
        """`held` in decode order; the last one is the picture that was just decoded."""
        self._sps = sps
        self._most = 1 << sps.frame_num_bits
        self.held = list(held)
        self._last = held[-1]
        self._offset = held[-1].poc // 2 - held[-1].frame_num  # of type 2: what wrapped frame numbers left behind

    def poc_of(self, s: Slice) -> int:
        """The picture order count of a slice's picture; raises NotFollowed where references are missing before it."""
        if s.sps is not self._sps or s.frame_num != (self._last.frame_num + 1) % self._most:
            raise NotFollowed("its frame numbers have gaps")
        if self._sps.poc_type == 2:
            wrapped = self._most if s.frame_num < self._last.frame_num else 0
            return 2 * (self._offset + wrapped + s.frame_num) - (not s.is_reference)
        return nearest_poc(self._last.poc, s.poc_lsb, self._sps.poc_bits)

    def lists(self, s: Slice, poc: int) -> tuple[list[Reference], ...]:
        """The active references of a slice, one list for P, two for B."""
        if s.kind == I:
            return ()
        if s.kind == B:
            before = sorted((r for r in self.held if r.poc < poc), key=lambda r: -r.poc)
            after = sorted((r for r in self.held if r.poc > poc), key=lambda r: r.poc)
            first, second = before + after, after + before
            if len(second) > 1 and first == second:
                second[:2] = second[1::-1]
            return self._changed(s, first, 0), self._changed(s, second, 1)
        by_number = sorted(self.held, key=lambda r: (s.frame_num - r.frame_num) % self._most)
        return (self._changed(s, by_number, 0),)

    def _changed(self, s: Slice, initial: list[Reference], which: int) -> list[Reference]:
        out = initial[: s.active[which]]
        number = s.frame_num
        for place, (idc, value) in enumerate(s.changes[which] or ()):
            number = (number + (value if idc else -value)) % self._most
            named = self._numbered(number)
            out = [*out[:place], named, *(r for r in out[place:] if r is not named)][: s.active[which]]
        if len(out) < s.active[which]:
            raise NotFollowed("references are missing")
        return out

    def _numbered(self, frame_num: int) -> Reference:
        for one in self.held:
            if one.frame_num == frame_num:
                return one
        raise NotFollowed("references are missing")

    def hold(self, s: Slice, poc: int, serial: int) -> None:
        """Take a decoded reference picture in, and let go of what it unmarks."""
        if s.unmarked is not None:
            for difference in s.unmarked:
                self.held.remove(self._numbered((s.frame_num - difference) % self._most))
        elif len(self.held) >= max(1, self._sps.references):
            self.held.pop(0)
        if len(self.held) >= max(1, self._sps.references):
            raise NotFollowed("it holds more references than it says")
        if s.frame_num < self._last.frame_num:
            self._offset += self._most
        self._last = Reference(serial, s.frame_num, poc)
        self.held.append(self._last)


def nearest_poc(last_poc: int, lsb: int, bits: int) -> int:
    """The picture order count with these low bits that follows from the last reference's (8.2.1.1)."""
    most = 1 << bits
    last_lsb = last_poc % most
    msb = last_poc - last_lsb
    if lsb < last_lsb and last_lsb - lsb >= most // 2:
        msb += most
    elif lsb > last_lsb and lsb - last_lsb > most // 2:
        msb -= most
    return msb + lsb
