"""Fast pictures of a published session come into force or go, in one entry of the log each, like any other tracks."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from replay.errors import BadInput, SafelightError, storage_failed
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.publish import Staged, entries_of, make_durable
from replay.store.republish import install, next_version, sweep_objects
from replay.store.staging import StagedTrack
from replay.store.track_classes import DERIVED
from replay.vault.objects import MintedKeys
from replay.vault.sealing import SessionResealer

PREPARED = "prepared"
DROPPED = "fast_pictures_dropped"


def publish_side(
    library: Library, folder: Path, tracks: tuple[StagedTrack, ...], sealer: SessionResealer, minted: MintedKeys
) -> bool:
    """Bring derived tracks into force in place of all that there were; False where the list was replaced meanwhile.

    A pass that hides more than the one they were made from has replaced the list, so nothing older comes into force.
    The staging folder is the caller's to remove. Raises BadInput, Denied, StorageFailed; the session is then as it was.
    """
    before = Manifest.from_body(sealer.body)
    if before.screening is None or not {t.track for t in tracks} <= DERIVED or any(t.segments for t in tracks):
        raise BadInput("prepare_inconsistent", "The worker wrote a track that is not its to write.")
    try:
        make_durable(folder)
        staged = Staged(folder, tracks, before.screening)
        entries = {e.track: e for e in entries_of(staged, sealer, minted, next_version(before))}
        after = before.with_tracks(entries, before.screening, without=DERIVED)
        if not sealer.commit(after.body(), PREPARED, lambda: install(library, folder, before.session)):
            return False
    except OSError as e:
        raise storage_failed(e) from e
    _sweep(library, before.session)
    return True


def drop_side(library: Library, sealer: SessionResealer) -> bool:
    """Take a session's derived tracks out; False where the list was replaced meanwhile. Raises as `publish_side`."""
    before = Manifest.from_body(sealer.body)
    after = before.with_tracks({}, before.screening, without=DERIVED)
    if not sealer.commit(after.body(), DROPPED, lambda: None):
        return False
    _sweep(library, before.session)
    return True


def _sweep(library: Library, session: str) -> None:
    with suppress(SafelightError):  # leftovers are read by nobody, and removed by whoever looks after it next
        sweep_objects(library, session)
