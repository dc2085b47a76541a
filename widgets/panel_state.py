"""What a panel shows when it has nothing to show: empty, loading, error, and what to do next, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QPushButton, QStackedLayout, QWidget

from widgets import theme
from widgets.controls import button, column, label


class Kind(Enum):
    EMPTY = "circle-dot"
    LOADING = "loader"
    ERROR = "circle-alert"


@dataclass(frozen=True, slots=True)
class PanelState:
    """One state in words. `keeps_content`: what was shown stays under it."""

    kind: Kind
    title: str
    hint: str = ""
    icon: str = ""
    keeps_content: bool = False

    @classmethod
    def empty(cls, title: str, hint: str = "", icon: str = "") -> PanelState:
        return cls(Kind.EMPTY, title, hint, icon)

    @classmethod
    def loading(cls, title: str, hint: str = "") -> PanelState:
        return cls(Kind.LOADING, title, hint)

    @classmethod
    def error(cls, title: str, hint: str = "") -> PanelState:
        return cls(Kind.ERROR, title, hint)

    @property
    def icon_name(self) -> str:
        return self.icon or self.kind.value

    @property
    def color_name(self) -> str:
        return "danger_text" if self.kind is Kind.ERROR else "muted"


def paint_state(painter: QPainter, area: QRectF, state: PanelState) -> None:
    """Icon, title and hint in the middle of `area`."""
    painter.save()
    middle = area.center()
    theme.paint_icon(painter, state.icon_name, QRectF(middle.x() - 14, middle.y() - 46, 28, 28), state.color_name)
    painter.setFont(theme.interface_font(14, 600))
    painter.setPen(theme.color("text"))
    center = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
    painter.drawText(QRectF(area.x() + 16, middle.y() - 8, area.width() - 32, 22), center, state.title)
    painter.setFont(theme.interface_font(13))
    painter.setPen(theme.color("muted"))
    hint_area = QRectF(area.x() + 32, middle.y() + 16, area.width() - 64, area.height() / 2 - 16)
    painter.drawText(hint_area, center | Qt.TextFlag.TextWordWrap, state.hint)
    painter.restore()


class StatePage(QWidget):
    """A panel's content, or its state with at most one next action; never both."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title = label("", "heading")
        self._hint = label("", "muted", wrap=True)
        self._act: QPushButton = button("")
        for text in (self._title, self._hint):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        center = Qt.AlignmentFlag.AlignCenter
        page = QWidget()
        inner = column(None, self._icon, self._title, self._hint, self._act, None, margins=(24, 24, 24, 24))
        inner.setAlignment(self._act, center)
        page.setLayout(inner)
        self._run: Callable[[], object] = lambda: None
        self._act.clicked.connect(lambda: self._run())
        self._stack = QStackedLayout(self)
        self._stack.addWidget(content)
        self._stack.addWidget(page)

    def show_content(self) -> None:
        self._stack.setCurrentIndex(0)

    def show_state(self, state: PanelState, action: str = "", run: Callable[[], object] = lambda: None) -> None:
        self._icon.setPixmap(theme.icon(state.icon_name, state.color_name).pixmap(QSize(24, 24)))
        self._title.setText(state.title)
        self._hint.setText(state.hint)
        self._hint.setVisible(bool(state.hint))
        self._act.setText(action)
        self._act.setAccessibleName(action)
        self._act.setVisible(bool(action))
        self._run = run
        self._stack.setCurrentIndex(1)
