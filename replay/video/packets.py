"""What one packet is to a decoder: an entry point, a picture that is never shown, or one nothing else refers to.

Read from the coded bytes, since containers mark "key" what is not always a clean entry (H.264: ITU-T H.264 7.4.1 and
D.1.7; HEVC: ITU-T H.265 7.4.2.2; VP8: RFC 6386 9.1; VP9: bitstream specification 0.6, 6.2 and annex B).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_H264_SLICE, _H264_IDR, _H264_SEI = 1, 5, 6
_H264_SLICES: Final = frozenset({1, 2, 5})
_SEI_RECOVERY_POINT: Final = 6
_HEVC_IRAP: Final = range(16, 24)
_HEVC_VCL_END: Final = 32


@dataclass(frozen=True, slots=True)
class PacketReader:
    """Looks into packets of one stream; `length_size` is 0 for Annex B start codes."""

    codec: str
    length_size: int

    def nals(self, data: memoryview) -> Iterator[memoryview]:
        """The NAL units of one H.264 or HEVC packet, without their prefix."""
        if self.length_size == 0:
            yield from _annex_b(data)
            return
        at = 0
        while at + self.length_size < len(data):
            size = int.from_bytes(data[at : at + self.length_size], "big")
            at += self.length_size
            if size == 0 or at + size > len(data):
                return
            yield data[at : at + size]
            at += size

    def is_entry(self, data: memoryview) -> bool:
        """Whether decoding may start here and give this picture exactly. Asked of packets the container calls key."""
        if self.codec == "h264":
            return self._h264_entry(data)
        if self.codec == "hevc":
            kinds = [(nal[0] >> 1) & 63 for nal in self.nals(data)]
            return any(k in _HEVC_IRAP for k in kinds if k < _HEVC_VCL_END)
        return True

    def _h264_entry(self, data: memoryview) -> bool:
        recovers = False
        for nal in self.nals(data):
            kind = nal[0] & 31
            if kind == _H264_IDR:
                return True
            recovers = recovers or (kind == _H264_SEI and _recovers_at_once(nal))
            if kind == _H264_SLICE:
                return recovers
        return False

    def is_shown(self, data: memoryview) -> bool:
        """Whether this packet gives a picture to show; VP8 and VP9 may carry reference-only ones."""
        if len(data) == 0:
            return False
        if self.codec == "vp8":
            return bool(data[0] >> 4 & 1)
        if self.codec == "vp9":
            return _vp9_shown(data)
        return True

    def is_unreferenced(self, data: memoryview) -> bool:
        """Whether no other picture needs this one, so that leaving it out changes nothing else (H.264 only)."""
        if self.codec != "h264":
            return False
        slices = [nal[0] for nal in self.nals(data) if nal[0] & 31 in _H264_SLICES]
        return bool(slices) and all(head >> 5 & 3 == 0 for head in slices)


def packet_reader(codec: str, extradata: bytes | None) -> PacketReader:
    """A reader for a stream; `extradata` says how its NAL units are framed (avcC, hvcC, or none: start codes)."""
    length_size = 0
    if extradata and extradata[0] == 1:
        if codec == "h264" and len(extradata) > 4:
            length_size = (extradata[4] & 3) + 1
        elif codec == "hevc" and len(extradata) > 21:
            length_size = (extradata[21] & 3) + 1
    return PacketReader(codec, length_size)


def _annex_b(data: memoryview) -> Iterator[memoryview]:
    raw = bytes(data)
    start = raw.find(b"\x00\x00\x01")
    while start >= 0:
        end = raw.find(b"\x00\x00\x01", start + 3)
        nal = data[start + 3 : end if end >= 0 else len(raw)]
        if len(nal):
            yield nal
        start = end


def _recovers_at_once(nal: memoryview) -> bool:
    """Whether an SEI unit holds a recovery point with recovery_frame_cnt 0 (first bit of its payload is ue(0))."""
    at = 1
    while at + 2 < len(nal):
        kind = size = 0
        while at < len(nal) and nal[at] == 255:
            kind, at = kind + 255, at + 1
        kind, at = kind + nal[at], at + 1
        while at < len(nal) and nal[at] == 255:
            size, at = size + 255, at + 1
        if at >= len(nal):
            return False
        size, at = size + nal[at], at + 1
        if kind == _SEI_RECOVERY_POINT:
            return at < len(nal) and bool(nal[at] & 0x80)
        at += size
    return False


def _vp9_shown(data: memoryview) -> bool:
    last = data[-1]
    if last & 0xE0 == 0xC0:
        frames, magnitude = (last & 7) + 1, (last >> 3 & 3) + 1
        index = 2 + frames * magnitude
        if len(data) >= index and data[-index] == last:
            sizes = [
                int.from_bytes(data[at : at + magnitude], "little")
                for at in range(len(data) - index + 1, len(data) - 1, magnitude)
            ]
            start = sum(sizes[:-1])
            return start < len(data) and _vp9_frame_shown(data[start])
    return _vp9_frame_shown(data[0])


def _vp9_frame_shown(head: int) -> bool:
    if head >> 4 & 3 == 3:  # profile 3 has one more bit in front
        return bool(head >> 2 & 1) or bool(head & 1)
    return bool(head >> 3 & 1) or bool(head >> 1 & 1)
