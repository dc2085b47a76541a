"""The event list: bound to the playhead, filtered by kind, virtual."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QPushButton, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from curation.veil import Veil
from replay.events import SessionEvents, latest_at
from replay.timebase import TimeNs, format_t
from widgets import theme
from widgets.controls import button, column, row
from widgets.event_rows import AT_FIRST, COLORS, ICONS, TITLES, EventIndex, EventKind, worded
from widgets.panel_state import PanelState, StatePage
from widgets.session_table import Index

KIND_ROLE = Qt.ItemDataRole.UserRole
TIME_ROLE = Qt.ItemDataRole.UserRole + 1
PAST_ROLE = Qt.ItemDataRole.UserRole + 2


class EventModel(QAbstractListModel):
    """The events of the shown kinds; knows where the playhead is."""

    def __init__(self) -> None:
        super().__init__()
        self._events: SessionEvents | None = None
        self._all: EventIndex | None = None
        self._shown: EventIndex | None = None
        self._kinds = AT_FIRST
        self._veil = Veil(None)
        self._current = -1

    def show_events(self, events: SessionEvents | None, index: EventIndex | None) -> None:
        """Show other events, nothing captured worded until `show_words`; `index` is theirs, or None with them."""
        self.beginResetModel()
        self._events, self._all, self._veil = events, index, Veil(None)
        self._apply_kinds()
        self.endResetModel()

    def show_kinds(self, kinds: frozenset[EventKind]) -> None:
        self.beginResetModel()
        self._kinds = kinds
        self._apply_kinds()
        self.endResetModel()

    def _apply_kinds(self) -> None:
        self._shown = None if self._all is None else self._all.of_kinds(self._kinds)
        self._current = -1

    def show_words(self, veil: Veil) -> None:
        """Word the events as `veil` leaves them."""
        self._veil = veil
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def show_playhead(self, t_ns: TimeNs) -> int:
        """The row of the latest event at the playhead, -1 before the first."""
        if self._shown is None:
            return -1
        before, self._current = self._current, latest_at(self._shown.t_ns, t_ns)
        if before != self._current:
            for changed in (before, self._current):
                if changed >= 0:
                    self.dataChanged.emit(self.index(changed), self.index(changed), [PAST_ROLE])
        return self._current

    def kinds_present(self) -> frozenset[EventKind]:
        return frozenset() if self._all is None else frozenset(EventKind(k) for k in np.unique(self._all.kind))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if self._shown is None or (parent is not None and parent.isValid()) else len(self._shown.t_ns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._shown is None or self._events is None:
            return None
        i = index.row()
        kind = EventKind(int(self._shown.kind[i]))
        if role == Qt.ItemDataRole.DisplayRole:
            return worded(self._events, kind, int(self._shown.row[i]), self._veil)
        if role == KIND_ROLE:
            return kind
        if role == TIME_ROLE:
            return int(self._shown.t_ns[i])
        if role == PAST_ROLE:
            return i == self._current
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{format_t(int(self._shown.t_ns[i]))}, {self.data(index)}"
        return None


class EventRowPainter(QStyledItemDelegate):
    """Time, icon and words; the row at the playhead carries an amber edge."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        area = QRectF(option.rect)
        kind: EventKind = index.data(KIND_ROLE)
        painter.save()
        if index.data(PAST_ROLE):
            painter.fillRect(area, theme.with_alpha("accent", 0.10))
            painter.fillRect(QRectF(area.x(), area.y(), 2, area.height()), theme.color("accent"))
        painter.setFont(theme.mono_font(11))
        painter.setPen(theme.color("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area.adjusted(10, 0, 0, 0), middle, format_t(index.data(TIME_ROLE)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme.paint_icon(painter, ICONS[kind], QRectF(area.x() + 108, area.center().y() - 6, 13, 13), COLORS[kind])
        painter.setFont(theme.interface_font(12))
        painter.setPen(theme.color("text"))
        words = area.adjusted(130, 0, -8, 0)
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, middle, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(160, 24)


class EventListView(QListView):
    """Rows of equal height; Enter or a click asks to go there."""

    row_chosen = Signal(object)  # QModelIndex

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.clicked.connect(lambda index: self.row_chosen.emit(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        keys = (
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_PageUp,
            Qt.Key.Key_PageDown,
        )
        if event.key() in keys and self.currentIndex().isValid():
            self.row_chosen.emit(self.currentIndex())


class EventPanel(QWidget):
    """The list with its filter by kind."""

    time_requested = Signal(object)  # t_ns

    def __init__(self) -> None:
        super().__init__()
        self._model = EventModel()
        self._view = EventListView("Events")
        self._view.setModel(self._model)
        self._view.setItemDelegate(EventRowPainter(self._view))
        self._view.row_chosen.connect(lambda index: self.time_requested.emit(index.data(TIME_ROLE)))
        self._chips = {kind: self._chip(kind) for kind in EventKind}
        self._page = StatePage(self._view)
        chips = list(self._chips.values())
        filters = column(row(*chips[:4], None, spacing=4), row(*chips[4:], None, spacing=4), spacing=4)
        filters.setContentsMargins(8, 8, 8, 0)
        self.setLayout(column(filters, self._page, spacing=6))
        self.setMinimumWidth(264)
        self.show_events(None, None)

    def sizeHint(self) -> QSize:
        return QSize(330, 400)

    def _chip(self, kind: EventKind) -> QPushButton:
        out = button(TITLES[kind], role="chip")
        out.setCheckable(True)
        out.setChecked(kind in AT_FIRST)
        out.clicked.connect(self._filter)
        return out

    def _filter(self) -> None:
        self._model.show_kinds(frozenset(k for k, chip in self._chips.items() if chip.isChecked()))
        self._show_page()

    def show_events(self, events: SessionEvents | None, index: EventIndex | None) -> None:
        self._is_open = events is not None
        self._model.show_events(events, index)
        present = self._model.kinds_present()
        for kind, chip in self._chips.items():
            chip.setEnabled(kind in present)
        self._show_page()

    def _show_page(self) -> None:
        if self._model.rowCount():
            self._page.show_content()
        elif self._model.kinds_present():
            self._page.show_state(PanelState.empty("No event of these kinds", "Choose other kinds above."))
        elif self._is_open:
            self._page.show_state(PanelState.empty("No events", "This session has no events to list.", "list"))
        else:
            self._page.show_state(PanelState.empty("No session is open", "Open one in the Library.", "list"))

    def show_words(self, veil: Veil) -> None:
        self._model.show_words(veil)

    def show_playhead(self, t_ns: TimeNs) -> None:
        """Mark the latest event and keep it in view, unless a person is reading the list."""
        at = self._model.show_playhead(t_ns)
        if at >= 0 and not self._view.underMouse() and self._view.isVisible():
            # Among rows walked by key nothing may jump.
            hint = QListView.ScrollHint
            self._view.scrollTo(
                self._model.index(at), hint.EnsureVisible if self._view.hasFocus() else hint.PositionAtCenter
            )
