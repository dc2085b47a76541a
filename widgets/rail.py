"""The left rail: one button per page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QToolButton

from widgets import theme
from widgets.controls import column, label


@dataclass(frozen=True, slots=True)
class RailEntry:
    page: str
    title: str
    icon: str
    keys: str


class Rail(QFrame):
    """Pages to go to; `page_requested` carries the page's name."""

    page_requested = Signal(object)  # str

    def __init__(self, entries: Sequence[RailEntry]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAccessibleName("Pages")
        self.setFixedWidth(84)
        self._group = QButtonGroup(self)
        self._buttons = {e.page: self._button(e) for e in entries}
        self._standing = label("", "small", wrap=True)
        self._standing.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        below = column(self._mark, self._standing, spacing=4)
        self.setLayout(column(*self._buttons.values(), None, below, margins=(6, 10, 6, 10), spacing=6))

    def _button(self, entry: RailEntry) -> QToolButton:
        out = QToolButton()
        out.setProperty("role", "rail")
        out.setText(entry.title)
        out.setIcon(theme.icon(entry.icon))
        out.setIconSize(QSize(20, 20))
        out.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        out.setAccessibleName(entry.title)
        out.setToolTip(f"{entry.title} ({entry.keys})")
        out.setCheckable(True)
        out.setFixedSize(72, 54)
        out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        out.clicked.connect(lambda: self.page_requested.emit(entry.page))
        self._group.addButton(out)
        return out

    def show_standing(self, sentence: str, tip: str, *, is_alarm: bool) -> None:
        """What holds for the whole library, below the pages; no sentence hides it."""
        self._standing.setText(sentence)
        self._standing.setToolTip(tip)
        icon, color = ("shield-alert", "danger_text") if is_alarm else ("shield", "muted")
        self._mark.setPixmap(theme.icon(icon, color).pixmap(QSize(16, 16)))
        self._mark.setVisible(bool(sentence))

    def show_page(self, page: str) -> None:
        self._buttons[page].setChecked(True)
