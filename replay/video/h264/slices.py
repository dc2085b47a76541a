"""Slice headers: read, and written anew with other numbers and references (7.3.3, 7.3.3.1, 7.3.3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from replay.video.h264.bits import BitReader, BitWriter, NotFollowed, escaped, unescaped
from replay.video.h264.parameters import ParameterSets, Pps, Sps

SLICE, IDR = 1, 5
P, B, I = 0, 1, 2  # noqa: E741 - the standard's own names
_HEADER_BYTES: Final = 640  # more than any header takes
_MOST_REFS: Final = 32
_UNREFERENCED, _END = 1, 0  # memory management control operations (table 7-9)


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice and where the parts of its header lie, in bits behind the unit's first byte.

    `active`: references in use in each list. `changes`: for each list its modifications as (idc, value), None for the
    default order. `unmarked`: differences of picture numbers that are no longer used, None for the sliding window.
    """

    content: bytes
    head: int
    kind: int
    pps: Pps
    sps: Sps
    frame_num: int
    poc_lsb: int
    active: tuple[int, int]
    changes: tuple[tuple[tuple[int, int], ...] | None, ...]
    unmarked: tuple[int, ...] | None
    frame_num_at: int
    poc_at: int
    changes_at: tuple[int, int]
    marking_at: tuple[int, int]
    end: int

    @property
    def is_idr(self) -> bool:
        return self.head & 31 == IDR

    @property
    def is_reference(self) -> bool:
        return bool(self.head >> 5 & 3)


def read_slice(unit: bytes, sets: ParameterSets) -> Slice:
    """The header of a slice unit; raises NotFollowed."""
    content = unescaped(unit[1:])
    r = BitReader(content[:_HEADER_BYTES])
    r.ue()
    kind = r.ue() % 5
    if kind > I:
        raise NotFollowed("it has switching slices")
    sps, pps = sets.of(r.ue())
    frame_num_at = r.at
    frame_num = r.u(sps.frame_num_bits)
    is_idr, is_reference = unit[0] & 31 == IDR, bool(unit[0] >> 5 & 3)
    if is_idr:
        r.ue()
    poc_at = r.at
    poc_lsb = r.u(sps.poc_bits)
    if pps.has_bottom_delta and sps.poc_type == 0 and r.se():
        raise NotFollowed("its fields differ in order")
    if kind == B:
        r.u(1)
    active = _active(r, kind, pps)
    begin = r.at
    changes = tuple(_changes(r) for _ in range((1, 2, 0)[kind]))
    changes_at = (begin, r.at)
    if (pps.weights_p and kind == P) or (pps.weights_b == 1 and kind == B):
        _pass_weights(r, active)
    begin = r.at
    unmarked = _unmarked(r, is_idr) if is_reference else None
    marking_at = (begin, r.at)
    _pass_rest(r, kind, pps)
    return Slice(
        content, unit[0], kind, pps, sps, frame_num, poc_lsb, active, changes, unmarked,
        frame_num_at, poc_at, changes_at, marking_at, r.at,
    )  # fmt: skip


def _active(r: BitReader, kind: int, pps: Pps) -> tuple[int, int]:
    if kind == I:
        return 0, 0
    first, second = pps.default_refs
    if r.u(1):
        first = r.ue() + 1
        second = r.ue() + 1 if kind == B else second
    if max(first, second) > _MOST_REFS:
        raise NotFollowed("it has too many references")
    return first, second if kind == B else 0


def _changes(r: BitReader) -> tuple[tuple[int, int], ...] | None:
    if not r.u(1):
        return None
    out: list[tuple[int, int]] = []
    while (idc := r.ue()) != 3:
        if idc > 1 or len(out) > _MOST_REFS:
            raise NotFollowed("it has long-term references")
        out.append((idc, r.ue() + 1))
    return tuple(out)


def _pass_weights(r: BitReader, active: tuple[int, int]) -> None:
    r.ue(), r.ue()
    for _ in range(sum(active)):
        if r.u(1):
            r.se(), r.se()
        if r.u(1):
            r.se(), r.se(), r.se(), r.se()


def _unmarked(r: BitReader, is_idr: bool) -> tuple[int, ...] | None:
    if is_idr:
        if r.u(2) & 1:
            raise NotFollowed("it has long-term references")
        return None
    if not r.u(1):
        return None
    out: list[int] = []
    while (operation := r.ue()) != _END:
        if operation != _UNREFERENCED:
            raise NotFollowed("it has long-term references")
        out.append(r.ue() + 1)
    return tuple(out)


def _pass_rest(r: BitReader, kind: int, pps: Pps) -> None:
    if pps.is_cabac and kind != I:
        r.ue()
    r.se()
    if pps.has_deblocking and r.ue() != 1:
        r.se(), r.se()


def rewritten(
    s: Slice, frame_num: int, poc_lsb: int, changes: Sequence[Sequence[tuple[int, int]]], unmarked: Sequence[int]
) -> bytes:
    """The slice as a unit with other numbers, all its references named one by one, and what it unmarks."""
    r = BitReader(s.content[:_HEADER_BYTES])
    w = BitWriter()
    w.u(s.head, 8)
    w.u(*r.between(0, s.frame_num_at))
    w.u(frame_num, s.sps.frame_num_bits)
    w.u(*r.between(s.frame_num_at + s.sps.frame_num_bits, s.poc_at))
    w.u(poc_lsb, s.sps.poc_bits)
    w.u(*r.between(s.poc_at + s.sps.poc_bits, s.changes_at[0]))
    for one in changes:
        write_changes(w, one)
    w.u(*r.between(s.changes_at[1], s.marking_at[0]))
    if s.is_reference:
        write_unmarked(w, unmarked)
    w.u(*r.between(s.marking_at[1], s.end))
    return escaped(_with_samples(s, w))


def _with_samples(s: Slice, w: BitWriter) -> bytes:
    """The coded samples behind a new header: whole bytes with CABAC (7.3.4), moved bit by bit without."""
    if s.pps.is_cabac:
        w.fill(1)
        return w.whole() + s.content[-(-s.end // 8) :]
    whole = s.end // 8
    left = len(s.content) * 8 - s.end
    samples = int.from_bytes(s.content[whole:]) & ((1 << left) - 1)
    if samples == 0:
        raise NotFollowed("a slice is empty")
    zeros = (samples & -samples).bit_length() - 1
    w.u(samples >> zeros, left - zeros)
    w.fill(0)
    return w.whole()


def write_changes(w: BitWriter, changes: Sequence[tuple[int, int]]) -> None:
    w.u(1, 1)
    for idc, value in changes:
        w.ue(idc, value - 1)
    w.ue(3)


def write_unmarked(w: BitWriter, unmarked: Sequence[int]) -> None:
    w.u(1, 1)
    for difference in unmarked:
        w.ue(_UNREFERENCED, difference - 1)
    w.ue(_END)
