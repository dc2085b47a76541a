"""What two states of a session's decisions differ in, as rows to pick, and how far two people agree, as bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from widgets import theme
from widgets.controls import column, label
from widgets.session_table import Index

ROW_ROLE: Final = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One row. `share` (0 to 1) draws a bar under it; `id` and `t_ns` are where picking it leads, None: nowhere."""

    icon: str
    title: str
    detail: str
    color: str = "text"
    share: float | None = None
    id: str | None = None
    t_ns: int | None = None


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[DifferenceRow, ...] = ()

    def show_rows(self, rows: tuple[DifferenceRow, ...]) -> None:
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown = self._rows[index.row()]
        if role == ROW_ROLE:
            return shown
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{shown.title}, {shown.detail}"
        return None


class _RowPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(160, 44)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        shown: DifferenceRow = index.data(ROW_ROLE)
        area = QRectF(option.rect).adjusted(12, 0, -10, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme.paint_icon(painter, shown.icon, QRectF(area.x(), area.y() + 8, 14, 14), shown.color)
        text = area.adjusted(24, 0, 0, 0)
        _line(painter, text.adjusted(0, 5, 0, -22), shown.title, "text", 13)
        _line(painter, text.adjusted(0, 22, 0, -5), shown.detail, "muted", 11)
        if shown.share is not None:
            bar = QRectF(text.x(), area.bottom() - 4, text.width(), 2)
            painter.fillRect(bar, theme.color("line"))
            painter.fillRect(QRectF(bar.x(), bar.y(), bar.width() * shown.share, 2), theme.color(shown.color))
        painter.restore()


def _line(painter: QPainter, area: QRectF, text: str, color: str, size: int) -> None:
    painter.setFont(theme.interface_font(size))
    painter.setPen(theme.color(color))
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided)


class DifferencePanel(QWidget):
    """`picked` carries the DifferenceRow that was clicked or chosen with Enter."""

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._agreement, self._differences = _Rows(), _Rows()
        self._agreement_title, self._title = label("Agreement", "section"), label("Differences", "section")
        self._agreement_list = _list("Agreement", self._agreement)
        self._agreement_list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list = _list("Differences", self._differences)
        self._list.clicked.connect(self._pick)
        self._list.activated.connect(self._pick)
        self._nothing = label("No difference.", "muted", wrap=True)
        for text in (self._agreement_title, self._title, self._nothing):
            text.setContentsMargins(12, 6, 12, 6)
        items = (self._agreement_title, self._agreement_list, self._title, self._nothing, self._list)
        self.setLayout(column(*items, None, spacing=0))
        self.setMinimumWidth(220)
        self.clear()

    def show_differences(self, rows: tuple[DifferenceRow, ...]) -> None:
        self._differences.show_rows(rows)
        self._title.setText(f"Differences: {len(rows)}" if rows else "Differences")
        self._nothing.setVisible(not rows)
        self._list.setVisible(bool(rows))

    def show_agreement(self, rows: tuple[DifferenceRow, ...]) -> None:
        """None at all leaves the list of differences alone."""
        self._agreement.show_rows(rows)
        self._agreement_list.setFixedHeight(min(len(rows), 4) * 44 + 2)
        for widget in (self._agreement_title, self._agreement_list):
            widget.setVisible(bool(rows))

    def clear(self) -> None:
        self.show_differences(())
        self.show_agreement(())

    def rows(self) -> tuple[DifferenceRow, ...]:
        """What is listed as different."""
        return tuple(self._differences.index(i).data(ROW_ROLE) for i in range(self._differences.rowCount()))

    def agreement_rows(self) -> tuple[DifferenceRow, ...]:
        return tuple(self._agreement.index(i).data(ROW_ROLE) for i in range(self._agreement.rowCount()))

    def _pick(self, index: Index) -> None:
        self.picked.emit(index.data(ROW_ROLE))


def _list(name: str, model: QAbstractListModel) -> QListView:
    out = QListView()
    out.setAccessibleName(name)
    out.setModel(model)
    out.setItemDelegate(_RowPainter(out))
    out.setUniformItemSizes(True)
    out.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return out
