"""The few controls every panel is built from, each with an accessible name, so that panels stay declarative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme


def label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    """Text in one of the sheet's roles (`muted`, `small`, `title`, `heading`, `section`, `mono`, `badge`, `key`)."""
    out = QLabel(text)
    out.setTextFormat(Qt.TextFormat.PlainText)  # captured strings must never be read as markup
    out.setProperty("role", role)
    out.setWordWrap(wrap)
    return out


def button(text: str, run: Callable[[], object] | None = None, *, role: str = "", icon: str = "") -> QPushButton:
    # The style sheet leaves no gap between icon and text.
    out = QPushButton(f" {text}" if icon else text)
    out.setProperty("role", role)
    out.setAccessibleName(text)
    out.setAutoDefault(False)
    if icon:
        out.setIcon(theme.icon(icon, "on_accent" if role == "primary" else "text"))
        out.setIconSize(QSize(16, 16))
    if run is not None:
        out.clicked.connect(lambda: run())
    return out


def tool(icon: str, name: str, run: Callable[[], object] | None = None, *, checkable: bool = False) -> QToolButton:
    """An icon button; `name` is what a screen reader says and the tool tip shows."""
    out = QToolButton()
    out.setIcon(theme.icon(icon))
    out.setIconSize(QSize(16, 16))
    out.setAccessibleName(name)
    out.setToolTip(name)
    out.setCheckable(checkable)
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if run is not None:
        out.clicked.connect(lambda: run())
    return out


def line_edit(name: str, placeholder: str = "", *, role: str = "") -> QLineEdit:
    out = QLineEdit()
    out.setAccessibleName(name)
    out.setPlaceholderText(placeholder)
    out.setProperty("role", role)
    return out


def combo(name: str, choices: Sequence[tuple[str, object]]) -> QComboBox:
    """A choice among (text, value)."""
    out = QComboBox()
    out.setAccessibleName(name)
    out.view().setAccessibleName(f"{name}: choices")
    for text, value in choices:
        out.addItem(text, value)
    return out


def separator(*, vertical: bool = False) -> QFrame:
    out = QFrame()
    out.setObjectName("vseparator" if vertical else "separator")
    return out


Item = QWidget | QLayout | int | None


def row(*items: Item, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = 8) -> QHBoxLayout:
    """Items side by side; a number is a gap in px, None takes the room that is left."""
    return _filled(QHBoxLayout(), items, margins, spacing)


def column(*items: Item, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = 8) -> QVBoxLayout:
    """Items below each other; a number is a gap in px, None takes the room that is left."""
    return _filled(QVBoxLayout(), items, margins, spacing)


B = TypeVar("B", QHBoxLayout, QVBoxLayout)


def _filled(layout: B, items: Sequence[Item], margins: tuple[int, int, int, int], spacing: int) -> B:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
    return layout


def framed(layout: QLayout, name: str = "panel") -> QFrame:
    """A surface holding `layout`; `name` is `panel`, `card` or `bar`."""
    out = QFrame()
    out.setObjectName(name)
    out.setLayout(layout)
    return out


class Segments(QWidget):
    """A few exclusive choices side by side; `chosen` carries the value of the one a person picked."""

    chosen = Signal(object)

    def __init__(self, name: str, choices: Sequence[tuple[str, object]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._values = [value for _, value in choices]
        self._group = QButtonGroup(self)
        buttons = [self._button(text, i, len(choices)) for i, (text, _) in enumerate(choices)]
        self.setLayout(row(*buttons, spacing=0))
        self._group.idClicked.connect(lambda i: self.chosen.emit(self._values[i]))
        buttons[0].setChecked(True)

    def _button(self, text: str, index: int, n: int) -> QPushButton:
        out = button(text, role="segment")
        out.setCheckable(True)
        out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        out.setProperty("place", "first" if index == 0 else "last" if index == n - 1 else "middle")
        self._group.addButton(out, index)
        return out

    def show_value(self, value: object) -> None:
        """Show what is chosen, without telling anybody."""
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)


class ElidedLabel(QLabel):
    """One line that ends in “…” instead of widening its panel; the whole text is its tool tip."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    def show_text(self, text: str) -> None:
        self._whole = text
        self.setToolTip(text)
        self._elide()

    def resizeEvent(self, event: object) -> None:
        self._elide()

    def _elide(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(0, self.width() - 4)))


def scrolled(content: QWidget) -> QScrollArea:
    """`content` as wide as there is room, and as high as it needs."""
    out = QScrollArea()
    out.setWidgetResizable(True)
    out.setWidget(content)
    out.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    out.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return out
