"""The search in the Workbench: the open session's words off the GUI thread, a stretch at a time, the newest query only.

It searches the masked session that is open, under the veil that the lists have: also while the original is revealed.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject

from app.actions.registry import Run
from app.edit_controller import EditController
from app.jobs import Tasks
from app.pages.workbench import WorkbenchPage
from app.playback_controller import PlaybackController
from app.stage_controller import StageController
from curation.search.session_search import Hit, parse_query, search
from curation.search.session_words import SessionWords
from curation.search.terms import Term
from curation.veil import Veil
from replay.errors import BadInput, SafelightError

_KEY = "search"


class SearchController(QObject):
    """Finds in the session that the stage shows; keeps its words until what may be read of them changes."""

    def __init__(
        self,
        page: WorkbenchPage,
        stage: StageController,
        edits: EditController,
        playback: PlaybackController,
        tasks: Tasks,
    ) -> None:
        super().__init__()
        self._page, self._stage, self._edits, self._tasks = page, stage, edits, tasks
        self._words: SessionWords | None = None
        self._veil: Veil | None = None
        page.search.words_changed.connect(self._words_changed)
        edits.changed.connect(lambda _: self._words_changed(self._veil))
        page.search.query_requested.connect(self.find)
        page.search.time_requested.connect(playback.seek)
        playback.moved.connect(lambda state: page.search.show_playhead(state.t_ns))

    def handlers(self) -> dict[str, Run]:
        return {
            "search.open": self.open,
            "search.next": lambda: self._page.search.step(1),
            "search.previous": lambda: self._page.search.step(-1),
        }

    def open(self, query: str | None = None) -> None:
        """Show the panel with the cursor in its box; with a query, search for it at once."""
        self._page.search_dock.raise_()
        self._page.search.ask()
        if query is not None:
            self._page.search.set_query(query)

    def _words_changed(self, veil: Veil | None) -> None:
        """Other words may be read: what was found under the old veil is gone at once."""
        self._words, self._veil = None, veil
        if veil is None:
            self._tasks.forget(_KEY)
            self._page.search.show_closed()
        else:
            self.find(self._page.search.query)

    def find(self, query: str) -> None:
        """Search the open session; an empty query ends the search."""
        panel, veil = self._page.search, self._veil
        self._tasks.forget(_KEY)
        if veil is None:
            return
        try:
            terms = parse_query(query)
        except BadInput as e:
            panel.show_refusal(f"{e.sentence} {e.remedy}".strip())
            return
        if not terms:
            panel.show_ready()
        elif veil.hides_all:
            panel.show_hidden()
        else:
            panel.show_started()
            self._start(terms, veil)

    def _start(self, terms: tuple[Term, ...], veil: Veil) -> None:
        if self._words is None:
            editing = self._edits.editing
            self._words = SessionWords(editing.session, self._edits.state, self._stage.steps, veil)
        self._go_on(search(self._words, terms))

    def _go_on(self, batches: Iterator[tuple[Hit, ...]]) -> None:
        self._tasks.start(_KEY, lambda: next(batches, None), lambda hits: self._take(batches, hits), self._failed)

    def _take(self, batches: Iterator[tuple[Hit, ...]], hits: tuple[Hit, ...] | None) -> None:
        if hits is None:
            self._page.search.show_finished()
        else:
            self._page.search.add_hits(hits)
            self._go_on(batches)

    def _failed(self, error: SafelightError) -> None:
        self._page.search.show_refusal(f"{error.sentence} {error.remedy}".strip())
