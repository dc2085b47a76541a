"""Locks between processes: a lock on a file that the system lifts when its holder ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from replay.errors import StorageFailed

PATIENCE_S: Final = 10.0
_TRY_EVERY_S: Final = 0.002


def lock(descriptor: int, *, shared: bool = False, patience_s: float = PATIENCE_S) -> None:
    """Take the lock of an open file; closing every descriptor of that opening lifts it.

    Raises StorageFailed (library_busy) when another process keeps it for `patience_s`.
    """
    wanted = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, wanted)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StorageFailed(
                    "library_busy",
                    "Another Safelight keeps the library's log locked.",
                    "Wait until it is done, or close it.",
                ) from None
        time.sleep(_TRY_EVERY_S)


class FileLock:
    """`with FileLock(path):` – one process at a time; the file stays, empty. Raises StorageFailed, OSError."""

    def __init__(self, path: Path, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        self._patience_s = patience_s
        self._descriptor = -1

    def __enter__(self) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            lock(descriptor, patience_s=self._patience_s)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
