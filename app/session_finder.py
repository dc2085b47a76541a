"""The list of the Library page: what a filter keeps, into which sessions was looked for words, how many have what.

Typing filters by the catalogue. Looking into the sessions is asked for with Enter: each look is an entry of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PySide6.QtCore import QObject

from app.core import Core
from app.jobs import Tasks
from app.pages.library import LibraryPage
from curation.catalogue_view import SORTS, Facet, Positions, facets, select_positions, sort_of, with_positions
from curation.search.library_search import Found
from curation.search.session_filter import SessionFilter, parse_filter
from curation.search.terms import Term
from replay.errors import BadInput, SafelightError

ENTER: str = "Press Enter to look into the sessions"
_LIST, _LOOK, _COUNT, _DRAW = "sessions", "look", "facets", "drawn"


class SessionFinder(QObject):
    """Filters one library's rows at a time. `failed` is told what kept the catalogue from being read."""

    def __init__(self, page: LibraryPage, tasks: Tasks, failed: Callable[[SafelightError], object]) -> None:
        super().__init__()
        self._page, self._tasks, self._failed = page, tasks, failed
        self._core: Core | None = None
        self._rows: pa.Table | None = None
        self._where = ""
        self._is_drawn = False  # or is being drawn
        self._looked: tuple[tuple[Term, ...], Found] | None = None
        self._counted: tuple[SessionFilter, tuple[tuple[Term, ...], Found] | None] | None = None  # by the facets
        page.filter_requested.connect(self.filter)
        page.sort_requested.connect(self.sort)
        page.search_requested.connect(self.look)

    def open(self, core: Core) -> None:
        self._core = core
        self.refresh()

    def close(self) -> None:
        for key in (_LIST, _LOOK, _COUNT, _DRAW):
            self._tasks.forget(key)
        self._core, self._rows, self._looked = None, None, None

    @property
    def where(self) -> str:
        return self._where

    def refresh(self) -> None:
        """Read the catalogue again, off the GUI thread; what was found in the sessions stays."""
        core = self._core
        if core is None:
            return

        def read() -> pa.Table:
            core.check_there()
            return with_positions(core.sessions())

        self._tasks.start(_LIST, read, self._take_rows, self._failed)

    def _take_rows(self, rows: pa.Table) -> None:
        self._rows = rows
        self._tasks.forget(_DRAW)
        self._is_drawn, self._counted = False, None
        self.filter(self._where)

    def sort(self) -> None:
        """The same sessions in the order that the headers of the list say."""
        self.filter(self._where)

    def filter(self, where: str) -> None:
        """Show the sessions that a filter keeps; one that is not understood is refused at the box."""
        wanted = self._parsed(where)
        if wanted is None:
            return
        if where != self._where:
            self._tasks.forget(_LOOK)
        self._where = where
        if self._looked is not None and self._looked[0] != wanted.content:
            self._looked = None
        core, rows, looked = self._core, self._rows, self._looked
        if core is None or rows is None:
            return
        column, descending = self._page.list.sorting()
        order = sort_of(column, descending=descending)

        def select() -> Positions:
            found = select_positions(core.queries, rows, wanted.catalogue, order)
            return found if looked is None else _among(rows, found, looked[1].ids)

        self._tasks.start(_LIST, select, lambda found: self._show(found, wanted), self._failed)

    def _parsed(self, where: str) -> SessionFilter | None:
        try:
            return parse_filter(where)
        except BadInput as e:
            self._page.filter.show_refusal(f"{e.sentence} {e.remedy}".strip())
            return None

    def _show(self, found: Positions, wanted: SessionFilter) -> None:
        core, rows = self._core, self._rows
        if core is None or rows is None:
            return
        self._page.show_rows(rows, found)
        if wanted.content:
            self._page.filter.show_note(ENTER if self._looked is None else _not_looked(self._looked[1]))
        if not self._is_drawn:
            self._is_drawn = True
            self._tasks.start(_DRAW, lambda: core.store.drawn(rows), self._take_drawn, lambda _: None)
        counted, self._counted = self._counted, (wanted, self._looked)
        if counted != self._counted:  # in another order there are as many
            count: Callable[[], tuple[Facet, ...]] = lambda: facets(core.queries, rows, found)  # noqa: E731
            self._tasks.start(_COUNT, count, self._page.show_facets, lambda _: None)

    def _take_drawn(self, rows: pa.Table) -> None:
        self._rows = rows
        self._page.show_drawn(rows)

    # -- into the sessions -----------------------------------------------------------------------------------------

    def look(self, where: str) -> None:
        """Filter, and look into the sessions for the words of the filter where it has any."""
        self.filter(where)
        wanted, core, rows = self._parsed(where), self._core, self._rows
        if wanted is None or not wanted.content or core is None or rows is None:
            return

        def begin() -> Iterator[Found]:
            kept = select_positions(core.queries, rows, wanted.catalogue, SORTS["imported"])
            return core.search(wanted.content, rows["id"].take(pa.array(kept)).to_pylist())

        self._tasks.start(_LOOK, begin, lambda search: self._go_on(search, wanted, Found(0)), self._failed)

    def _go_on(self, search: Iterator[Found], wanted: SessionFilter, so_far: Found) -> None:
        def take(found: Found | None) -> None:
            if found is None:
                self._looked = wanted.content, so_far
                self.filter(self._where)
            else:
                looked = found.looked + sum(found.not_looked.values())
                self._page.filter.show_note(f"Looking into the sessions… {looked} of {found.total}")
                self._go_on(search, wanted, found)

        self._tasks.start(_LOOK, lambda: next(search, None), take, self._failed)


def _among(rows: pa.Table, positions: Positions, ids: tuple[str, ...]) -> Positions:
    kept = pc.is_in(rows["id"].take(pa.array(positions)), pa.array(ids, pa.string()))
    found: Positions = positions[np.asarray(kept.to_numpy(zero_copy_only=False), bool)]
    return found


def _not_looked(found: Found) -> str:
    """Into how many sessions nobody could look, and why; empty where everything was looked into."""
    if not found.not_looked:
        return ""
    why = ", ".join(f"{n} {code.replace('_', ' ')}" for code, n in sorted(found.not_looked.items()))
    return f"Not looked into: {why}"
