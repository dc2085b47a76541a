"""A table of cells in words with an icon where one helps; rows cost what is on screen, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView

from widgets import theme
from widgets.session_table import Index

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Cell:
    """`icon` is a bundled icon in colour token `color`; `muted` for what is over or does not count."""

    text: str
    icon: str = ""
    color: str = "muted"
    tip: str = ""
    mono: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """A heading, how wide it starts (px), and the cell of a row under it."""

    title: str
    width: int
    cell: Callable[[R], Cell]


class CellModel(QAbstractTableModel, Generic[R]):
    """Rows of any kind, worded by columns when they are asked for."""

    def __init__(self, columns: Sequence[Column[R]]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._rows: Sequence[R] = ()

    def show_rows(self, rows: Sequence[R]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(c.title for c in self._columns)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return self._columns[section].title if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self._columns[index.column()].cell(self._rows[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tip or None
        return _look(cell, role)


def _look(cell: Cell, role: int) -> Any:
    if role == Qt.ItemDataRole.DecorationRole and cell.icon:
        return theme.icon(cell.icon, cell.color)
    if role == Qt.ItemDataRole.ForegroundRole and cell.muted:
        return QColor(theme.color("muted"))
    if role == Qt.ItemDataRole.FontRole and cell.mono:
        return theme.mono_font(12)
    return None


class CellTable(QTableView, Generic[R]):
    """The view of a `CellModel`; Ctrl+C copies the picked rows, tab-separated."""

    def __init__(self, name: str, columns: Sequence[Column[R]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.rows: CellModel[R] = CellModel(columns)
        self.setModel(self.rows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(int(theme.tokens().metric["row"]) + 2)
        header = self.horizontalHeader()
        header.setAccessibleName(f"Columns of {name.lower()}")
        header.setHighlightSections(False)
        for i, column in enumerate(columns):
            self.setColumnWidth(i, column.width)
        header.setSectionResizeMode(len(columns) - 1, QHeaderView.ResizeMode.Stretch)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText("\n".join(self._as_text()))
        else:
            super().keyPressEvent(event)

    def _as_text(self) -> list[str]:
        picked = sorted(i.row() for i in self.selectionModel().selectedRows())
        columns = range(self.rows.columnCount())
        return ["\t".join(self.rows.titles)] + [
            "\t".join(str(self.rows.index(r, c).data()) for c in columns) for r in picked
        ]
