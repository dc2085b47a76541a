"""Ctrl+K: one box over every action, session and label; type a few letters, press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.controls import label, line_edit
from widgets.session_table import Index

ENTRY_ROLE = Qt.ItemDataRole.UserRole
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be chosen; `kind` groups, `detail` stands on the right (a key, a time)."""

    kind: str
    title: str
    detail: str
    icon: str
    run: Callable[[], object]
    enabled: bool = True


def score(query: str, text: str) -> float | None:
    """How well the letters of `query` are found in order in `text`; higher is better, None is not at all.

    Letters that begin words or follow each other count more, so `cl` finds “Cut in to out” after “Close library”.
    """
    at, total, previous = 0, 0.0, -2
    lowered = text.lower()
    for letter in query.lower():
        if letter == " ":
            continue
        found = lowered.find(letter, at)
        if found < 0:
            return None
        starts_word = found == 0 or not lowered[found - 1].isalnum()
        total += 3.0 if found == previous + 1 else 2.0 if starts_word else 0.5
        previous, at = found, found + 1
    return total - len(text) * 0.01


def ranked(entries: Sequence[Entry], query: str) -> list[Entry]:
    """The entries that match, best first; all of them, in order, for an empty query."""
    if not query.strip():
        return list(entries[:_SHOWN])
    scored = [
        (s + (0.2 if e.enabled else 0), e) for e in entries if (s := score(query, f"{e.title} {e.kind}")) is not None
    ]
    return [e for _, e in sorted(scored, key=lambda pair: -pair[0])[:_SHOWN]]


class PaletteModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{entry.title}, {entry.kind}"
        return None


class EntryPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, 34)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        area, ink = QRectF(option.rect), "text" if entry.enabled else "faint"
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme.paint_icon(painter, entry.icon, QRectF(area.x() + 14, area.center().y() - 7, 15, 15), ink)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.interface_font(13))
        painter.setPen(theme.color(ink))
        painter.drawText(area.adjusted(42, 0, -200, 0), middle, entry.title)
        painter.setPen(theme.color("muted"))
        painter.setFont(theme.interface_font(12))
        painter.drawText(area.adjusted(0, 0, -16, 0), middle | Qt.AlignmentFlag.AlignRight, entry.detail)
        painter.restore()


class CommandPalette(QDialog):
    """A list over the window; chooses one entry and closes."""

    entry_chosen = Signal(object)  # Entry

    def __init__(
        self, parent: QWidget, entries: Sequence[Entry], prompt: str = "Search actions, sessions and labels"
    ) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries = entries
        self._model = PaletteModel()
        self._box = line_edit(prompt, prompt, role="search")
        self._list = QListView()
        self._list.setAccessibleName("Matches")
        self._list.setModel(self._model)
        self._list.setItemDelegate(EntryPainter(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._nothing = label("Nothing matches.", "muted")
        self._nothing.setContentsMargins(14, 12, 14, 12)
        frame = QFrame()
        frame.setObjectName("toast")
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(1, 1, 1, 1)
        inner.setSpacing(0)
        for widget in (self._box, self._nothing, self._list):
            inner.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        self._box.textChanged.connect(self._search)
        self._box.installEventFilter(self)
        self._list.clicked.connect(self._choose)
        self.resize(620, 420)
        self._search("")

    def _search(self, query: str) -> None:
        found = ranked(self._entries, query)
        self._model.show_entries(found)
        self._nothing.setVisible(not found)
        if found:
            self._list.setCurrentIndex(self._model.index(0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            row = self._list.currentIndex().row()
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if event.key() in steps and self._model.rowCount():
                row = min(max(row + steps[Qt.Key(event.key())], 0), self._model.rowCount() - 1)
                self._list.setCurrentIndex(self._model.index(row))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self._list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def search(self, query: str) -> None:
        """Type `query` into the box."""
        self._box.setText(query)

    def _choose(self, index: Index) -> None:
        entry: Entry | None = index.data(ENTRY_ROLE) if index.isValid() else None
        if entry is not None and entry.enabled:
            self.accept()
            self.entry_chosen.emit(entry)
