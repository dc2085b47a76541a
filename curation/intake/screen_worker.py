"""The first pass over a published session, in the worker: reads it as captured, writes its masked tracks anew."""

from __future__ import annotations

from pathlib import Path

from curation.edit_log import EditLog
from curation.intake.derive import masked_views
from curation.intake.protocol import Screen, Screened
from curation.model import CurationState
from curation.reducer import fold
from replay.store.library import Library
from replay.store.restage import Report, RestagedSession
from replay.store.sessions import Access, SessionStore
from replay.vault.actions import Action
from replay.vault.handed import HandedKeys
from replay.vault.objects import MintedKeys
from replay.vault.payloads import LabelsSeal


def screened(request: Screen, report: Report) -> Screened:
    """Raises BadInput, Refused, StorageFailed, Cancelled; then the staging folder is of no use."""
    library = Library(Path(request.library), request.keys.library_id, HandedKeys(request.keys))
    minted = MintedKeys(library.id, request.session_id, request.minted)
    store = SessionStore(library, Access(Action.SCREEN, "", is_raw=True))
    tracks = RestagedSession(Path(request.staging), store, request.session_id, minted, request.version, report)
    state, head = _decided(library, request.session_id)
    views = masked_views(tracks, state, library.key)
    screening = views.write(tracks, head)
    return Screened(tracks.finish(), screening, dict(views.found.counts))


def _decided(library: Library, session_id: str) -> tuple[CurationState, int]:
    """What is decided about the session, and the head of its edit log."""
    log = EditLog(library.edits_path, LabelsSeal(library.keys))
    try:
        transactions = log.read(session_id)
    finally:
        log.close()
    return fold(e for t in transactions for e in t.edits), transactions[-1].head if transactions else 0
