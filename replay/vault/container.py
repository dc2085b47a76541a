"""Sealed objects as files: what every track, table and video looks like to those that write and read it.

Readers and writers are for one thread each; open another one for another thread. What cannot be proven to be what was
sealed raises ContentAltered, and a reader that met it once raises it for ever, so that nobody goes on with half.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final

from replay.vault.canonical import canonical
from replay.vault.cobblestone import (
    CHUNK,
    HEADER_SIZE,
    SEALED_CHUNK,
    TAG_SIZE,
    Bytes,
    ChunkCipher,
    ContentAltered,
    plain_size,
    sealed_size,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = [
    "ContentAltered",
    "MemoryTrack",
    "PatchableTrack",
    "SealedReader",
    "SealedStream",
    "SealedWriter",
    "StreamSealer",
    "WindowedReader",
    "context_of",
    "plain_size",
    "seal",
    "sealed_size",
    "unseal",
]

MOST_AHEAD: Final = 16 * CHUNK  # what is read ahead is decrypted in the processor's cache; 1 MiB took twice the time


def context_of(**parts: str | int) -> bytes:
    """The canonical bytes (RFC 8785) that say what an object is; whoever opens it must name the same parts."""
    return canonical(parts)


def seal(plain: bytes, key: bytes, context: bytes) -> bytes:
    """A small object, sealed in memory."""
    out = io.BytesIO()
    sealer = StreamSealer(out, key, context)
    sealer.write(plain)
    sealer.finish()
    return out.getvalue()


def unseal(sealed: bytes, key: bytes, context: bytes) -> bytes:
    """What `seal` was given; ContentAltered where any byte, the key or the context is another."""
    return SealedReader(io.BytesIO(sealed), key, context).read()


class StreamSealer:
    """Seals one stream onto `out`, front to back; `out` stays the caller's."""

    def __init__(self, out: BinaryIO, key: bytes, context: bytes) -> None:
        self._out = out
        self._cipher = ChunkCipher.fresh(key, context)
        self._pending = bytearray()
        self._number = 0
        self.size = 0
        out.write(self._cipher.header)

    def write(self, plain: Bytes) -> None:
        """Take more of the plaintext. Where `out` fails the stream is lost: a chunk's number is never used again."""
        with memoryview(plain) as view:
            self.size += len(view)
            fill = min(len(view), CHUNK - len(self._pending)) if self._pending else 0
            self._pending += view[:fill]
            if len(self._pending) == CHUNK:
                self._out.write(self._sealed(self._pending))
                self._pending = bytearray()
            while len(view) - fill >= CHUNK:
                self._out.write(self._sealed(view[fill : fill + CHUNK]))
                fill += CHUNK
            self._pending += view[fill:]

    def leave_room(self) -> None:
        """Begin with the second chunk; `fill_room` is given the first, once. Before anything is written."""
        self._out.write(bytes(SEALED_CHUNK))
        self._number, self.size = 1, CHUNK

    def fill_room(self, first: Bytes) -> None:
        """Seal the whole first chunk into the room that was left for it; `out` must be seekable and begin here."""
        self._out.seek(HEADER_SIZE)
        self._out.write(self._cipher.seal(0, first))
        self._out.seek(0, io.SEEK_END)

    def finish(self) -> None:
        """Write the short chunk without which a reader takes the stream for cut."""
        self._out.write(self._sealed(self._pending))

    def _sealed(self, plain: Bytes) -> bytes:
        self._number += 1
        return self._cipher.seal(self._number - 1, plain)


class _Sealing(io.IOBase):
    """A file that seals onto `out`, which it owns: made whole by `close` alone.

    Leaving a `with` block by an error, a failing disk, or being forgotten abandons the object instead, so that a
    half-written one can never be taken for a whole one. Syncing is the caller's.
    """

    def __init__(self, out: BinaryIO, key: bytes, context: bytes) -> None:
        """ValueError where the key has not 32 bytes; `out` is closed then too, and where its disk fails."""
        super().__init__()
        self._out = out
        self._sealer = StreamSealer(out, key, context)

    def _finish(self) -> None:
        self._sealer.finish()

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._finish()
        except BaseException:
            self.abandon()
            raise
        super().close()
        self._out.close()

    def abandon(self) -> None:
        """Close without the final chunk: what was written stays unreadable."""
        if not self.closed:
            super().close()
            with suppress(OSError):  # the disk that refused the content may refuse the rest of the buffer too
                self._out.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.abandon()

    def __del__(self) -> None:
        self.abandon()


