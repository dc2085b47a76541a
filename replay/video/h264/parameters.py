"""Parameter sets, as far as slice headers and references need them (7.3.2.1, 7.3.2.2, E.1; avcC: ISO/IEC 14496-15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from replay.video.h264.bits import BitReader, BitWriter, NotFollowed, escaped, unescaped

SPS, PPS = 7, 8
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128})
_EXTENDED_SAR: Final = 255


@dataclass(frozen=True, slots=True)
class Sps:
    """A sequence parameter set; `is_plain`: 4:2:0 with 8 bits. `reorders` is None where the stream does not say."""

    id: int
    is_plain: bool
    frame_num_bits: int
    poc_type: int
    poc_bits: int
    references: int
    width_mbs: int
    height_mbs: int
    reorders: int | None


@dataclass(frozen=True, slots=True)
class Pps:
    """A picture parameter set; `default_refs` are the active references of both lists where a slice says nothing."""

    id: int
    sps_id: int
    is_cabac: bool
    has_bottom_delta: bool
    default_refs: tuple[int, int]
    weights_p: bool
    weights_b: int
    has_deblocking: bool


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The parameter sets of one stream, by id, and their units as they were found."""

    sps: Mapping[int, Sps]
    pps: Mapping[int, Pps]
    units: frozenset[bytes]

    def of(self, pps_id: int) -> tuple[Sps, Pps]:
        pps = self.pps.get(pps_id)
        sps = None if pps is None else self.sps.get(pps.sps_id)
        if pps is None or sps is None:
            raise NotFollowed("a parameter set is missing")
        return sps, pps


def parameter_sets(extradata: bytes) -> ParameterSets:
    """The sets of a stream's extradata, avcC or start codes; raises NotFollowed for what is not followed."""
    units = [u for u in _units(extradata) if u]
    sps = [_sps(u) for u in units if u[0] & 31 == SPS]
    pps = [_pps(u) for u in units if u[0] & 31 == PPS]
    if not sps or len({s.id for s in sps}) < len(sps) or len({p.id for p in pps}) < len(pps):
        raise NotFollowed("the parameter sets are not one of each")
    return ParameterSets({s.id: s for s in sps}, {p.id: p for p in pps}, frozenset(units))


def _units(extradata: bytes) -> Iterator[bytes]:
    if extradata[:1] != b"\x01":
        for unit in extradata.split(b"\0\0\1")[1:]:
            yield unit.rstrip(b"\0")
        return
    at = 5
    for mask in (31, 255):
        count, at = (extradata[at] & mask, at + 1) if at < len(extradata) else (0, at)
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2])
            yield extradata[at + 2 : at + 2 + size]
            at += 2 + size


def _sps(unit: bytes) -> Sps:
    r = BitReader(unescaped(unit[1:]))
    profile = r.u(8)
    r.u(16)
    sps_id = r.ue()
    is_plain = True
    if profile in _HIGH_PROFILES:
        is_plain = _is_plain(r)
    frame_num_bits, poc_type = r.ue() + 4, r.ue()
    if poc_type == 1:
        raise NotFollowed("its picture order is of type 1")
    poc_bits = r.ue() + 4 if poc_type == 0 else 0
    references, has_gaps = r.ue(), r.u(1)
    width, height, is_progressive = r.ue() + 1, r.ue() + 1, r.u(1)
    if has_gaps or not is_progressive:
        raise NotFollowed("it is interlaced" if not is_progressive else "its frame numbers have gaps")
    r.u(1)
    if r.u(1):
        for _ in range(4):
            r.ue()
    reorders = _reorders(r) if r.u(1) else None
    return Sps(sps_id, is_plain, frame_num_bits, poc_type, poc_bits, references, width, height, reorders)


def _is_plain(r: BitReader) -> bool:
    chroma = r.ue()
    if chroma not in (1, 2):
        raise NotFollowed("its colours are neither 4:2:0 nor 4:2:2")
    depths = (r.ue(), r.ue())
    r.u(1)
    if r.u(1):
        for n in range(8):
            if r.u(1):
                _pass_scaling_list(r, 16 if n < 6 else 64)
    return chroma == 1 and depths == (0, 0)


def _pass_scaling_list(r: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + r.se()) % 256
        last = following or last


def _reorders(r: BitReader) -> int | None:
    """How many pictures may come out of order, from the usability information (E.1.1)."""
    _pass_colours(r)
    if r.u(1):
        r.u(65)
    has_rates = [_pass_rates(r), _pass_rates(r)]
    if any(has_rates):
        r.u(1)
    r.u(1)
    if not r.u(1):
        return None
    r.u(1)
    for _ in range(4):
        r.ue()
    return r.ue()


def _pass_colours(r: BitReader) -> None:
    if r.u(1) and r.u(8) == _EXTENDED_SAR:
        r.u(32)
    if r.u(1):
        r.u(1)
    if r.u(1):
        r.u(4)
        if r.u(1):
            r.u(24)
    if r.u(1):
        r.ue()
        r.ue()


def _pass_rates(r: BitReader) -> bool:
    """Pass over the rates of one buffer model, where there are any (E.1.2)."""
    if not r.u(1):
        return False
    count = r.ue() + 1
    r.u(8)
    for _ in range(count):
        r.ue()
        r.ue()
        r.u(1)
    r.u(20)
    return True


def _pps(unit: bytes) -> Pps:
    r = BitReader(unescaped(unit[1:]))
    pps_id, sps_id, is_cabac, has_bottom_delta = r.ue(), r.ue(), bool(r.u(1)), bool(r.u(1))
    if r.ue():
        raise NotFollowed("it has slice groups")
    default_refs = (r.ue() + 1, r.ue() + 1)
    weights_p, weights_b = bool(r.u(1)), r.u(2)
    for _ in range(3):
        r.se()
    has_deblocking = bool(r.u(1))
    r.u(1)
    if r.u(1):
        raise NotFollowed("it has redundant pictures")
    return Pps(pps_id, sps_id, is_cabac, has_bottom_delta, default_refs, weights_p, weights_b, has_deblocking)


def lossless_pps(sets: ParameterSets, sps_id: int) -> tuple[int, bytes]:
    """A picture parameter set for pictures of plain samples, under an id that the stream does not use: (id, unit)."""
    free = next((n for n in range(255, -1, -1) if n not in sets.pps), None)
    if free is None:
        raise NotFollowed("it uses every picture parameter set")
    w = BitWriter()
    w.u(3 << 5 | PPS, 8)
    w.ue(free, sps_id)
    w.u(0b00, 2)  # CAVLC; no bottom delta
    w.ue(0, 0, 0)  # one slice group; one reference
    w.u(0b000, 3)  # no weights
    w.ue(0, 0, 0)  # quantiser and chroma offsets of 0
    w.u(0b100, 3)  # slices say whether they are deblocked
    return free, escaped(w.end())
