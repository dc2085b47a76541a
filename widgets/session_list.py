"""The session table as a view: sparklines and badges in cells, columns to choose, rows to copy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from PySide6.QtCore import (
    QElapsedTimer,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QPoint,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QImage, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from widgets import theme
from widgets.badges import paint_badge
from widgets.session_table import COLUMNS, Index, Int64s, SessionTableModel

_HIDDEN_AT_FIRST = ("Format", "Subject")
_PADDING_PX, _TEXT_PX = 8, 3
_NO_UPDATE = QItemSelectionModel.SelectionFlag.NoUpdate


class CellPainter(QStyledItemDelegate):
    """Badges and sparklines where a cell has one, text elsewhere.

    It asks for each cell once. Qt's own painting asks for ten roles, which took a sixth of a second a page.
    """

    def __init__(self, view: QTableView, rows: SessionTableModel) -> None:
        super().__init__(view)
        self._view, self._rows = view, rows

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look = self._rows.look(index.row(), index.column())
        self._view.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, self._view)
        painter.save()
        area = QRectF(option.rect).adjusted(_PADDING_PX, 0, -_PADDING_PX, 0)
        if look.badge is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_badge(painter, area, look.badge)
        elif look.activity is not None:
            paint_sparkline(painter, area.adjusted(0, 5, 0, -5), look.activity)
        else:
            area.adjust(_TEXT_PX, 0, -_TEXT_PX, 0)
            text, metrics = look.text, option.fontMetrics
            if metrics.horizontalAdvance(text) > area.width():
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
            painter.setPen(theme.color("text"))
            painter.drawText(area, look.alignment, text)
        painter.restore()


def paint_sparkline(painter: QPainter, area: QRectF, counts: list[int]) -> None:
    """Events over the session's length, each bar relative to the busiest."""
    scale = painter.device().devicePixelRatioF()
    width, height = round(area.width() * scale), round(area.height() * scale)
    if width < 2 or height < 2 or not counts:
        return
    heights = np.sqrt(np.array(counts, np.float64) / max(1, *counts))[np.arange(width) * len(counts) // width]
    filled = np.arange(height)[:, None] >= np.minimum(height * (1 - heights), height - 1)
    inner = filled.copy()
    inner[1:] &= filled[:-1]
    inner[:, 1:] &= filled[:, :-1]
    inner[:, :-1] &= filled[:, 1:]
    inner[0] = inner[-1] = False
    line, fill = theme.color("track.pointer"), theme.with_alpha("track.pointer", 0.25)
    pixels = np.where(inner, _premultiplied(fill), np.where(filled, _premultiplied(line), np.uint32(0)))
    image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(area, image)


def _premultiplied(color: QColor) -> np.uint32:
    alpha = color.alphaF()
    red, green, blue = (round(part * alpha) for part in (color.red(), color.green(), color.blue()))
    return np.uint32(color.alpha() << 24 | red << 16 | green << 8 | blue)


class SessionList(QTableView):
    """Sessions to look through, pick and open."""

    opened = Signal(object)  # session id
    picked = Signal(object)  # tuple of session ids, in row order
    sort_requested = Signal()

    def __init__(self, model: SessionTableModel) -> None:
        super().__init__()
        self.setAccessibleName("Sessions")
        self._rows = model
        self._typed, self._typed_at = "", QElapsedTimer()
        self.setModel(model)
        self.setItemDelegate(CellPainter(self, model))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(int(theme.tokens().metric["row"]) + 4)
        header = self.horizontalHeader()
        header.setAccessibleName("Columns of the session list")
        # A header of its own asks whether a column is picked whole, cell by cell: seconds for 100 000 picked rows.
        header.setSelectionModel(QItemSelectionModel(model, header))
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(lambda *_: self.sort_requested.emit())
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setHighlightSections(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self._choose_columns(header.mapToGlobal(at)))
        for i, column in enumerate(COLUMNS):
            self.setColumnWidth(i, column.width)
            self.setColumnHidden(i, column.title in _HIDDEN_AT_FIRST)
        self.activated.connect(lambda index: self.opened.emit(model.session_id(index.row())))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.picked.emit(self.picked_ids())

    def picked_ids(self) -> tuple[str, ...]:
        return self._rows.session_ids(self._picked_rows())

    def _picked_rows(self) -> Int64s:
        """By ranges: an index for each of 100 000 rows would take a second."""
        picked = self.selectionModel().selection()
        ranges = [np.arange(picked.at(i).top(), picked.at(i).bottom() + 1) for i in range(picked.count())]
        return np.unique(np.concatenate(ranges)) if ranges else np.zeros(0, np.int64)

    def pick(self, session_id: str) -> None:
        row = self._rows.row_of(session_id)
        if row is not None:
            self.selectRow(row)
            self.scrollTo(self._rows.index(row, 0))

    def show_rows(self, rows: pa.Table, positions: Int64s) -> None:
        """Other rows, or the same in another order. What was picked stays picked, and in sight where it was in sight;
        else the list stays where it is scrolled to. Nothing is said of it: who shows rows asks `picked_ids`."""
        picked, bar = self.picked_ids(), self.verticalScrollBar()
        current, place = self.currentIndex(), bar.value()
        session = self._rows.session_id(current.row()) if current.isValid() else ""
        in_sight = current.isValid() and self.visualRect(current).intersects(self.viewport().rect())
        column = max(current.column(), 0)
        self.blockSignals(True)  # one row after another would be told of
        self._rows.show_rows(rows, positions)
        self._pick_rows(self._rows.rows_of(picked))
        self.blockSignals(False)
        row = self._rows.row_of(session) if session else None
        if row is not None:
            self.selectionModel().setCurrentIndex(self._rows.index(row, column), _NO_UPDATE)
        if not in_sight:
            bar.setValue(place)

    def _pick_rows(self, rows: Int64s) -> None:
        ends = np.flatnonzero(np.diff(rows) > 1)
        wanted, last = QItemSelection(), len(COLUMNS) - 1
        for run in np.split(rows, ends + 1) if len(rows) else ():
            wanted.append(QItemSelectionRange(self._rows.index(int(run[0]), 0), self._rows.index(int(run[-1]), last)))
        self.selectionModel().select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def keyboardSearch(self, search: str) -> None:
        """Type-ahead: to the next session whose id, or whose word in this column, begins with what is typed.

        Qt's own would ask the model for each of 100 000 cells.
        """
        goes_on = self._typed_at.isValid() and self._typed_at.elapsed() < QApplication.keyboardInputInterval()
        self._typed = self._typed + search if goes_on else search
        self._typed_at.start()
        current = self.currentIndex()
        column, row = max(current.column(), 0), current.row()
        # The first letter goes on from here; what follows it may still fit where it led.
        found = self._rows.next_beginning(self._typed, column, row - 1 if len(self._typed) > 1 else row)
        if found is not None:
            self.setCurrentIndex(self._rows.index(found, column))

    def hidden_columns(self) -> tuple[str, ...]:
        return tuple(c.title for i, c in enumerate(COLUMNS) if self.isColumnHidden(i))

    def hide_columns(self, titles: tuple[str, ...]) -> None:
        for i, column in enumerate(COLUMNS):
            self.setColumnHidden(i, column.title in titles)

    def sorting(self) -> tuple[str, bool]:
        """(the column of the catalogue that the rows are sorted by, whether from the last on); empty for none."""
        header = self.horizontalHeader()
        at = header.sortIndicatorSection()
        if not 0 <= at < len(COLUMNS):
            return "", False
        return COLUMNS[at].source, header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder

    def show_sorting(self, source: str, *, descending: bool) -> None:
        """Sort by a column of the catalogue; as the rows come where there is none of that name."""
        at = next((i for i, c in enumerate(COLUMNS) if c.source == source), -1)
        self.sortByColumn(at, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def _choose_columns(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add_columns(menu)
        menu.popup(at)

    def _add_columns(self, menu: QMenu) -> None:
        for i, column in enumerate(COLUMNS[1:], start=1):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(i))
            action.toggled.connect(lambda on, i=i: self.setColumnHidden(i, not on))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """What can be done with the picked rows, and which columns there are."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for title, text in (
            ("Copy the rows", self._as_text),
            ("Copy the ids", self.picked_ids),
            ("Copy this cell", self._cell),
        ):
            action = menu.addAction(title)
            action.setEnabled(self.currentIndex().isValid())
            action.triggered.connect(lambda _, text=text: _put(text()))
        menu.addSeparator()
        self._add_columns(menu.addMenu("Columns"))
        return menu

    def _cell(self) -> tuple[str, ...]:
        """The cell that the cursor is in; an id whole, a list in words."""
        at = self.currentIndex()
        return (self._rows.session_id(at.row()) if at.column() == 0 else str(at.data() or ""),)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            _put(self._as_text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self._rows.session_id(self.currentIndex().row()))
        else:
            super().keyPressEvent(event)

    def _as_text(self) -> list[str]:
        """The picked rows, shown columns only, tab-separated; ids whole."""
        shown = [i for i in range(len(COLUMNS)) if not self.isColumnHidden(i)]
        lines = ["\t".join(COLUMNS[i].title for i in shown)]
        for row, session_id in zip(self._picked_rows().tolist(), self.picked_ids(), strict=True):
            cells = [str(self._rows.index(row, i).data() or "") for i in shown]
            lines.append("\t".join([session_id, *cells[1:]]))
        return lines


def _put(lines: Iterable[str]) -> None:
    QGuiApplication.clipboard().setText("\n".join(lines))
