"""Tracks: the named byte streams of a session, and the two doors through which all of them are read and written.

Library format 0 keeps the bytes plain behind these doors. Everything above them already works on file objects, so
sealing changes this module and nothing else.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import BinaryIO

from replay.errors import NotFound, StorageFailed

SESSION_ID = re.compile(r"[A-Z2-7]{26}")
TRACK_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def checked_track(track: str) -> str:
    if not TRACK_NAME.fullmatch(track):
        raise NotFound("no_such_track", "That is not the name of a track.")
    return track


def track_path(session_dir: Path, track: str, version: int) -> Path:
    return session_dir / f"{checked_track(track)}.{version}"


def open_track(session_dir: Path, track: str, version: int) -> BinaryIO:
    """The bytes of one track, seekable, read-only.

    Raises NotFound where the session has no such track in this version, StorageFailed where it cannot be opened.
    """
    try:
        return open(track_path(session_dir, track, version), "rb")
    except FileNotFoundError:
        raise NotFound("no_such_track", f"This session has no track “{track}”.") from None
    except OSError as e:
        why = e.strerror or "unknown error"
        raise StorageFailed("track_unreadable", f"The track “{track}” could not be opened ({why}).") from e


def create_track(session_dir: Path, track: str, version: int) -> BinaryIO:
    """A new track to write, seekable; fails where it exists, so nothing is ever overwritten."""
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(track_path(session_dir, track, version), flags, 0o600)
    except OSError as e:
        raise storage_failed(e) from e
    return os.fdopen(descriptor, "w+b")


def storage_failed(error: OSError, what: str = "library") -> StorageFailed:
    """One sentence for what the operating system said of `what` (“library”, “export”, “picture”), without its path."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFailed("disk_full", f"The disk that holds the {what} is full.", "Free some space and try again.")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageFailed(
            f"{what}_not_writable", f"The {what} cannot be written to.", "Check the folder's permissions."
        )
    return StorageFailed("storage_failed", f"The {what}'s disk failed ({error.strerror or 'unknown error'}).")
