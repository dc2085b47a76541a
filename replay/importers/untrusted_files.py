"""Opening, naming and copying files that somebody else wrote: nothing but regular files inside the chosen folder.

A recording's folder may hold links out of it, pipes that block for ever, devices, and names meant to break a
terminal or a log. Names are therefore shown only through `shown_name`, and files are opened only through `opened`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from replay.errors import BadInput
from replay.importers.contract import SourceFile, SourceSession

CHUNK: Final = 1 << 20
LONGEST_REFERENCE: Final = 1024
# Without waiting for a pipe's other end, and not through a link that was put there after the check.
_READ_ONLY: Final = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_DRIVE_OR_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def member(root: Path, path: Path, role: str) -> SourceFile:
    """`path` as one file of the session at `root`; names that are not text are escaped, alike on every run.

    What kind of file it is shows when it is opened: a link or a pipe in one session must not keep others from being
    found.
    """
    relative = path.relative_to(root).as_posix()
    return SourceFile(role, path, relative.encode("utf-8", "backslashreplace").decode())


def is_there(path: Path) -> bool:
    """Whether anything of this name is there, a dangling link included."""
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def is_plain_file(path: Path) -> bool:
    """Whether `path` is a regular file and not a link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_plain_folder(path: Path) -> bool:
    """Whether `path` is a folder and not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def folder_entries(folder: Path) -> list[Path]:
    """What lies in `folder`, by name, hidden entries left out; nothing where it cannot be listed."""
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError:
        return []


def session_folders(path: Path, depth: int = 3) -> Iterator[Path]:
    """`path` and the folders below it down to `depth` levels, links not followed, in order of name."""
    yield path
    if depth > 0:
        for entry in folder_entries(path):
            if is_plain_folder(entry):
                yield from session_folders(entry, depth - 1)


def refuse_special(path: Path, what: str) -> None:
    """Raise BadInput unless `path` is a regular file; `what` names it for people."""
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        raise BadInput("source_unreadable", f"{what} cannot be read.", "Check that it is there and readable.") from None
    if stat.S_ISLNK(mode):
        raise BadInput(
            "source_is_link",
            f"{what} is a link, which could lead out of the session's folder.",
            "Put a copy of the file itself there and import again.",
        )
    if not stat.S_ISREG(mode):
        raise BadInput("source_not_a_file", f"{what} is not an ordinary file.", "Remove it and import again.")


def head(path: Path, size: int) -> bytes:
    """The first `size` bytes of a file, for telling formats apart; nothing where it is no file that can be read."""
    if not is_plain_file(path):
        return b""
    try:
        descriptor = os.open(path, _READ_ONLY)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as f:
        return f.read(size) if stat.S_ISREG(os.fstat(f.fileno()).st_mode) else b""


@contextmanager
def opened(source: SourceSession, file: SourceFile, what: str) -> Iterator[BinaryIO]:
    """`file` of `source` to read. Raises BadInput where it is a link, is no ordinary file or lies outside the root."""
    refuse_special(file.path, what)
    if not file.path.resolve().is_relative_to(source.root.resolve()):
        raise BadInput("source_outside", f"{what} lies outside the session's folder.", "Move it into the folder.")
    try:
        descriptor = os.open(file.path, _READ_ONLY)
    except OSError:
        raise BadInput("source_unreadable", f"{what} cannot be read.", "Check its permissions.") from None
    with os.fdopen(descriptor, "rb") as f:
        if not stat.S_ISREG(os.fstat(f.fileno()).st_mode):
            raise BadInput("source_not_a_file", f"{what} is not an ordinary file.", "Remove it and import again.")
        yield f


def read_small(source: SourceSession, file: SourceFile, what: str, limit: int = CHUNK) -> bytes:
    """All bytes of a small file. Raises BadInput where it is larger than `limit` bytes."""
    with opened(source, file, what) as f:
        content = f.read(limit + 1)
    if len(content) > limit:
        raise BadInput("source_too_large", f"{what} is larger than {limit >> 10} KiB.", "It cannot be what it claims.")
    return content


def copied(source: BinaryIO, target: BinaryIO, done: Callable[[int], None]) -> str:
    """Copy everything from `source` to `target`, calling `done` with the bytes so far; returns the sha256 in hex."""
    digest, total = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        target.write(chunk)
        digest.update(chunk)
        total += len(chunk)
        done(total)
    return digest.hexdigest()


def referenced(folder: Path, reference: str) -> Path | None:
    """The path a recording's own text names, relative to `folder`; None where it is missing.

    Raises BadInput where the reference is absolute, climbs out of the folder, or holds what no file name holds.
    """
    parts = PurePosixPath(reference.replace("\\", "/")).parts
    escapes = reference.startswith(("/", "\\")) or _DRIVE_OR_SCHEME.match(reference) or ".." in parts
    if escapes or "\0" in reference or len(reference) > LONGEST_REFERENCE or not parts:
        raise _outside()
    path = folder.joinpath(*parts)
    if not is_plain_file(path):
        return None
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _outside()
    return path


def _outside() -> BadInput:
    return BadInput(
        "path_traversal",
        "The recording names a file outside its own folder.",
        "A recorder does not write such names; do not import this recording.",
    )
