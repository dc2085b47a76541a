"""Verifying a library's log offline: every line, every root, every signature, and what this home remembers.

Needs the log's folder and the members' cards, nothing else: no network, no key, no other part of the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from replay.errors import storage_failed
from replay.vault.card import Card
from replay.vault.log.checkpoint import Checkpoint, origin_of, verify_signature
from replay.vault.log.device_log import FILE_NAME, Line, whole_lines
from replay.vault.log.entry import Entry, EntryMalformed
from replay.vault.log.memory import Memory, Seen
from replay.vault.log.merkle import Tree, leaf_hash


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The first entry of a device's log that is not what its device wrote there."""

    device: str
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """`size` entries of a device hold under `root`; `uncounted` follow that no roster lets count."""

    device: str
    size: int
    root: bytes
    uncounted: int = 0


@dataclass(frozen=True, slots=True)
class LogReport:
    """`first_bad` is, of every device's first bad entry, the one that stands earliest in the log."""

    ok: bool
    entries: int
    devices: tuple[DeviceReport, ...]
    first_bad: FirstBad | None


def verify_log(
    folder: Path,
    library: str,
    cards: Mapping[str, Card],
    memory: Memory | None = None,
    limits: Mapping[str, int] | None = None,
) -> LogReport:
    """Check everything that can be checked of the log in `folder`. Raises StorageFailed where it cannot be read.

    `limits` says how many entries of a revoked device count. What `memory` saw must still be there.
    """
    checks = []
    for device in sorted(cards):
        check = _DeviceCheck(library, cards[device], None if memory is None else memory.seen(device))
        check.run(_content(folder / device / FILE_NAME), (limits or {}).get(device))
        checks.append(check)
    bad = [(c.last_ms, c.bad.device, c.bad) for c in checks if c.bad is not None]
    first_bad = min(bad, key=lambda b: b[:2])[2] if bad else None
    devices = tuple(c.report() for c in checks if c.tree.size or c.bad)
    return LogReport(first_bad is None, sum(d.size for d in devices), devices, first_bad)


class _DeviceCheck:
    """Walks one device's log; stops at its first bad entry."""

    def __init__(self, library: str, card: Card, seen: Seen | None) -> None:
        self.tree = Tree()
        self.last_ms = 0
        self.bad: FirstBad | None = None
        self._device = card.id
        self._origin = origin_of(library, card.id)
        self._key = Ed25519PublicKey.from_public_bytes(card.sign_key)
        self._seen = seen
        self._uncounted = 0

    def report(self) -> DeviceReport:
        return DeviceReport(self._device, self.tree.size, self.tree.root(), self._uncounted)

    def run(self, content: bytes, limit: int | None) -> None:
        lines = whole_lines(content)
        counted = lines if limit is None else lines[:limit]
        self._uncounted = len(lines) - len(counted)
        for line in counted:
            reason = self._wrong(line)
            if reason:
                self.bad = FirstBad(self._device, self.tree.size, reason)
                return
        seen = self._seen
        if seen is not None and seen.size > self.tree.size and (limit is None or self.tree.size < limit):
            self.bad = FirstBad(self._device, self.tree.size, f"is missing; this home saw {seen.size} entries")

    def _wrong(self, raw: bytes) -> str:
        """What is wrong with the next line; empty where nothing is, and then it is taken over."""
        try:
            line = Line.from_bytes(raw)
            entry = Entry.from_bytes(line.entry)
        except EntryMalformed:
            return "cannot be read"
        tree = self.tree.copy()
        tree.append(leaf_hash(line.entry))
        if entry.device != self._device or entry.seq != self.tree.size:
            return "is another entry"
        if entry.to_bytes() != line.entry:
            return "is not in canonical form"
        if entry.ts_ms < self.last_ms:
            return "is older than the entry before it"
        if tree.root() != line.root:
            return "does not fit the entries before it"
        if not verify_signature(Checkpoint(self._origin, tree.size, line.root), line.signature, self._key):
            return "is not signed by its device"
        if self._seen is not None and self._seen.size == tree.size and self._seen.root != line.root:
            return "ends another history than this home saw"
        self.tree, self.last_ms = tree, entry.ts_ms
        return ""


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as e:
        raise storage_failed(e) from e
