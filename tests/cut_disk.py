"""A disk that fails, or loses its power, at the n-th thing that is asked of it.

What was written and not yet made durable survives a power cut or does not: a test tries each. Names in folders are as
volatile as bytes until their folder is synced.
"""

from __future__ import annotations

import errno
import os
import shutil
from enum import Enum
from pathlib import Path

from replay.vault.disk import Disk


class PowerCut(BaseException):
    """Nothing runs after it: no `except`, no clean-up that touches the disk."""


class Survives(Enum):
    """What becomes of bytes and names that were not synced."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    HALF = "half"
    ZEROS = "zeros"


class CutDisk(Disk):
    """Counts operations below `root`; at number `at` it fails once (`is_cut` False) or is cut off for good."""

    def __init__(self, root: Path, at: int = -1, *, is_cut: bool = True, error: int = errno.EIO) -> None:
        self.count = 0
        self._root = root
        self._at = at
        self._error = error
        self._is_cut = is_cut
        self._is_dead = False
        self._durable = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} if root.exists() else {}
        self._named = set(self._durable)
        self._folders = {p for p in root.rglob("*") if p.is_dir()} | {root}
        self._synced: dict[Path, bytes] = dict(self._durable)

    # -- operations: each may be the one that fails, before it does anything or, for a write, half way ------

    def _turn(self) -> None:
        if self._is_dead:
            raise PowerCut
        self.count += 1
        if self.count - 1 == self._at:
            self._is_dead = self._is_cut
            if self._is_cut:
                raise PowerCut
            raise OSError(self._error, "planted")

    def write(self, descriptor: int, content: bytes) -> None:
        if self.count == self._at and not self._is_dead:
            super().write(descriptor, content[: len(content) // 2])
        self._turn()
        super().write(descriptor, content)

    def fsync(self, descriptor: int) -> None:
        self._turn()
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path.is_dir():
            self._named = {p for p in self._named if p.parent != path} | {p for p in path.iterdir() if p.is_file()}
            self._folders |= {p for p in path.iterdir() if p.is_dir()}
        else:
            self._synced[path] = path.read_bytes()

    def truncate(self, descriptor: int, size: int) -> None:
        self._turn()
        super().truncate(descriptor, size)

    def rename(self, source: Path, target: Path) -> None:
        self._turn()
        super().rename(source, target)
        if source in self._synced:
            self._synced[target] = self._synced.pop(source)

    def unlink(self, path: Path) -> None:
        self._turn()
        super().unlink(path)

    # -- after the cut -------------------------------------------------------------------------------------------------

    def restart(self, survives: Survives) -> None:
        """Leave below `root` what a machine finds after the power came back."""
        if survives is Survives.EVERYTHING:
            return
        found = {p: p.read_bytes() for p in self._root.rglob("*") if p.is_file()}
        shutil.rmtree(self._root)
        for path in self._named:
            if path.parent in self._folders:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_after(survives, self._synced.get(path, b""), found.get(path, b"")))


def _after(survives: Survives, synced: bytes, written: bytes) -> bytes:
    if survives is Survives.NOTHING or not written.startswith(synced):
        return synced
    rest = written[len(synced) :]
    half = len(rest) // 2
    return synced + (rest[:half] if survives is Survives.HALF else bytes(half) + rest[half:])
