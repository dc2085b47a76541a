"""New versions of a published session's tracks come into force, in one entry of the log; what they replace goes.

Cut short at any moment the session has its old tracks or its fresh ones. Objects that no list names are read by nobody
and removed by whoever looks after the session next.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from replay.errors import BadInput, SafelightError, storage_failed
from replay.store import catalogue
from replay.store.library import Library
from replay.store.manifest import UNSCREENED, Manifest, TrackEntry
from replay.store.publish import Staged, entries_of, make_durable
from replay.store.staging import StagedTrack
from replay.store.track_classes import (
    CATALOGUE,
    DERIVED,
    SEARCH,
    THUMBNAIL,
    TWIN_FRAMES,
    TWINNED,
    VIDEO_TWIN,
    class_of,
    twin_of,
)
from replay.store.tracks import StagedTracks, open_track
from replay.vault.classes import TrackClass
from replay.vault.disk import sync_folder
from replay.vault.objects import MintedKeys
from replay.vault.sealing import SessionResealer

MADE: Final = frozenset({*map(twin_of, TWINNED), THUMBNAIL, VIDEO_TWIN, TWIN_FRAMES, SEARCH})
"""Tracks that the first pass makes; what it does not make again is gone, and so are fast pictures made before it."""


def next_version(manifest: Manifest) -> int:
    """A version that no track of the session has, for all that are made anew."""
    return 1 + max(t.version for t in manifest.tracks)


def republish(library: Library, staged: Staged, sealer: SessionResealer, minted: MintedKeys) -> bool:
    """Bring a screened session's tracks into force; False where somebody replaced its object list meanwhile.

    The staging folder is the caller's to remove. Raises BadInput where it is not what the worker said, Denied,
    StorageFailed; the session is then as it was.
    """
    before = Manifest.from_body(sealer.body)
    version = next_version(before)
    try:
        row = _screened_row(library, before, sealer)
        if row is not None:
            staged = _with_row(staged, row, StagedTracks(staged.folder, minted, version))
        make_durable(staged.folder)
        entries = {e.track: e for e in entries_of(staged, sealer, minted, version)}
        _check_made(before, entries.values())
        after = before.with_tracks(entries, staged.screening, without=MADE | DERIVED)
        if not sealer.commit(after.body(), "screened", lambda: install(library, staged.folder, before.session)):
            return False
    except OSError as e:
        raise storage_failed(e) from e
    with suppress(OSError, SafelightError):  # the session's own row stands in, and leftovers are read by nobody
        sweep_objects(library, before.session)
        if row is not None:
            catalogue.Catalogue(library).append(row)
    return True


def _screened_row(library: Library, before: Manifest, sealer: SessionResealer) -> pa.Table | None:
    """The catalogue's row without the word that nobody has looked; None where it does not say so."""
    with open_track(library.session_dir(before.session), library.id, before.entry(CATALOGUE), sealer.leases) as file:
        row = catalogue.from_bytes(file.read())
    codes = row["problems"][0].as_py() or []
    if UNSCREENED.code not in codes:
        return None
    at = row.schema.get_field_index("problems")
    left = pa.array([[c for c in codes if c != UNSCREENED.code]], row.schema.field(at).type)
    return row.set_column(at, row.schema.field(at), left)


def _with_row(staged: Staged, row: pa.Table, tracks: StagedTracks) -> Staged:
    with tracks.create(CATALOGUE) as file:
        file.write(catalogue.to_bytes(row))
    return replace(staged, tracks=(*staged.tracks, StagedTrack(CATALOGUE, tracks.size(CATALOGUE))))


def _check_made(before: Manifest, entries: Iterable[TrackEntry]) -> None:
    """Beside what the first pass makes, only media of the session may come cut in parts."""
    for entry in entries:
        is_cut_media = bool(entry.segments) and before.has(entry.track) and class_of(entry.track) is TrackClass.RAW
        if entry.track not in MADE | {CATALOGUE} and not is_cut_media:
            raise BadInput("import_inconsistent", "The screening worker wrote a track that is not its to write.")


def install(library: Library, folder: Path, session: str) -> None:
    """Put the objects of a staging folder beside the session's own."""
    target = library.session_dir(session)
    for file in folder.iterdir():
        os.replace(file, target / file.name)
    sync_folder(target)


def sweep_objects(library: Library, session: str) -> None:
    """Remove versions of the session's tracks that were replaced, and what crashes left. Raises StorageFailed."""
    # Whoever brings objects into force holds the lock from the moment they lie there.
    with library.gate.log.locked():
        current = {t.track: t.version for t in library.manifest(session).tracks}
        try:
            for file in list(os.scandir(library.session_dir(session))):
                track, _, version = file.name.rpartition(".")
                if version.isdigit() and current.get(track) != int(version):
                    os.unlink(file.path)
        except OSError as e:
            raise storage_failed(e) from e