class SealedWriter(_Sealing, io.RawIOBase):
    """A track that is written front to back; nothing of it waits in memory but the last chunk."""

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        """Plaintext bytes written."""
        return self._sealer.size

    def write(self, data: ReadableBuffer) -> int:
        """Take all of `data`. Raises OSError where the disk fails, which abandons the object."""
        if self.closed:
            raise ValueError("write to a closed track")
        with memoryview(data).cast("B") as view:
            try:
                self._sealer.write(view)
            except BaseException:
                self.abandon()
                raise
            return len(view)


class MemoryTrack(_Sealing, io.BytesIO):
    """A track that is not written front to back: held in memory, seekable and readable, sealed when it is closed.

    For a muxer that goes back to fill in what it did not know; memory holds the whole track.
    """

    def _finish(self) -> None:
        with self.getbuffer() as content:
            self._sealer.write(content)
        super()._finish()


class PatchableTrack(_Sealing, io.RawIOBase):
    """A track that is written front to back but for its first chunk, which may be written over until it is closed.

    For a muxer that goes back into the head of a file only; memory holds that one chunk, which is sealed last.
    """

    def __init__(self, out: BinaryIO, key: bytes, context: bytes) -> None:
        super().__init__(out, key, context)
        self._head = bytearray()
        self._size = 0
        self._at = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        return self._at

    def write(self, data: ReadableBuffer) -> int:
        """Take all of `data`. OSError where the disk fails, ValueError where the place is neither head nor end."""
        if self.closed:
            raise ValueError("write to a closed track")
        with memoryview(data).cast("B") as view:
            end = self._at + len(view)
            if self._at != self._size and not 0 <= self._at <= end <= len(self._head):
                raise ValueError("only the first chunk of a track may be written over")
            if self._at == self._size:
                self._append(view)
            else:
                self._head[self._at : end] = view
            self._at, self._size = end, max(self._size, end)
            return len(view)

    def _append(self, view: memoryview) -> None:
        fill = min(CHUNK - len(self._head), len(view))
        self._head += view[:fill]
        try:
            if fill < len(view):
                if self._sealer.size == 0:
                    self._sealer.leave_room()
                self._sealer.write(view[fill:])
        except BaseException:
            self.abandon()
            raise

    def _finish(self) -> None:
        if self._sealer.size == 0:
            self._sealer.write(self._head)
            super()._finish()
            return
        super()._finish()
        self._sealer.fill_room(self._head)


