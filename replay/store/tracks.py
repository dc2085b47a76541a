"""Tracks: the named byte streams of a session, and the two doors through which all of them are read and written.

Behind both every byte is sealed: `open_track` reads with leases from the gate, `StagedTracks` writes with keys minted
for one session in the making.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from replay.errors import NotFound, StorageFailed, storage_failed
from replay.store.manifest import TrackEntry
from replay.vault.classes import TrackClass
from replay.vault.lease import Lease
from replay.vault.objects import MintedKeys, Segment, TrackName, open_object

SESSION_ID = re.compile(r"[A-Z2-7]{26}")
TRACK_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def checked_track(track: str) -> str:
    if not TRACK_NAME.fullmatch(track):
        raise NotFound("no_such_track", "That is not the name of a track.")
    return track


def track_path(session_dir: Path, track: str, version: int) -> Path:
    return session_dir / f"{checked_track(track)}.{version}"


def open_track(session_dir: Path, library: str, entry: TrackEntry, leases: Mapping[TrackClass, Lease]) -> BinaryIO:
    """The plain bytes of one track, seekable, read-only, for as long as the leases hold.

    Raises NotFound where its object is gone, BadInput (altered), Denied, StorageFailed.
    """
    try:
        file = track_path(session_dir, entry.track, entry.version).open("rb")
    except FileNotFoundError:
        raise NotFound("no_such_track", f"This session has no track “{entry.track}”.") from None
    except OSError as e:
        why = e.strerror or "unknown error"
        raise StorageFailed("track_unreadable", f"The track “{entry.track}” could not be opened ({why}).") from e
    name = TrackName(library, session_dir.name, entry.track, entry.version)
    try:
        return open_object(file, name, entry.keys, entry.segments, leases)
    except BaseException:
        file.close()
        raise


class StagedTracks:
    """The tracks of a session in the making: sealed as they are written, under keys minted for it alone."""

    def __init__(self, folder: Path, minted: MintedKeys, version: int) -> None:
        self._folder = folder
        self._minted = minted
        self.version = version

    def create(self, track: str) -> BinaryIO:
        """A new track to write in order; fails where it exists, so nothing is ever overwritten."""
        return self._minted.writer(self._new(track), track, self.version)

    def create_in_memory(self, track: str) -> BinaryIO:
        """A new track that may be read and sought while it is written; held in memory until it is closed."""
        return self._minted.memory_writer(self._new(track), track, self.version)

    def create_patchable(self, track: str) -> BinaryIO:
        """A new track to write in order, of which the first 16 KiB may be written over until it is closed."""
        return self._minted.patchable_writer(self._new(track), track, self.version)

    def drop(self, track: str) -> None:
        """Take back a track that was created: nothing of it is published."""
        track_path(self._folder, track, self.version).unlink(missing_ok=True)

    def open(self, track: str) -> BinaryIO:
        """What `create` wrote, once it is closed. Raises NotFound."""
        try:
            file = track_path(self._folder, track, self.version).open("rb")
        except FileNotFoundError:
            raise NotFound("no_such_track", f"This session has no track “{track}”.") from None
        return self._minted.reader(file, track, self.version)

    def cut(self, track: str, segments: Sequence[Segment]) -> None:
        """Seal a whole track anew in segments, each part under its own key; the whole one is gone afterwards."""
        path = track_path(self._folder, track, self.version)
        whole = path.with_name(f".{path.name}")
        os.rename(path, whole)
        with open(whole, "rb") as file, self._minted.reader(file, track, self.version) as plain:
            self.create_cut(track, plain, segments)
        whole.unlink()

    def create_cut(self, track: str, plain: BinaryIO, segments: Sequence[Segment]) -> None:
        """A new track of several parts, each under its own key."""
        self._minted.write_segments(plain, self._new(track), track, self.version, segments)

    def size(self, track: str) -> int:
        """Bytes of the sealed object."""
        return track_path(self._folder, track, self.version).stat().st_size

    def written(self) -> tuple[str, ...]:
        """Names of the tracks in the folder, sorted."""
        return tuple(sorted(p.name.removesuffix(f".{self.version}") for p in self._folder.iterdir()))

    def _new(self, track: str) -> BinaryIO:
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(track_path(self._folder, track, self.version), flags, 0o600)
        except OSError as e:
            raise storage_failed(e) from e
        return os.fdopen(descriptor, "w+b")
