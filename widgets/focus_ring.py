"""The focus ring of widgets that paint themselves."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from widgets import theme


def paint_focus(painter: QPainter, area: QRect) -> None:
    """One px of accent along the inside of `area`. Four fills: stroking a large rectangle costs its whole area."""
    ink, x, y, w, h = theme.color("accent"), area.x(), area.y(), area.width(), area.height()
    for side in (QRect(x, y, w, 1), QRect(x, y + h - 1, w, 1), QRect(x, y, 1, h), QRect(x + w - 1, y, 1, h)):
        painter.fillRect(side, ink)
