"""One object whose bytes belong to several parts, each part a sealed stream of its own under its own key.

A part's stream holds that part's segments one after another; the streams lie in the order of the parts' names. Where
each segment belongs is not in the file: the list of segments stands in the session's signed manifest, and is bound into
every stream's context. Rejected: a stream for each segment, because a recording with sound has three of them a frame.
"""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import BinaryIO, Final

from replay.vault.container import (
    ContentAltered,
    SealedStream,
    StreamSealer,
    WindowedReader,
    context_of,
    sealed_size,
)
from replay.vault.segments import Segment, parts_of

_STEP: Final = 1 << 20


def _contexts(segments: Sequence[Segment], context: bytes) -> dict[str, bytes]:
    """The context of each part's stream: the object's, the part's name, and which bytes of the file belong to it."""
    text = "\n".join(f"{s.start} {s.length} {s.part}" for s in segments)
    layout = hashlib.sha256(text.encode()).hexdigest()
    # The zero byte ends the object's context, so that no object's own context can read as a part's.
    return {part: context + b"\x00" + context_of(part=part, segments=layout) for part in parts_of(segments)}


def write_segmented(
    plain: BinaryIO, out: BinaryIO, segments: Sequence[Segment], keys: Mapping[str, bytes], context: bytes
) -> None:
    """Seal the seekable `plain` onto `out` (both stay the caller's), part by part.

    Raises ValueError where the segments do not tile `plain` exactly or a part has no key.
    """
    if not _tile(segments) or plain.seek(0, io.SEEK_END) != sum(s.length for s in segments):
        raise ValueError("the segments do not tile the file")
    contexts = _contexts(segments, context)
    if not set(contexts) <= set(keys):
        raise ValueError("a part has no key")
    for part, stream_context in contexts.items():
        sealer = StreamSealer(out, keys[part], stream_context)
        for segment in segments:
            if segment.part == part:
                _seal(plain, segment, sealer)
        sealer.finish()


def _seal(plain: BinaryIO, segment: Segment, sealer: StreamSealer) -> None:
    plain.seek(segment.start)
    left = segment.length
    while left:
        content = plain.read(min(_STEP, left))
        if not content:
            raise ValueError("the file became shorter while it was sealed")
        sealer.write(content)
        left -= len(content)


class _Part:
    """One part's stream, opened and proven when something of it is first read, over one window of its plaintext."""

    def __init__(self, open_stream: Callable[[], SealedStream]) -> None:
        self._open = open_stream
        self._stream: SealedStream | None = None
        self._begin = 0
        self._window = b""

    def read(self, at: int, length: int, ahead: int) -> bytes:
        """`length` bytes from `at` on; `ahead` (≥ length) is what is worth opening at once."""
        end = at + length
        if not self._begin <= at <= end <= self._begin + len(self._window):
            if self._stream is None:
                self._stream = self._open()
            self._begin, self._window = self._stream.window(at, ahead)
        found = self._window[at - self._begin : end - self._begin]
        if len(found) != length:
            raise ContentAltered
        return found


class SegmentedReader(WindowedReader):
    """A segmented object as a seekable file; owns `file`, also where opening fails. For one thread.

    Bytes of a part that has no key in `keys` read as zeros. Each part is proven when it is first read: key, layout and
    length, then each chunk. `check` is called before anything is decrypted.
    """

    def __init__(
        self,
        file: BinaryIO,
        segments: Sequence[Segment],
        keys: Mapping[str, bytes],
        context: bytes,
        *,
        check: Callable[[], None] | None = None,
    ) -> None:
        """Raises ContentAltered where the segments do not tile an object of the file's size."""
        super().__init__(file, check)
        self._segments = tuple(segments)
        self._size = sum(s.length for s in self._segments)
        self._starts = [s.start for s in self._segments]
        self._places = _places(self._segments)
        contexts = _contexts(self._segments, context)
        lengths = {part: sum(s.length for s in self._segments if s.part == part) for part in contexts}
        offsets = list(accumulate((sealed_size(n) for n in lengths.values()), initial=0))
        try:
            if not _tile(self._segments) or file.seek(0, io.SEEK_END) != offsets[-1]:
                raise ContentAltered
        except BaseException:
            self.close()
            raise
        self._parts = {
            part: _Part(_opener(file, keys[part], contexts[part], offset, sealed_size(lengths[part])))
            for part, offset in zip(contexts, offsets, strict=False)
            if part in keys
        }

    def _load(self, at: int, wanted: int) -> tuple[int, bytes]:
        out = bytearray()
        number = bisect_right(self._starts, at) - 1
        while len(out) < wanted and number < len(self._segments):
            segment = self._segments[number]
            within = at + len(out) - segment.start
            length = min(wanted - len(out), segment.length - within)
            part = self._parts.get(segment.part)
            ahead = wanted - len(out)
            out += bytes(length) if part is None else part.read(self._places[number] + within, length, ahead)
            number += 1
        return at, bytes(out)


def _opener(file: BinaryIO, key: bytes, context: bytes, offset: int, length: int) -> Callable[[], SealedStream]:
    return lambda: SealedStream(file, key, context, offset=offset, length=length)


def _places(segments: Sequence[Segment]) -> list[int]:
    """Where each segment begins in its part's stream."""
    filled: dict[str, int] = {}
    out = []
    for s in segments:
        out.append(filled.get(s.part, 0))
        filled[s.part] = out[-1] + s.length
    return out


def _tile(segments: Sequence[Segment]) -> bool:
    """Whether they follow each other from 0 on, none of them empty."""
    ends = accumulate((s.length for s in segments), initial=0)
    return all(s.length > 0 and s.start == end for s, end in zip(segments, ends, strict=False))
