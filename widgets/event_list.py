"""The event list: bound to the playhead, filtered by kind, virtual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QPushButton, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from curation.veil import Veil
from replay.events import SessionEvents, latest_at
from replay.timebase import TimeNs, format_t
from widgets import theme
from widgets.controls import button, column, row
from widgets.event_rows import AT_FIRST, COLORS, ICONS, TITLES, EventIndex, EventKind, address, worded
from widgets.panel_state import PanelState, StatePage
from widgets.row_view import RowView
from widgets.session_table import Index
from widgets.step_rows import NO_STEPS, StepRows, titled

Int64s = npt.NDArray[np.int64]

ROW_ROLE = Qt.ItemDataRole.UserRole
TIME_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_PX, STEP_PX = 24, 110
_MARKED = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus


@dataclass(frozen=True, slots=True)
class StepTag:
    """The step that a row belongs to; `is_first`: the row above belongs to another one."""

    place: int
    text: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """All that a row shows, in one answer: dozens of rows are painted a few times a second while somebody drags."""

    t_ns: TimeNs
    kind: EventKind
    words: str
    is_current: bool
    tag: StepTag | None


class EventModel(QAbstractListModel):
    """The events of the shown kinds; knows where the playhead is, and which step each belongs to.

    The whole index stays as it is: `_picked` holds the places in it of the rows shown."""

    def __init__(self) -> None:
        super().__init__()
        self._events: SessionEvents | None = None
        self._all: EventIndex | None = None
        self._picked: Int64s = np.zeros(0, np.int64)
        self._kinds = AT_FIRST
        self._veil = Veil(None)
        self._steps, self._steps_veil = NO_STEPS, Veil(None)
        self._titles: dict[int, str] = {}
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
        self._picked = np.zeros(0, np.int64) if self._all is None else self._all.places_of(self._kinds)
        self._current = -1

    def show_words(self, veil: Veil) -> None:
        """Word the events as `veil` leaves them."""
        self._veil = veil
        self._repaint()

    def show_steps(self, rows: StepRows, veil: Veil) -> None:
        """The steps that the events were merged to, worded as `veil` leaves them."""
        self._steps, self._steps_veil, self._titles = rows, veil, {}
        self._repaint()

    def _repaint(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def show_playhead(self, t_ns: TimeNs) -> int:
        """The row of the latest event at the playhead, -1 before the first."""
        if self._all is None:
            return -1
        before, self._current = self._current, self.row_at(t_ns)
        if before != self._current:
            for changed in (before, self._current):
                if changed >= 0:
                    self.dataChanged.emit(self.index(changed), self.index(changed), [ROW_ROLE])
        return self._current

    def row_at(self, t_ns: TimeNs) -> int:
        """The last row at or before `t_ns`; -1 where there is none."""
        place = -1 if self._all is None else latest_at(self._all.t_ns, t_ns)
        return int(self._picked.searchsorted(place, side="right")) - 1

    @property
    def current(self) -> int:
        return self._current

    def kinds_present(self) -> frozenset[EventKind]:
        return frozenset() if self._all is None else self._all.kinds_present()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._picked)

    def step_of(self, row: int) -> int:
        """The place of the step that a row belongs to; -1 where there is none."""
        if self._all is None or self._events is None or not 0 <= row < len(self._picked):
            return -1
        place = int(self._picked[row])
        kind = EventKind(int(self._all.kind[place]))
        table, seq = address(self._events, kind, int(self._all.row[place]))
        return self._steps.place_of(table, seq)

    def row_of_step(self, place: int) -> int:
        """The first row shown that belongs to a step; -1 where none does."""
        if not 0 <= place < len(self._steps.steps):
            return -1
        step = self._steps.steps[place]
        first = max(0, self.row_at(step.t_start_ns - 1))
        last = self.row_at(max(step.t_end_ns, step.anchor_ns))
        return next((row for row in range(first, last + 1) if self.step_of(row) == place), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._all is None or self._events is None:
            return None
        if role == ROW_ROLE:
            return self._row(index.row())
        if role == TIME_ROLE:
            return int(self._all.t_ns[self._picked[index.row()]])
        if role == Qt.ItemDataRole.DisplayRole:
            return self._row(index.row()).words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            row = self._row(index.row())
            return f"{format_t(row.t_ns)}, {row.words}" + ("" if row.tag is None else f", {row.tag.text}")
        return None

    def _row(self, row: int) -> EventRow:
        assert self._all is not None
        assert self._events is not None
        place = int(self._picked[row])
        kind = EventKind(int(self._all.kind[place]))
        said = worded(self._events, kind, int(self._all.row[place]), self._veil)
        return EventRow(int(self._all.t_ns[place]), kind, said, row == self._current, self._tag(row))

    def _tag(self, row: int) -> StepTag | None:
        place = self.step_of(row)
        if place < 0:
            return None
        if place not in self._titles:
            step = self._steps_veil.step(self._steps.steps[place])
            self._titles[place] = f"#{step.index + 1} {titled(step.action)}"
        return StepTag(place, self._titles[place], self.step_of(row - 1) != place)


class EventRowPainter(QStyledItemDelegate):
    """Time, icon and words; the row at the playhead carries an amber edge."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if option.state & _MARKED:  # nothing else has a ground of its own
            style = option.widget.style()
            style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        area = QRectF(option.rect)
        row: EventRow = index.data(ROW_ROLE)
        painter.save()
        if row.is_current:
            painter.fillRect(area, theme.with_alpha("accent", 0.10))
            painter.fillRect(QRectF(area.x(), area.y(), 2, area.height()), theme.color("accent"))
        painter.setFont(theme.mono_font(11))
        painter.setPen(theme.color("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area.adjusted(10, 0, 0, 0), middle, format_t(row.t_ns))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme.paint_icon(
            painter, ICONS[row.kind], QRectF(area.x() + 108, area.center().y() - 6, 13, 13), COLORS[row.kind]
        )
        taken = 8.0 if row.tag is None else _paint_tag(painter, area, row.tag)
        painter.setFont(theme.interface_font(12))
        painter.setPen(theme.color("text"))
        words = area.adjusted(130, 0, -taken, 0)
        text = painter.fontMetrics().elidedText(row.words, Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, middle, text)
        painter.restore()


def _paint_tag(painter: QPainter, area: QRectF, tag: StepTag) -> float:
    """The step at the right: a bar along its rows, its name beside the first of them. Returns the px it takes."""
    tint = theme.with_alpha("accent", 0.75 if tag.place % 2 == 0 else 0.4)
    top = 3 if tag.is_first else 0
    painter.fillRect(QRectF(area.right() - 5, area.y() + top, 2, area.height() - top), tint)
    if not tag.is_first:
        return 14.0
    painter.setFont(theme.interface_font(11, 500))
    painter.setPen(theme.color("muted"))
    room = min(STEP_PX, int(area.width() - 130) // 2)
    text = painter.fontMetrics().elidedText(tag.text, Qt.TextElideMode.ElideRight, room)
    width = painter.fontMetrics().horizontalAdvance(text)
    box = QRectF(area.right() - 11 - width, area.y(), width + 1, area.height())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
    return width + 22.0


class EventPanel(QWidget):
    """The list with its filter by kind."""

    time_requested = Signal(object)  # t_ns
    step_requested = Signal(object)  # the place of the step that is wanted, -1 where an event belongs to none

    def __init__(self) -> None:
        super().__init__()
        self._model = EventModel()
        self._view = RowView("Events", ROW_PX)
        self._view.setModel(self._model)
        self._view.setItemDelegate(EventRowPainter(self._view))
        self._view.row_chosen.connect(lambda index: self.time_requested.emit(index.data(TIME_ROLE)))
        self._view.row_opened.connect(lambda index: self.step_requested.emit(self._model.step_of(index.row())))
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

    def show_state(self, state: PanelState) -> None:
        """In place of the rows, until events are shown."""
        self._page.show_state(state)

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
        self._view.keep_in_sight(self._model.show_playhead(t_ns))

    def show_steps(self, rows: StepRows, veil: Veil) -> None:
        self._model.show_steps(rows, veil)

    @property
    def current_step(self) -> int:
        """The place of the step of the selected event, else of the one at the playhead; -1 where there is none."""
        picked = self._view.currentIndex()
        return self._model.step_of(picked.row() if picked.isValid() and self._view.hasFocus() else self._model.current)

    def pick_step(self, place: int) -> bool:
        """Select the first event of a step and bring it into sight; False where none of its events is shown."""
        row = self._model.row_of_step(place)
        if row >= 0:
            self._view.pick(row)
            self._view.setFocus()
        return row >= 0