class SealedStream:
    """A sealed stream that lies in `file` at `[offset, offset + length)`; its size is proven when it is opened."""

    def __init__(self, file: BinaryIO, key: bytes, context: bytes, *, offset: int, length: int) -> None:
        self.size = plain_size(length)
        self._file = file
        self._offset = offset
        self._cipher = ChunkCipher.of_header(key, self._bytes_at(0, HEADER_SIZE), context)
        self._last: bytes | None = next(self._chunks(self.size // CHUNK, 1))

    def window(self, at: int, wanted: int) -> tuple[int, bytes]:
        """(where it begins, what it holds) of the whole chunks around `[at, at + wanted)`, all of them authentic."""
        first = at // CHUNK
        last, self._last = self._last, None  # proving the size opened it, and a small object has no other chunk
        if last is not None and first == self.size // CHUNK:
            return first * CHUNK, last
        count = (min(at + wanted, self.size) - 1) // CHUNK - first + 1
        return first * CHUNK, b"".join(self._chunks(first, count))

    def _chunks(self, first: int, count: int) -> Iterator[bytes]:
        begin = first * CHUNK
        plain = min(count * CHUNK, self.size - begin)
        with memoryview(self._bytes_at(HEADER_SIZE + first * SEALED_CHUNK, plain + count * TAG_SIZE)) as sealed:
            for n in range(count):
                yield self._cipher.open(first + n, sealed[n * SEALED_CHUNK : (n + 1) * SEALED_CHUNK])

    def _bytes_at(self, at: int, count: int) -> bytes:
        self._file.seek(self._offset + at)
        found = self._file.read(count)
        if len(found) != count:
            raise ContentAltered
        return found


class WindowedReader(io.RawIOBase):
    """A seekable reader of `_size` bytes over one window of plaintext, which grows while reading goes on in order.

    Owns `file`. A jump fetches only what was asked for; each fetch that continues the one before doubles it, up to
    `MOST_AHEAD`.
    """

    def __init__(self, file: BinaryIO, check: Callable[[], None] | None) -> None:
        self._file = file
        self._size = 0
        self._check = check
        self._at = 0
        self._window_at = 0
        self._window = b""
        self._is_altered = False
        self.on_altered: Callable[[], None] | None = None
        """Called once, before the error is raised."""

    def _load(self, at: int, wanted: int) -> tuple[int, bytes]:
        """(where it begins, what it holds) of a window around `at`, which may hold less than `wanted` bytes from it."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}.get(whence)
        if self.closed or origin is None or origin + offset < 0:
            raise ValueError("a closed track, or a place before its beginning")
        self._at = origin + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Exactly `size` bytes, fewer only at the end. Raises ContentAltered, and what `check` raises."""
        wanted = self._size if size is None or size < 0 else size
        at = self._at - self._window_at
        if at >= 0 and at + wanted <= len(self._window):  # the common case: a small piece of what lies ready
            self._at += wanted
            return self._window[at : at + wanted]
        out = io.BytesIO()  # grows in place, and gives its bytes away without copying them
        for piece in self._pieces(wanted):
            out.write(piece)
        return out.getvalue()

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: WriteableBuffer) -> int:
        with memoryview(buffer).cast("B") as view:
            content = self.read(len(view))
            view[: len(content)] = content
            return len(content)

    def _pieces(self, wanted: int) -> Iterator[bytes]:
        """The plaintext from the place reached, which moves on only when all of it is proven."""
        if self.closed:
            raise ValueError("read of a closed track")
        if self._is_altered:
            raise ContentAltered
        at, end = self._at, min(self._at + wanted, self._size)
        while at < end:
            if not self._window_at <= at < self._window_at + len(self._window):
                self._fetch(at, end - at)
            begin = at - self._window_at
            piece = self._window[begin : begin + end - at]
            at += len(piece)
            yield piece
        self._at = max(self._at, at)

    def _fetch(self, at: int, wanted: int) -> None:
        before = len(self._window)
        continues = before > 0 and at == self._window_at + before
        self._window = b""  # nothing stays readable where the check or the content fails
        if self._check is not None:
            self._check()
        ahead = max(wanted, 2 * before) if continues else wanted
        try:
            self._window_at, self._window = self._load(at, min(ahead, MOST_AHEAD))
        except ContentAltered:
            self._is_altered = True
            if self.on_altered is not None:
                self.on_altered()
            raise

    def close(self) -> None:
        if not self.closed:
            self._window = b""
            super().close()
            self._file.close()


class SealedReader(WindowedReader):
    """A sealed object as a seekable file; owns `file`, also where opening fails.

    Opening proves key, context and size, or raises ContentAltered. `check` is called before anything is decrypted;
    what it raises (a lease that ended) reaches the reader's user.
    """

    def __init__(self, file: BinaryIO, key: bytes, context: bytes, *, check: Callable[[], None] | None = None) -> None:
        super().__init__(file, check)
        try:
            if check is not None:
                check()
            self._stream = SealedStream(file, key, context, offset=0, length=file.seek(0, io.SEEK_END))
        except BaseException:
            self.close()
            raise
        self._size = self._stream.size

    def _load(self, at: int, wanted: int) -> tuple[int, bytes]:
        return self._stream.window(at, wanted)
