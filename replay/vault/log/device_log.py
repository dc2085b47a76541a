"""One device's part of the log: a file of signed lines that only ever grows.

A line is `entry SP root SP signature LF`: the entry as canonical JSON, the RFC 6962 root over all entries up to this
one, and the device's signature over the checkpoint (origin, size, root), both in base64. The newest line vouches for
every line before it. A last line without its LF, or with zero bytes in it (what a file system leaves of a write that
a power cut overtook), never happened: its writer was never told that it did.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from replay.errors import BadInput, storage_failed
from replay.vault.canonical import canonical
from replay.vault.card import Card
from replay.vault.disk import Disk
from replay.vault.log.checkpoint import SIGNATURE_BYTES, Checkpoint, origin_of, verify_signature
from replay.vault.log.entry import Entry, EntryMalformed
from replay.vault.log.file_lock import lock
from replay.vault.log.merkle import HASH_BYTES, Tree, leaf_hash, root_of
from replay.vault.statements import Signer

FILE_NAME: Final = "entries.log"
CARD_NAME: Final = "card.json"
_READ_BYTES: Final = 1 << 20

_TAIL: Final = re.compile(rb" [A-Za-z0-9+/]{43}= [A-Za-z0-9+/]{86}==")
_TAIL_BYTES: Final = 134

_Stamp = tuple[int, int, int]


class LogAltered(BadInput):
    """A device's log holds something that its device never wrote there. `seq` is the first entry that is wrong."""

    def __init__(self, device: str, seq: int, reason: str) -> None:
        super().__init__(
            "log_altered",
            f"The audit log was altered: entry {seq} of {device} {reason}.",
            "Restore the library's log from a backup; “safelight log --verify” names what is wrong.",
        )
        self.device = device
        self.seq = seq
        self.reason = reason


class LogRolledBack(BadInput):
    """The log is older than what this home has seen of it, or another history altogether."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(
            "log_rolled_back",
            f"The audit log was set back: the log of {device} {reason}.",
            "Bring back the newest copy of the library; an older one is not accepted.",
        )
        self.device = device
        self.reason = reason


LOG_REFUSED: Final = (LogAltered, LogRolledBack)
"""What no reader of the library may take for damage to one file."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file; nothing is verified."""

    entry: bytes
    root: bytes
    signature: bytes

    def to_bytes(self) -> bytes:
        return b"%s %s %s\n" % (self.entry, base64.b64encode(self.root), base64.b64encode(self.signature))

    @classmethod
    def from_bytes(cls, line: bytes) -> Line:
        """A line without its LF. Raises EntryMalformed."""
        try:
            entry, root, signature = line.rsplit(b" ", 2)
            parsed = cls(entry, base64.b64decode(root, validate=True), base64.b64decode(signature, validate=True))
        except ValueError:
            raise EntryMalformed from None
        if len(parsed.root) != HASH_BYTES or len(parsed.signature) != SIGNATURE_BYTES:
            raise EntryMalformed
        if parsed.to_bytes()[:-1] != line:  # base64 has spare bits; one line has one spelling
            raise EntryMalformed
        return parsed


def whole_lines(content: bytes) -> list[bytes]:
    """The lines that happened, without their LF; what follows the last LF is torn, and so is a last line with zeros."""
    lines = content.split(b"\n")[:-1]
    if lines and b"\0" in lines[-1]:
        lines.pop()
    return lines


def _entry_of(line: bytes) -> bytes:
    """The entry of a line that has the form of one. What its root and signature say is asked of the newest line alone.

    Raises EntryMalformed.
    """
    at = len(line) - _TAIL_BYTES
    if at < 0 or _TAIL.fullmatch(line, at) is None:
        raise EntryMalformed
    return line[:at]


