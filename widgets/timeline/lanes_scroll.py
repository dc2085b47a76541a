"""Which part of the lanes is in sight, where they do not all fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from widgets import theme
from widgets.timeline.lanes import RULER_PX, Layout

_MARGIN_PX: Final = 4
_BAR_PX: Final = 4


@dataclass(frozen=True, slots=True)
class LanesScroll:
    """`top`: px of the lanes above what is in sight; `room`: px that are in sight; `height`: px of all lanes."""

    top: int
    room: int
    height: int

    @property
    def most(self) -> int:
        return max(0, self.height - self.room)

    def moved(self, px: int) -> int:
        """The top after scrolling down by `px`."""
        return min(max(0, self.top + px), self.most)

    def showing(self, layout: Layout, item_id: str | None) -> int:
        """The nearest top that has an item in sight; this one where there is none of that id."""
        placed = next((p for p in layout.placed if p.item.id == item_id), None)
        if placed is None:
            return self.moved(0)
        below = placed.top + placed.height + _MARGIN_PX - self.room
        return min(max(0, below, min(self.top, placed.top - _MARGIN_PX)), self.most)

    def paint(self, painter: QPainter, width: int) -> None:
        """A bar at the right edge of a timeline that is `width` px wide."""
        if self.most > 0 and self.room > 0:
            share = self.room / self.height
            top = RULER_PX + self.room * (1 - share) * self.top / self.most
            painter.fillRect(QRectF(width - _BAR_PX - 1, top, _BAR_PX, self.room * share), theme.color("faint"))
