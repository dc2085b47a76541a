"""A library on disk: its folder, its identity and its format.

    LIB/library.json      format, id, key
    LIB/objects/<session>/<track>.<version> and manifest.json
    LIB/catalogue/        one row per session, append-only segments
    LIB/staging/          what does not exist yet
    LIB/edits.sqlite      the edit log

Format 0 keeps a session's bytes plain (banner "not sealed").
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from replay.errors import BadInput, NotFound, Refused
from replay.shown_name import shown_name
from replay.store.tracks import SESSION_ID, storage_failed

FORMAT: Final = 0
_MARKER: Final = "library.json"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Library:
    """One library folder. `key` (32 bytes) makes session ids, pseudonyms and hashes of secrets unguessable."""

    path: Path
    id: str
    key: bytes = field(repr=False)
    format: int = FORMAT

    @property
    def sealed(self) -> bool:
        return self.format > 0

    @property
    def objects(self) -> Path:
        return self.path / "objects"

    @property
    def staging(self) -> Path:
        return self.path / "staging"

    @property
    def catalogue_dir(self) -> Path:
        return self.path / "catalogue"

    @property
    def edits_path(self) -> Path:
        return self.path / "edits.sqlite"

    def session_dir(self, session_id: str) -> Path:
        if not SESSION_ID.fullmatch(session_id):
            raise NotFound("no_such_session", "That is not the id of a session.")
        return self.objects / session_id

    def session_ids(self) -> tuple[str, ...]:
        """Ids of the published sessions, sorted."""
        if not self.objects.is_dir():
            return ()
        with os.scandir(self.objects) as entries:
            return tuple(sorted(e.name for e in entries if SESSION_ID.fullmatch(e.name)))

    @classmethod
    def create(cls, path: Path) -> Library:
        """A new library in a folder that is absent or empty; the marker appears last, in one rename."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise Refused(
                "not_a_library",
                f"“{display_name(path)}” is not a Safelight library and is not empty.",
                "Name a new or empty folder, or an existing library.",
            )
        library = cls(path, secrets.token_hex(8), secrets.token_bytes(_KEY_BYTES))
        marker = {"format": FORMAT, "id": library.id, "key": base64.b64encode(library.key).decode()}
        try:
            for folder in (path, library.objects, library.staging, library.catalogue_dir):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path / _MARKER, json.dumps(marker).encode())
        except OSError as e:
            raise storage_failed(e) from e
        return library

    @classmethod
    def open(cls, path: Path) -> Library:
        """An existing library. Raises NotFound, BadInput (damaged) or Refused (made by a newer Safelight)."""
        try:
            marker = json.loads((path / _MARKER).read_bytes())
            found, library_id = int(marker["format"]), str(marker["id"])
            key = _checked_key(base64.b64decode(marker["key"], validate=True))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(
                "not_a_library",
                f"“{display_name(path)}” is not a Safelight library.",
                "Name a folder made by “safelight import” or “safelight demo”.",
            ) from None
        except OSError as e:
            raise storage_failed(e) from e
        except (ValueError, KeyError, TypeError) as e:
            raise BadInput(
                "library_damaged", "The library's marker file is damaged.", "Restore library.json from a backup."
            ) from e
        if found > FORMAT:
            raise Refused(
                "library_too_new",
                f"This library has format {found}; this Safelight reads {FORMAT}.",
                "Update Safelight.",
            )
        return cls(path, library_id, key, found)

    @classmethod
    def open_or_create(cls, path: Path) -> Library:
        return cls.open(path) if (path / _MARKER).exists() else cls.create(path)

    def sweep_staging(self, *, older_than_s: float, now_s: float) -> None:
        """Remove what interrupted imports left; what a running import still writes to is younger and stays."""
        if not self.staging.is_dir():
            return
        for entry in self.staging.iterdir():
            if now_s - newest_change_s(entry) > older_than_s:
                shutil.rmtree(entry, ignore_errors=True)


def _checked_key(key: bytes) -> bytes:
    """Raises ValueError for a key cut short: what it makes would be guessable, or no longer match."""
    if len(key) != _KEY_BYTES:
        raise ValueError("library key")
    return key


def newest_change_s(folder: Path) -> float:
    """The latest modification below `folder`, seconds since the epoch."""
    times = [folder.stat().st_mtime]
    times += [f.stat().st_mtime for f in folder.rglob("*") if f.exists()]
    return max(times)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a small file in one rename, durable before it is visible."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(partial, "xb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(partial, path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def display_name(path: Path) -> str:
    """The own name of a file or folder that the user chose, fit to be shown; never where it lies."""
    return shown_name(path.name) or "."
