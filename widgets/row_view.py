"""Rows of one height in one column, however many: a table, because a list view lays out every row it has."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

_CHOOSING = frozenset(
    {
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)


class RowView(QTableView):
    """Walking or a click chooses a row; Enter or a double-click opens it."""

    row_chosen = Signal(object)  # QModelIndex
    row_opened = Signal(object)  # QModelIndex

    def __init__(self, name: str, row_px: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(row_px)
        self.horizontalHeader().setStretchLastSection(True)
        self.clicked.connect(lambda index: self.row_chosen.emit(index))
        self.doubleClicked.connect(lambda index: self.row_opened.emit(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in _CHOOSING and self.currentIndex().isValid():
            self.row_chosen.emit(self.currentIndex())
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.row_opened.emit(self.currentIndex())

    def keep_in_sight(self, row: int) -> None:
        """Scroll to a row that went out of sight, unless a person is reading the rows; half a page then, because each
        scrolling paints every row anew. Among rows walked by key nothing jumps."""
        if row < 0 or self.underMouse() or not self.isVisible():
            return
        index, hint = self.model().index(row, 0), QAbstractItemView.ScrollHint
        if not self.viewport().rect().contains(self.visualRect(index).center()):
            self.scrollTo(index, hint.EnsureVisible if self.hasFocus() else hint.PositionAtCenter)

    def pick(self, row: int) -> None:
        """Select a row and bring it into the middle."""
        index = self.model().index(row, 0)
        self.setCurrentIndex(index)
        self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
