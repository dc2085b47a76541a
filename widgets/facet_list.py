"""Facets of the session list: the values that the shown sessions have, how many have each; a click filters by one."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from curation.catalogue_view import Facet
from curation.search.terms import Term, spelled
from widgets import theme
from widgets.session_table import Index
from widgets.wording import app_name, grouped, words

FACET_ROLE = Qt.ItemDataRole.UserRole
CHOSEN_ROLE = Qt.ItemDataRole.UserRole + 1
MOST_VALUES: Final = 8
_TITLES: Final = {
    "state": "State",
    "consent": "Consent",
    "sync": "Sync",
    "format": "Format",
    "app": "Apps",
    "problem": "Problems",
}


def word_of(facet: Facet) -> str:
    """What stands in the filter box for a facet."""
    return spelled(Term(facet.field, facet.value, 0))


class FacetModel(QAbstractListModel):
    """A heading for each field, then its most frequent values."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Facet | str] = []
        self._filter = ""

    def show_facets(self, facets: tuple[Facet, ...], filter_text: str) -> None:
        self.beginResetModel()
        self._filter = f" {filter_text} "
        self._rows = []
        for field, title in _TITLES.items():
            values = [f for f in facets if f.field == field]
            if values:
                self._rows += [title, *values[:MOST_VALUES]]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        is_heading = isinstance(self._rows[index.row()], str)
        return Qt.ItemFlag.NoItemFlags if is_heading else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        found = self._rows[index.row()]
        if role == FACET_ROLE:
            return found if isinstance(found, Facet) else None
        if role == CHOSEN_ROLE:
            return isinstance(found, Facet) and f" {word_of(found)} " in self._filter
        if isinstance(found, str):
            return found if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return app_name(found.value) if found.field == "app" else words(found.value)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_TITLES[found.field]}: {found.value}, {found.count}"
        return word_of(found) if role == Qt.ItemDataRole.ToolTipRole else None


class FacetPainter(QStyledItemDelegate):
    """Value left, count right; a chosen one in amber."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        facet: Facet | None = index.data(FACET_ROLE)
        area = QRectF(option.rect).adjusted(12, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.save()
        if facet is None:
            painter.setFont(theme.interface_font(11, 600))
            painter.setPen(theme.color("muted"))
            painter.drawText(area.adjusted(0, 6, 0, 0), middle, index.data())
        else:
            style = option.widget.style()
            style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
            chosen = bool(index.data(CHOSEN_ROLE))
            painter.setFont(theme.mono_font(11))
            painter.setPen(theme.color("muted"))
            n = grouped(facet.count)
            painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, n)
            room = area.width() - painter.fontMetrics().horizontalAdvance(n) - 12
            painter.setFont(theme.interface_font(12, 600 if chosen else 400))
            painter.setPen(theme.color("accent" if chosen else "text"))
            text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(area, middle, ("✓ " if chosen else "") + text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(140, 22 if index.data(FACET_ROLE) else 30)


class FacetList(QListView):
    """`toggled` carries the word that comes into, or goes out of, the filter box."""

    toggled = Signal(object)  # str

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Facets")
        self._rows = FacetModel()
        self.setModel(self._rows)
        self.setItemDelegate(FacetPainter(self))
        self.setMinimumHeight(120)
        self.clicked.connect(self._toggle)

    def show_facets(self, facets: tuple[Facet, ...], filter_text: str) -> None:
        self._rows.show_facets(facets, filter_text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self._toggle(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _toggle(self, index: Index) -> None:
        facet: Facet | None = index.data(FACET_ROLE)
        if facet is not None:
            self.toggled.emit(word_of(facet))
