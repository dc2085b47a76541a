"""The Qt-free half of the application, composed: one library with everything that reads and edits it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc

from curation.catalogue_view import EditSummary, catalogue_with_edits, summarised, with_problems
from curation.edit_log import EditLog
from curation.editor import Editor
from curation.labels.schemas import LabelSchemas, load_schemas
from curation.model import CurationState
from curation.redaction.plan import resolve
from curation.search.library_search import Found, LibrarySearch
from curation.search.library_words import LibraryWords, words_of
from curation.search.saved_views import USE as VIEWS
from curation.search.saved_views import SavedViews
from curation.search.terms import Term
from curation.veil import Veil, hiding_words
from replay.errors import BadInput, NotFound
from replay.session import Session
from replay.store.library import Library
from replay.store.queries import QueryThread
from replay.store.sessions import SessionStore, unmasked
from replay.store.track_classes import SEARCH
from replay.vault.identity import default_home
from replay.vault.log.device_log import LOG_REFUSED
from replay.vault.payloads import LabelsSeal
from replay.vault.personal import PersonalFile


class Core:
    """One open library. A context manager: leaving it joins the query thread and closes the edit log."""

    def __init__(self, library: Library, home: Path | None = None) -> None:
        self.library = library
        self.views = SavedViews(PersonalFile(home or default_home(), library.gate.identity, library.id, VIEWS))
        self.store = SessionStore(library)
        self.edit_log = EditLog(library.edits_path, LabelsSeal(library.keys))
        self.author = library.gate.identity.card.id
        self.queries = QueryThread()  # starts its thread with the first query
        self.damaged: dict[str, str] = {}  # by the last `sessions`: which cannot be read, and the code of why
        self._search = LibrarySearch(self.store)
        self._summaries: dict[str, tuple[int, EditSummary]] = {}

    @classmethod
    def open(cls, path: Path, home: Path | None = None) -> Core:
        """Raises NotFound, BadInput or Refused where `path` is not a library this version can read."""
        return cls(Library.open(path, home), home)

    def check_there(self) -> None:
        """Raises NotFound where the library's folder is gone."""
        if not self.library.path.is_dir():
            raise NotFound(
                "library_gone", "The library's folder is not there any more.", "Bring it back, or open another."
            )

    def editor(self, session_id: str) -> Editor:
        """The one way to change what is decided about a session."""
        return Editor(self.edit_log, session_id, self.author)

    def state(self, session_id: str) -> CurationState:
        """What is decided about a session at the head of its log."""
        return self.editor(session_id).state

    def raw_store(self, purpose: str) -> SessionStore:
        """The sessions as captured, for a person's eyes; each that is opened is in the log with the purpose."""
        return SessionStore(self.library, unmasked(purpose))

    def store_for(self, purpose: str | None) -> SessionStore:
        """The sessions as captured where a purpose is given, else masked."""
        return self.store if purpose is None else self.raw_store(purpose)

    def session(self, session_id: str, store: SessionStore | None = None) -> Session:
        """The session on the clock in force: as imported, measured and nudged since; masked unless `store` is raw."""
        return (store or self.store).load(session_id, correction=self.state(session_id).correction)

    def label_schemas(self) -> LabelSchemas:
        """The shipped label schemas and the team's own, which travel with the library. Raises BadInput."""
        return load_schemas(self.library.path / "labels")

    def sessions(self) -> pa.Table:
        """The catalogue with the state and the counts of edits of each session beside it.

        A session whose list or decisions were altered is named in `damaged`, and hides no other.
        """
        rows = self.store.catalogue()
        self.damaged = self.store.damaged()
        heads = self.edit_log.heads()
        consents = _consents(rows, tuple(heads))
        for session_id, head in heads.items():
            if consents.get(session_id, "withdrawn") == "withdrawn":
                self._summaries.pop(session_id, None)  # decisions of what was withdrawn or erased do not open
                continue
            known = self._summaries.get(session_id)
            if known is None or known[0] != head.head:
                self._summarise(session_id, head.head)
        rows = catalogue_with_edits(rows, {i: s for i, (_, s) in self._summaries.items()})
        return with_problems(rows, self.damaged)

    def _summarise(self, session_id: str, head: int) -> None:
        try:
            self._summaries[session_id] = (head, summarised(self.state(session_id)))
        except LOG_REFUSED:
            raise  # what the library says of itself is in doubt, not one session
        except BadInput as e:
            self._summaries.pop(session_id, None)
            self.damaged[session_id] = e.code

    def search(self, terms: Sequence[Term], sessions: Sequence[str]) -> Iterator[Found]:
        """Which of the sessions hold the words of a filter; logged, and told how far it has come."""
        heads = {session: head.head for session, head in self.edit_log.heads().items()}
        return self._search.search(terms, sessions, lambda session: self._words_now(session, heads.get(session, 0)))

    def _words_now(self, session_id: str, head: int) -> tuple[int, Callable[[], LibraryWords]] | None:
        manifest = self.library.manifest(session_id)
        decided_since = manifest.screening is None or manifest.screening.head < head
        if manifest.has(SEARCH) and not (decided_since and hiding_words(self.state(session_id))):
            return None

        def make() -> LibraryWords:
            session, state = self.session(session_id), self.state(session_id)
            return words_of(session, state, Veil(resolve(session, state, self.library.key)))

        return head, make

    def close(self) -> None:
        self._search.forget()
        self.queries.close()
        self.edit_log.close()

    def __enter__(self) -> Core:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _consents(rows: pa.Table, sessions: tuple[str, ...]) -> dict[str, str]:
    """The consent of each of a few sessions that the catalogue has."""
    if not sessions:
        return {}
    found = rows.select(["id", "consent"]).filter(pc.is_in(rows["id"], pa.array(sessions, pa.string())))
    return dict(zip(found["id"].to_pylist(), found["consent"].to_pylist(), strict=True))
