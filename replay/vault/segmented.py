"""One object whose bytes belong to several classes: segments, each a sealed stream of its own under its part's key.

The sealed streams lie one after the other in the order of their segments. The list of segments is not in the file: it
stands in the session's signed manifest, and each segment's place and part are bound into its context.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """`length` bytes of plaintext from `start` on, sealed under the data key named `part`."""

    start: int
    length: int
    part: str

    def context(self, context: bytes) -> bytes:
        # The zero byte ends the object's context, so that no object's own context can read as a segment's.
        return context + b"\x00" + context_of(start=self.start, length=self.length, part=self.part)


def write_segmented(
    plain: BinaryIO, out: BinaryIO, segments: Sequence[Segment], keys: Mapping[str, bytes], context: bytes
) -> None:
    """Seal the seekable `plain` onto `out` (both stay the caller's), segment by segment.

    Raises ValueError where the segments do not tile `plain` exactly or a part has no key.
    """
    if not _tile(segments) or plain.seek(0, io.SEEK_END) != sum(s.length for s in segments):
        raise ValueError("the segments do not tile the file")
    if not {s.part for s in segments} <= set(keys):
        raise ValueError("a part has no key")
    plain.seek(0)
    for segment in segments:
        sealer = StreamSealer(out, keys[segment.part], segment.context(context))
        while sealer.size < segment.length:
            content = plain.read(min(_STEP, segment.length - sealer.size))
            if not content:
                raise ValueError("the file became shorter while it was sealed")
            sealer.write(content)
        sealer.finish()


class SegmentedReader(WindowedReader):
    """A segmented object as a seekable file; owns `file`, also where opening fails. For one thread.

    Bytes of a part that has no key in `keys` read as zeros. Each segment is proven when it is first read: key, place,
    part and length, then each chunk. `check` is called before anything is decrypted.
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
        self._keys = dict(keys)
        self._context = context
        self._streams: dict[int, SealedStream] = {}
        self._size = sum(s.length for s in self._segments)
        self._starts = [s.start for s in self._segments]
        self._offsets = list(accumulate((sealed_size(s.length) for s in self._segments), initial=0))
        try:
            if not _tile(self._segments) or file.seek(0, io.SEEK_END) != self._offsets[-1]:
                raise ContentAltered
        except BaseException:
            self.close()
            raise

    def _load(self, at: int, wanted: int) -> tuple[int, bytes]:
        number = bisect_right(self._starts, at) - 1
        segment = self._segments[number]
        within = at - segment.start
        wanted = min(wanted, segment.length - within)
        if segment.part not in self._keys:
            return at, bytes(wanted)
        begin, content = self._stream(number).window(within, wanted)
        return segment.start + begin, content

    def _stream(self, number: int) -> SealedStream:
        if number not in self._streams:
            segment = self._segments[number]
            self._streams[number] = SealedStream(
                self._file,
                self._keys[segment.part],
                segment.context(self._context),
                offset=self._offsets[number],
                length=sealed_size(segment.length),
            )
        return self._streams[number]


def _tile(segments: Sequence[Segment]) -> bool:
    """Whether they follow each other from 0 on, none of them empty."""
    ends = accumulate((s.length for s in segments), initial=0)
    return all(s.length > 0 and s.start == end for s, end in zip(segments, ends, strict=False))
