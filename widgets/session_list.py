"""The session table as a view: sparklines and badges in cells, columns to choose, rows to copy."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QHeaderView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from widgets import theme
from widgets.badges import paint_badge
from widgets.session_table import ACTIVITY_ROLE, BADGE_ROLE, COLUMNS, Index, SessionTableModel

_HIDDEN_AT_FIRST = ("Format", "Subject")


class CellPainter(QStyledItemDelegate):
    """Badges and sparklines where a cell has one, text elsewhere."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        badge, activity = index.data(BADGE_ROLE), index.data(ACTIVITY_ROLE)
        if badge is None and activity is None:
            super().paint(painter, option, index)
            return
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect).adjusted(8, 0, -8, 0)
        if badge is not None:
            paint_badge(painter, area, badge)
        else:
            paint_sparkline(painter, area.adjusted(0, 5, 0, -5), activity)
        painter.restore()


def paint_sparkline(painter: QPainter, area: QRectF, counts: list[int]) -> None:
    """Events over the session's length, each bar relative to the busiest."""
    top = max(counts, default=0) or 1
    step = area.width() / max(1, len(counts))
    path = QPainterPath()
    path.moveTo(area.bottomLeft())
    for i, n in enumerate(counts):
        y = area.bottom() - (n / top) ** 0.5 * area.height()
        path.lineTo(area.x() + i * step, y)
        path.lineTo(area.x() + (i + 1) * step, y)
    path.lineTo(area.bottomRight())
    painter.setPen(QPen(theme.color("track.pointer"), 1))
    painter.setBrush(theme.with_alpha("track.pointer", 0.25))
    painter.drawPath(path)


class SessionList(QTableView):
    """Sessions to look through, pick and open."""

    opened = Signal(object)  # session id
    picked = Signal(object)  # tuple of session ids, in row order

    def __init__(self, model: SessionTableModel) -> None:
        super().__init__()
        self.setAccessibleName("Sessions")
        self._rows = model
        self.setModel(model)
        self.setItemDelegate(CellPainter(self))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(int(theme.tokens().metric["row"]) + 4)
        header = self.horizontalHeader()
        header.setAccessibleName("Columns of the session list")
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
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
        rows = sorted(i.row() for i in self.selectionModel().selectedRows())
        return tuple(self._rows.session_id(r) for r in rows)

    def pick(self, session_id: str) -> None:
        row = self._rows.row_of(session_id)
        if row is not None:
            self.selectRow(row)
            self.scrollTo(self._rows.index(row, 0))

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
        for i, column in enumerate(COLUMNS[1:], start=1):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(i))
            action.toggled.connect(lambda on, i=i: self.setColumnHidden(i, not on))
        menu.popup(at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._choose_columns(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText("\n".join(self._as_text()))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self._rows.session_id(self.currentIndex().row()))
        else:
            super().keyPressEvent(event)

    def _as_text(self) -> list[str]:
        """The picked rows, shown columns only, tab-separated; ids whole."""
        shown = [i for i in range(len(COLUMNS)) if not self.isColumnHidden(i)]
        lines = ["\t".join(COLUMNS[i].title for i in shown)]
        for index in sorted(self.selectionModel().selectedRows(), key=lambda i: i.row()):
            cells = [str(self._rows.index(index.row(), i).data() or "") for i in shown]
            lines.append("\t".join([self._rows.session_id(index.row()), *cells[1:]]))
        return lines