class DeviceLog:
    """A device's log as far as it was read and found true. Not safe across threads.

    `size` and `root()` are of what was read. Reading stops before `limit` entries where one is set.
    """

    def __init__(self, folder: Path, library: str, card: Card, disk: Disk) -> None:
        self.device = card.id
        self._path = folder / card.id / FILE_NAME
        self._origin = origin_of(library, card.id)
        self._key = Ed25519PublicKey.from_public_bytes(card.sign_key)
        self._disk = disk
        self._tree = Tree()
        self._leaves = bytearray()
        self._offset = 0
        self._stamp: _Stamp | None = None
        self.last_ms = 0
        self.first_ms: int | None = None
        self.has_more = False
        """Whether entries follow after the limit."""

    @property
    def size(self) -> int:
        return self._tree.size

    def root(self) -> bytes:
        return self._tree.root()

    def leaves(self) -> list[bytes]:
        return [bytes(self._leaves[i : i + HASH_BYTES]) for i in range(0, len(self._leaves), HASH_BYTES)]

    def root_at(self, size: int) -> bytes:
        """The root over the first `size` entries that were read."""
        return self.root() if size == self.size else root_of(self.leaves()[:size])

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self._origin, self.size, self.root())

    # -- reading ---------------------------------------------------------------------------------------------------

    def is_current(self) -> bool:
        """Whether the file is as it was when it was last read: one stat."""
        return self._stamp is not None and self._stamp == self._stamp_of()

    def read_tail(self, limit: int | None = None) -> list[Entry]:
        """Entries that were added since the last reading, checked against everything before them.

        Raises LogRolledBack (shorter than read before), LogAltered, StorageFailed.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return self._absent()
        except OSError as e:
            raise storage_failed(e) from e
        try:
            lock(descriptor, shared=True)  # what a writer has not made durable is not seen
            return self._read_locked(descriptor, limit)
        except OSError as e:
            raise storage_failed(e) from e
        finally:
            os.close(descriptor)

    def _absent(self) -> list[Entry]:
        if self.size:
            raise LogRolledBack(self.device, "is gone")
        return []

    def _read_locked(self, descriptor: int, limit: int | None) -> list[Entry]:
        stamp = _stamp(os.fstat(descriptor))
        if stamp[1] < self._offset:
            raise LogRolledBack(self.device, "is shorter than it was")
        if self._was_replaced(stamp):
            for _ in self.read_again():
                pass
        lines = whole_lines(_read_from(descriptor, self._offset))
        wanted = lines if limit is None else lines[: max(0, limit - self.size)]
        self.has_more = len(wanted) < len(lines)
        entries = self._checked(wanted)
        self._stamp = stamp
        return entries

    def _was_replaced(self, stamp: _Stamp) -> bool:
        """Whether the file is another one or was written to without growing; growth proves its own past by its root."""
        if self._stamp is None or stamp == self._stamp:
            return False
        return stamp[0] != self._stamp[0] or stamp[1] == self._stamp[1]

    def _checked(self, lines: list[bytes]) -> list[Entry]:
        """Take lines over once the newest of them vouches for all; nothing is taken over otherwise."""
        if not lines:
            return []
        tree, leaves, entries = self._tree.copy(), bytearray(), []
        last_ms = self.last_ms
        for line in lines:
            entry, leaf = self._entry(line, tree.size, last_ms)
            tree.append(leaf)
            leaves += leaf
            entries.append(entry)
            last_ms = entry.ts_ms
        newest = Line.from_bytes(lines[-1])
        if newest.root != tree.root() or not self._signed(tree.size, newest):
            raise self._first_wrong(lines)
        self._tree, self.last_ms = tree, last_ms
        self._leaves += leaves
        self._offset += sum(len(line) + 1 for line in lines)
        self.first_ms = entries[0].ts_ms if self.first_ms is None else self.first_ms
        return entries

    def _entry(self, line: bytes, seq: int, last_ms: int) -> tuple[Entry, bytes]:
        try:
            content = _entry_of(line)
            entry = Entry.from_bytes(content)
        except EntryMalformed:
            raise LogAltered(self.device, seq, "cannot be read") from None
        if entry.seq != seq or entry.device != self.device:
            raise LogAltered(self.device, seq, "is another entry")
        if entry.ts_ms < last_ms:
            raise LogAltered(self.device, seq, "is older than the entry before it")
        return entry, leaf_hash(content)

    def _signed(self, size: int, line: Line) -> bool:
        return verify_signature(Checkpoint(self._origin, size, line.root), line.signature, self._key)

    def _first_wrong(self, lines: list[bytes]) -> LogAltered:
        """Which of the lines is the first that its device did not write."""
        tree = self._tree.copy()
        for raw in lines:
            line = Line.from_bytes(raw)
            tree.append(leaf_hash(line.entry))
            if line.root != tree.root():
                return LogAltered(self.device, tree.size - 1, "does not fit the entries before it")
            if not self._signed(tree.size, line):
                return LogAltered(self.device, tree.size - 1, "is not signed by its device")
        raise AssertionError("the newest line was wrong and no line is")

    def read_again(self) -> Iterator[Entry]:
        """Every entry that was read, from the file, each checked against what was read. Raises LogAltered."""
        try:
            with open(self._path, "rb") as f:
                for seq in range(self.size):
                    entry, leaf = self._entry(f.readline().removesuffix(b"\n"), seq, 0)
                    if leaf != self._leaves[seq * HASH_BYTES : (seq + 1) * HASH_BYTES]:
                        raise LogAltered(self.device, seq, "is not what it was")
                    yield entry
        except FileNotFoundError:
            self._absent()
        except OSError as e:
            raise storage_failed(e) from e

    def newest_line(self) -> Line | None:
        """The line that vouches for everything read; None where nothing was."""
        if not self.size:
            return None
        try:
            content = self._path.read_bytes()[: self._offset]
        except OSError as e:
            raise storage_failed(e) from e
        return Line.from_bytes(content[:-1].rpartition(b"\n")[2])

    # -- writing ---------------------------------------------------------------------------------------------------

    def append(self, make: Callable[[int, int], Entry], signer: Signer) -> list[Entry]:
        """Write one entry and make it durable: one write and one fsync under the file's lock.

        `make(seq, ms of the entry before)` builds it once what another process of the same identity wrote is taken
        over. Returns all that was added, the written entry last. Raises StorageFailed; then the file ends where it
        ended before, or a failed disk keeps a whole entry, which the next reading takes over.
        """
        try:
            descriptor = self._open_for_writing(signer.card)
            try:
                lock(descriptor)
                added = self._read_locked(descriptor, None)
                return [*added, self._append_locked(descriptor, make, signer)]
            finally:
                os.close(descriptor)
        except OSError as e:
            raise storage_failed(e) from e

    def _open_for_writing(self, card: Card) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC
        try:
            return os.open(self._path, flags)
        except FileNotFoundError:
            if self.size:
                raise LogRolledBack(self.device, "is gone") from None
        self._disk.make_folder(self._path.parent)
        self._disk.write_file(self._path.with_name(CARD_NAME), canonical(card.to_dict()))
        return os.open(self._path, flags | os.O_CREAT, 0o600)

    def _append_locked(self, descriptor: int, make: Callable[[int, int], Entry], signer: Signer) -> Entry:
        entry = make(self.size, self.last_ms)
        content = entry.to_bytes()
        tree, leaf = self._tree.copy(), leaf_hash(content)
        tree.append(leaf)
        checkpoint = Checkpoint(self._origin, tree.size, tree.root())
        line = Line(content, checkpoint.root, signer.sign(checkpoint.body)).to_bytes()
        self._write(descriptor, line)
        self._tree, self.last_ms = tree, entry.ts_ms
        self._leaves += leaf
        self._offset += len(line)
        self.first_ms = entry.ts_ms if self.first_ms is None else self.first_ms
        self._stamp = _stamp(os.fstat(descriptor))
        return entry

    def _write(self, descriptor: int, line: bytes) -> None:
        if os.fstat(descriptor).st_size > self._offset:
            self._disk.truncate(descriptor, self._offset)  # a torn line
        os.lseek(descriptor, self._offset, os.SEEK_SET)
        try:
            self._disk.write(descriptor, line)
            self._disk.fsync(descriptor)
            if not self._offset:
                self._disk.sync_folder(self._path.parent)
        except OSError:
            with contextlib.suppress(OSError):
                self._disk.truncate(descriptor, self._offset)
                self._disk.fsync(descriptor)
            raise

    def _stamp_of(self) -> _Stamp | None:
        try:
            return _stamp(self._path.stat())
        except FileNotFoundError:
            return None
        except OSError as e:
            raise storage_failed(e) from e


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read_from(descriptor: int, offset: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, _READ_BYTES):
        parts.append(part)
    return b"".join(parts)
