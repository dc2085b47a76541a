"""A library on disk: its folder, its identity and the keys to what is in it.

LIB/library.json      format and id; the id is the hash of the first roster, so no other roster fits it
LIB/roster/ grants/ consent/ subjects/ proofs/   signed records, in force only as the log says
LIB/log/<device>/     what was done, append-only
LIB/objects/<session>/<track>.<version>          sealed tracks, and the session's manifest
LIB/catalogue/        one row per session, sealed append-only segments
LIB/staging/          what does not exist yet
LIB/edits.sqlite      the edit log, its payloads sealed
"""

from __future__ import annotations

import glob
import json
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from replay.errors import BadInput, NotFound, Refused, storage_failed
from replay.shown_name import shown_name
from replay.store.manifest import Manifest
from replay.store.tracks import SESSION_ID
from replay.vault.disk import sync_folder
from replay.vault.gate import Gate
from replay.vault.key_source import ConsentNow, KeySource
from replay.vault.opening import make_vault, open_gate

FORMAT: Final = 2
_MARKER: Final = "library.json"
_MAKING: Final = ".making"
_UNMADE_S: Final = 600.0
_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Library:
    """One library folder, open under one identity (`keys` is its gate) or, in a worker, with the leases it was handed.

    Safe to use from any thread.
    """

    path: Path
    id: str
    keys: KeySource = field(repr=False, compare=False)

    @property
    def key(self) -> bytes:
        """32 bytes that make session ids, pseudonyms and hashes of secrets unguessable. Raises Denied."""
        return self.keys.library_key()

    @property
    def gate(self) -> Gate:
        """The gate of a library that was opened by a person; a worker has none."""
        if not isinstance(self.keys, Gate):
            raise TypeError("a worker has no gate")
        return self.keys

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
        """Ids of the published sessions, sorted: those that the log knows, whatever folders there are."""
        return self.keys.session_ids()

    def manifest(self, session_id: str) -> Manifest:
        """The session's object list, as signed. Raises NotFound, BadInput (altered, rolled back)."""
        self.session_dir(session_id)
        return Manifest.from_body(self.keys.manifest_body(session_id))

    def consent(self, session_id: str) -> ConsentNow:
        """What the session's person agrees to at this moment."""
        return self.keys.consent(session_id)

    @classmethod
    def create(cls, path: Path, home: Path | None = None) -> Library:
        """A new library in a folder that is absent or empty; it appears whole, in one rename."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise Refused(
                "not_a_library",
                f"“{display_name(path)}” is not a Safelight library and is not empty.",
                "Name a new or empty folder, or an existing library.",
            )
        making = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_MAKING}")
        try:
            _sweep_unmade(path)
            for folder in (making, making / "objects", making / "staging", making / "catalogue"):
                folder.mkdir(mode=0o700, parents=True)
            library_id = make_vault(making, home)
            write_whole(making / _MARKER, json.dumps({"format": FORMAT, "id": library_id}).encode())
            if path.is_dir():
                path.rmdir()  # empty, as was seen above
            os.rename(making, path)
            sync_folder(path.parent)
        except OSError as e:
            raise storage_failed(e) from e
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return cls.open(path, home)

    @classmethod
    def open(cls, path: Path, home: Path | None = None) -> Library:
        """An existing library under the identity in `home`.

        Raises NotFound, BadInput (damaged, rolled back) or Refused (another format; not a member is said by the gate).
        """
        library_id = marker_id(path)
        return cls(path, library_id, open_gate(path, library_id, home))

    @classmethod
    def open_or_create(cls, path: Path, home: Path | None = None) -> Library:
        return cls.open(path, home) if (path / _MARKER).exists() else cls.create(path, home)

    def sweep_staging(self, *, older_than_s: float, now_s: float) -> None:
        """Remove what interrupted imports left; what a running import still writes to is younger and stays."""
        if not self.staging.is_dir():
            return
        for entry in self.staging.iterdir():
            if now_s - newest_change_s(entry) > older_than_s:
                shutil.rmtree(entry, ignore_errors=True)


def _sweep_unmade(path: Path) -> None:
    """Remove what makings of this library left that were killed; one that still goes on is younger and stays."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_MAKING}"):
        if time.time() - newest_change_s(left) > _UNMADE_S:
            shutil.rmtree(left, ignore_errors=True)


def marker_id(path: Path) -> str:
    """The id that a library's marker file names. Raises NotFound, BadInput (damaged) or Refused (another format)."""
    try:
        marker = json.loads((path / _MARKER).read_bytes())
        found, library_id = int(marker["format"]), str(marker["id"])
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            "not_a_library",
            f"“{display_name(path)}” is not a Safelight library.",
            "Name a folder made by “safelight import” or “safelight demo”.",
        ) from None
    except OSError as e:
        raise storage_failed(e) from e
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise _damaged() from e
    if found > FORMAT:
        raise Refused(
            "library_too_new",
            f"This library has format {found}; this Safelight reads {FORMAT}.",
            "Update Safelight.",
        )
    if found < FORMAT:
        raise Refused(
            "library_too_old",
            f"This library has format {found}, of an early version; this Safelight reads {FORMAT}.",
            "Import its recordings again into a new library, then remove the old folder.",
        )
    if not _ID.fullmatch(library_id):
        raise _damaged()
    return library_id


def _damaged() -> BadInput:
    return BadInput("library_damaged", "The library's marker file is damaged.", "Restore library.json from a backup.")


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


def display_name(path: Path) -> str:
    """The own name of a file or folder that the user chose, fit to be shown; never where it lies."""
    return shown_name(path.name) or "."
