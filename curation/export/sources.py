"""Sessions of a library as an export reads them: at a named head of the edit log, through the track doors."""

from __future__ import annotations

from functools import partial

from curation.edit_log import EditLog
from curation.export.source import SessionSource
from curation.reducer import fold
from replay.errors import Refused
from replay.store.library import Library
from replay.store.sessions import Access, SessionStore
from replay.vault.actions import Action
from replay.vault.payloads import LabelsSeal


class LibrarySources:
    """Opens sessions as captured, for planning, exporting and proving; `purpose` is what the log says it was for."""

    def __init__(self, library: Library, purpose: str) -> None:
        self._store = SessionStore(library, Access(Action.EXPORT, purpose, is_raw=True))
        self._log = EditLog(library.edits_path, LabelsSeal(library.keys))

    def source(self, session_id: str, head: int | None = None) -> SessionSource:
        """One session as decided at `head` (None: now). Refuses a head its log has not reached."""
        transactions = self._log.read(session_id)
        reached = transactions[-1].head if transactions else 0
        at = reached if head is None else head
        if at > reached:
            raise Refused("head_unknown", "The library's edit log is older than this export.", "Use its own library.")
        state = fold(e for t in transactions if t.head <= at for e in t.edits)
        session = self._store.load(session_id, correction=state.correction)
        media = "video" if session.frames is None else session.frames.media
        return SessionSource(
            session,
            state,
            at,
            partial(self._store.read_table, session_id),
            partial(self._store.open_track, session_id, media),
        )

    def head(self, session_id: str) -> int:
        """Where the session's edit log stands."""
        return self._log.head(session_id)

    def close(self) -> None:
        self._log.close()
