"""What one home remembers of a library's log: how long each device's part was, and under which root.

Nothing in the library can show that it was set back as a whole; what its readers remember can.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from replay.errors import BadInput, StorageFailed, storage_failed
from replay.vault.disk import Disk
from replay.vault.log.file_lock import PATIENCE_S, FileLock
from replay.vault.log.merkle import HASH_BYTES

_FORMAT: Final = 1
_WRITE_EVERY_S: Final = 1.0
_PATIENCE_AT_END_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """A device's log as it was seen: `size` entries under `root`."""

    size: int
    root: bytes


@dataclass(slots=True)
class _Known:
    """What is known and not yet written; apart from `Memory`, so that its end can write it."""

    path: Path
    disk: Disk
    devices: dict[str, Seen] = field(default_factory=dict)
    roster: int = 0
    is_dirty: bool = False

    def flush_at_end(self) -> None:
        """`flush` with nobody left to hear of a failure.

        The collector may call it in the midst of another memory's writing, on the thread that holds the lock: so it
        hardly waits. What is lost then was seen within the last second.
        """
        with suppress(StorageFailed, BadInput):
            self.flush(_PATIENCE_AT_END_S)

    def flush(self, patience_s: float = PATIENCE_S) -> None:
        """Write what another process of this home has not already surpassed. Raises StorageFailed, BadInput."""
        if not self.is_dirty:
            return
        try:
            self.disk.make_folder(self.path.parent)
            with FileLock(self.path.with_suffix(".lock"), patience_s):
                self._merge_written()
                partial = self.path.with_suffix(".partial")
                self.disk.write_file(partial, self._document())
                self.disk.rename(partial, self.path)
                self.disk.sync_folder(self.path.parent)
        except OSError as e:
            raise storage_failed(e) from e
        self.is_dirty = False

    def _merge_written(self) -> None:
        devices, roster = _read(self.path)
        for device, seen in devices.items():
            if device not in self.devices or self.devices[device].size < seen.size:
                self.devices[device] = seen
        self.roster = max(self.roster, roster)

    def _document(self) -> bytes:
        devices = {d: [s.size, base64.b64encode(s.root).decode()] for d, s in sorted(self.devices.items())}
        return json.dumps({"format": _FORMAT, "roster": self.roster, "devices": devices}, indent=1).encode()


class Memory:
    """The memory of `home` for one library. Writes at most once a second, and when it is closed or the process ends.

    `library` is the library's id. Safe to use from any thread. Raises BadInput (log_memory_damaged) where the file
    cannot be read: a memory that were begun anew in silence would forget what it is there to notice.
    """

    def __init__(self, home: Path, library: str, disk: Disk | None = None) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._written_s = -_WRITE_EVERY_S
        path = home / "memory" / f"{library}.json"
        devices, roster = _read(path)
        self._known = _Known(path, disk or Disk(), devices, roster)
        self._at_end = weakref.finalize(self, _Known.flush_at_end, self._known)

    @property
    def roster_version(self) -> int:
        """The newest roster version that was seen in force."""
        return self._known.roster

    def seen(self, device: str) -> Seen | None:
        return self._known.devices.get(device)

    @property
    def devices(self) -> frozenset[str]:
        return frozenset(self._known.devices)

    def note(self, device: str, size: int, root: bytes) -> None:
        """A device's log was seen with `size` entries; a shorter one than known is not noted."""
        with self._lock:
            known = self._known.devices.get(device)
            if known is None or known.size < size:
                self._known.devices[device] = Seen(size, root)
                self._known.is_dirty = True

    def note_roster(self, version: int) -> None:
        with self._lock:
            if version > self._known.roster:
                self._known.roster = version
                self._known.is_dirty = True

    def write_if_due(self) -> None:
        """Write unless it was written less than a second ago. Raises StorageFailed."""
        with self._lock:
            if self._known.is_dirty and time.monotonic() - self._written_s >= _WRITE_EVERY_S:
                self._known.flush()
                self._written_s = time.monotonic()

    def close(self) -> None:
        """Write what is not written. Raises StorageFailed."""
        with self._lock:
            self._known.flush()


def _read(path: Path) -> tuple[dict[str, Seen], int]:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            raise ValueError("format")
        return {str(d): _seen(s) for d, s in document["devices"].items()}, _count(document["roster"])
    except FileNotFoundError:
        return {}, 0
    except OSError as e:
        raise storage_failed(e) from e
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
        raise BadInput(
            "log_memory_damaged",
            "What this home remembers of the library's log is damaged.",
            f"Restore {os.path.join('memory', path.name)} in the home; removing it gives up what it would notice.",
        ) from e


def _seen(value: Any) -> Seen:
    size, root = value
    try:
        decoded = base64.b64decode(root, validate=True)
    except binascii.Error as e:
        raise ValueError("root") from e
    if len(decoded) != HASH_BYTES:
        raise ValueError("root")
    return Seen(_count(size), decoded)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("count")
    return value
