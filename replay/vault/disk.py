"""The few operations by which the vault changes a disk, in one place: what a power cut may fall between.

Everything that the log and the records write goes through a `Disk`, so that a test can fail or cut any operation.
"""

from __future__ import annotations

import os
from pathlib import Path


class Disk:
    """The real disk. Every method raises OSError."""

    def write(self, descriptor: int, content: bytes) -> None:
        """All of `content` at the descriptor's end, or OSError with any part of it written."""
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def make_folder(self, path: Path) -> None:
        """The folder with those above it, as far as they are absent; durable, each in its parent."""
        missing = [p for p in (path, *path.parents) if not p.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(folder.parent)

    def sync_folder(self, path: Path) -> None:
        """Make names that appeared or went inside `path` durable, where the system can."""
        if not hasattr(os, "O_DIRECTORY"):
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def write_file(self, path: Path, content: bytes) -> None:
        """A file with exactly `content`, its bytes durable; its name is not until the folder is synced."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            self.write(descriptor, content)
            self.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folder(path: Path) -> None:
    """As `Disk.sync_folder`, on the real disk. Raises OSError."""
    Disk().sync_folder(path)
