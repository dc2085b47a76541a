"""Publishing: what a worker left in staging becomes a session of the library, in one rename and one entry of the log.

The worker's word is checked against the folder; which class a track belongs to is decided here, never by the worker.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from replay.errors import BadInput, SafelightError, storage_failed
from replay.store import catalogue
from replay.store.library import Library
from replay.store.manifest import Manifest, Screening, TrackEntry
from replay.store.staging import REVISION, StagedTrack
from replay.store.track_classes import class_of
from replay.store.tracks import checked_track
from replay.vault.canary import is_canary
from replay.vault.classes import TrackClass
from replay.vault.disk import sync_folder
from replay.vault.objects import WHOLE, MintedKeys, SealedKey
from replay.vault.sealing import NewSession, SessionResealer, SessionSealer

Sealer = SessionSealer | SessionResealer


@dataclass(frozen=True, slots=True)
class Staged:
    """A finished staging folder, and what the worker says is in it."""

    folder: Path
    tracks: tuple[StagedTrack, ...]
    screening: Screening | None


def publish(library: Library, staged: Staged, session: NewSession, minted: MintedKeys) -> Manifest:
    """Make a finished staging folder a session of the library; the folder is gone either way.

    Where another import has published the same session meanwhile, that one stays: ids are made of the source's bytes.

    Raises BadInput where the folder is not what the worker said, Denied, StorageFailed; the library is then as it was.
    """
    try:
        make_durable(staged.folder)
        with library.gate.log.locked():
            if session.id in library.gate.published_ids():
                shutil.rmtree(staged.folder, ignore_errors=True)
                return library.manifest(session.id)
            _publish(library, staged, session, minted)
    except OSError as e:
        shutil.rmtree(staged.folder, ignore_errors=True)
        raise storage_failed(e) from e
    except SafelightError:
        shutil.rmtree(staged.folder, ignore_errors=True)
        raise
    if not is_canary(session.id):
        _enter_in_catalogue(library, session.id)
    return library.manifest(session.id)


def _publish(library: Library, staged: Staged, session: NewSession, minted: MintedKeys) -> None:
    sealer = SessionSealer(library.gate, session)
    manifest = Manifest(
        session.id,
        sealer.handle,
        session.consent,
        session.consent_purposes,
        staged.screening,
        tuple(entries_of(staged, sealer, minted, REVISION)),
    )
    library.objects.mkdir(exist_ok=True)
    _move(library, staged.folder, session.id)
    sealer.publish(manifest.body())


def entries_of(staged: Staged, keys: Sealer, minted: MintedKeys, version: int) -> Iterable[TrackEntry]:
    """The folder's tracks for the object list. Raises BadInput where the folder is not what the worker said."""
    said = {checked_track(t.track): t for t in staged.tracks}
    sizes = {p.name.removesuffix(f".{version}"): p.stat().st_size for p in staged.folder.iterdir()}
    if sizes != {name: t.size for name, t in said.items()} or len(said) != len(staged.tracks):
        raise BadInput("import_inconsistent", "The import worker's files are not what it said it wrote.")
    for name, track in sorted(said.items()):
        yield TrackEntry(name, version, track.size, tuple(_keys(track, keys, minted, version)), track.segments)


def _keys(track: StagedTrack, keys: Sealer, minted: MintedKeys, version: int) -> Iterable[SealedKey]:
    if not track.segments:
        yield minted.sealed_key(keys.key(class_of(track.track)), track.track, version, WHOLE)
        return
    for part in sorted({s.part for s in track.segments}):
        try:
            track_class = TrackClass(part)
        except ValueError:
            raise BadInput("import_inconsistent", "The import worker named a part that there is not.") from None
        yield minted.sealed_key(keys.key(track_class), track.track, version, part)


def make_durable(folder: Path) -> None:
    for f in folder.iterdir():
        with open(f, "rb") as opened:
            os.fsync(opened.fileno())
    sync_folder(folder)


def _move(library: Library, folder: Path, session_id: str) -> None:
    """Rename into place. A folder that is there without the log knowing it was left by a crash and is removed."""
    target = library.session_dir(session_id)
    try:
        os.rename(folder, target)
    except OSError as e:
        if e.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        shutil.rmtree(target)
        os.rename(folder, target)
    sync_folder(library.objects)


def _enter_in_catalogue(library: Library, session_id: str) -> None:
    """Once the log has it the session exists, so a disk that fails here fails no import: its own row stands in."""
    with suppress(OSError, SafelightError):
        entries = catalogue.Catalogue(library)
        row = entries.own_row(session_id)
        if row is not None:
            entries.append(row)
