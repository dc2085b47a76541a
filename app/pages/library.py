"""The Library page: filter, sessions, preview; or the first-run screen while no library is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSplitter, QStackedLayout, QWidget

from curation.catalogue_view import Facet, Positions
from widgets.controls import button, column, row
from widgets.facet_list import FacetList
from widgets.first_run import DropZone, FirstRun
from widgets.panel_state import PanelState, StatePage
from widgets.session_filter_bar import SessionFilterBar
from widgets.session_list import SessionList
from widgets.session_preview import SessionPreview
from widgets.session_table import SessionTableModel
from widgets.view_menu import ViewMenu
from widgets.wording import count


@dataclass(frozen=True, slots=True)
class LibraryActs:
    """What the page's buttons do."""

    demo: Callable[[], object]
    import_: Callable[[], object]
    open_library: Callable[[], object]
    open_session: Callable[[], object]
    export: Callable[[], object]
    copy_card: Callable[[], object]


class LibraryPage(QWidget):
    """Shows what a library holds."""

    session_opened = Signal(object)  # session id
    picked = Signal(object)  # tuple of session ids
    filter_requested = Signal(object)  # str
    sort_requested = Signal()
    search_requested = Signal(object)  # str
    dropped = Signal(object)  # tuple[Path, ...]

    def __init__(self, acts: LibraryActs) -> None:
        super().__init__()
        self.setObjectName("page")
        self._acts = acts
        self.model = SessionTableModel()
        self.list = SessionList(self.model)
        self.filter = SessionFilterBar()
        self.facets = FacetList()
        self.views = ViewMenu()
        self.preview = SessionPreview(acts.open_session, acts.export)
        self.first_run = FirstRun(acts.demo, acts.import_, acts.open_library)
        self._rows = StatePage(self.list)
        self._told: pa.Table | None = None  # the rows that the picked ones were last told from
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.first_run)
        self._stack.addWidget(self._library())
        self.list.opened.connect(self.session_opened)
        self.list.picked.connect(self._pick)
        self.list.sort_requested.connect(self.sort_requested)
        self.filter.filter_requested.connect(self.filter_requested)
        self.filter.search_requested.connect(self.search_requested)
        self.facets.toggled.connect(self.filter.toggle_word)
        self.first_run.drop.dropped.connect(self.dropped)

    def _library(self) -> QWidget:
        out = DropZone()
        out.setObjectName("page")
        out.dropped.connect(self.dropped)
        add = button("Import…", self._acts.import_, icon="folder-input")
        top = row(self.filter, self.views, add, spacing=12)
        top.setStretch(0, 1)
        for button_ in (self.views, add):
            top.setAlignment(button_, Qt.AlignmentFlag.AlignTop)
        left = QWidget()
        body = column(top, self._rows, margins=(16, 14, 8, 8), spacing=12)
        body.setStretch(1, 1)
        left.setLayout(body)
        side = QSplitter(Qt.Orientation.Vertical)
        side.setChildrenCollapsible(False)
        side.addWidget(self.preview)
        side.addWidget(self.facets)
        side.setStretchFactor(0, 1)
        side.setSizes([560, 260])
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(side)
        split.setStretchFactor(0, 1)
        split.setSizes([1000, 330])
        out.setLayout(column(split))
        return out

    def show_first_run(self) -> None:
        self._stack.setCurrentIndex(0)

    @property
    def shows_first_run(self) -> bool:
        return self._stack.currentIndex() == 0

    def show_opening(self, name: str) -> None:
        """That a library is being opened; an empty name ends it."""
        text = f"Opening “{name}”…" if name else ""
        self.first_run.show_note(text)
        self.filter.show_note(text)

    def show_loading(self) -> None:
        self.show_opening("")
        self._stack.setCurrentIndex(1)
        self._rows.show_state(PanelState.loading("Reading the catalogue…"))

    def show_error(self, sentence: str, remedy: str) -> None:
        self._stack.setCurrentIndex(1)
        self._rows.show_state(PanelState.error(sentence, remedy))

    def show_stranger(self, sentence: str, card_id: str) -> None:
        """The library is somebody else's: which card to send to its custodian."""
        hint = f"Send your card to a custodian of it, who adds you and compares this id: {card_id}"
        self.filter.show_count("")
        self._rows.show_state(PanelState.empty(sentence, hint, "lock"), "Copy my card", self._acts.copy_card)
        self._stack.setCurrentIndex(1)

    def show_facets(self, found: tuple[Facet, ...]) -> None:
        """What the shown sessions have, with counts."""
        self.facets.show_facets(found, self.filter.text)

    def show_rows(self, rows: pa.Table, positions: Positions) -> None:
        """The sessions of a catalogue that the filter keeps, by their rows."""
        self._stack.setCurrentIndex(1)
        before = self.list.picked_ids()
        self.list.show_rows(rows, positions)
        picked = self.list.picked_ids()
        told, self._told = self._told, rows
        shown, total = len(positions), rows.num_rows
        self.filter.show_count(count(total, "session") if shown == total else f"{shown} of {count(total, 'session')}")
        if shown:
            self._rows.show_content()
            if self.list.isVisible() and not self._is_typed_in():
                self.list.setFocus()  # so that Return opens what is picked
            if not picked:
                self.list.pick(self.model.session_id(0))
            elif picked != before or rows is not told:
                self._pick(picked)
        elif total:
            title, hint = "No session fits this filter", "Change it, or clear it to see all."
            self._rows.show_state(
                PanelState.empty(title, hint, "search"), "Clear the filter", lambda: self.filter.set_text("")
            )
            self._pick(())
        else:
            hint = "Import a recorder's folder, or drop it here."
            self._rows.show_state(PanelState.empty("No sessions yet", hint, "library"), "Import…", self._acts.import_)
            self._pick(())

    def show_drawn(self, rows: pa.Table) -> None:
        """The shown sessions, with what is drawn of each."""
        self._told = rows
        self.model.fill(rows)
        picked = self.list.picked_ids()
        if len(picked) == 1:
            self.preview.show_activity(self.model.record(self.model.rows_of(picked)[0])["activity"])

    def _is_typed_in(self) -> bool:
        focused = self.focusWidget()
        return focused is not None and focused.hasFocus() and self.filter.isAncestorOf(focused)

    def _pick(self, ids: tuple[str, ...]) -> None:
        if len(ids) == 1:
            row_number = self.model.row_of(ids[0])
            if row_number is not None:
                self.preview.show_record(self.model.record(row_number))
        else:
            self.preview.show_nothing(len(ids))
        self.picked.emit(ids)

    def show_thumbnail(self, picture: QImage) -> None:
        self.preview.show_picture(picture)
