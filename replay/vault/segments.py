"""Which bytes of a file belong to which part, and how a manifest keeps the list; knows nothing of what is sealed."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """`length` bytes of plaintext from `start` on, sealed under the data key named `part`."""

    start: int
    length: int
    part: str


@dataclass(frozen=True, slots=True)
class PackedSegments:
    """The list of segments as a manifest keeps it: `lengths` is base64 of LEB128 numbers, `length × parts + part`."""

    parts: tuple[str, ...] = ()
    lengths: str = ""


def packed(segments: Sequence[Segment]) -> PackedSegments:
    """A list of segments that tile a file, in some two bytes each."""
    parts = parts_of(segments)
    out = bytearray()
    for segment in segments:
        number = segment.length * len(parts) + parts.index(segment.part)
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return PackedSegments(parts, base64.b64encode(out).decode())


def unpacked(segments: PackedSegments) -> tuple[Segment, ...]:
    """Raises ValueError where it is not what `packed` gives."""
    numbers = _numbers(base64.b64decode(segments.lengths, validate=True))
    out: list[Segment] = []
    at = 0
    for number in numbers:
        length, part = divmod(number, len(segments.parts) or 1)
        out.append(Segment(at, length, segments.parts[part] if segments.parts else ""))
        at += length
    if parts_of(out) != segments.parts:
        raise ValueError("a list of segments names parts that it does not have")
    return tuple(out)


def _numbers(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if shift > 70:
            raise ValueError("a number beyond every file")
        if byte < 128:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("a list of segments cut short")


def parts_of(segments: Iterable[Segment]) -> tuple[str, ...]:
    """The names of the parts, sorted."""
    return tuple(sorted({s.part for s in segments}))
