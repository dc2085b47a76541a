"""The camera: the desktop and the pointer as one picture of the video's size, and what can be read in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from app.demo.box import Box
from app.demo.desktop import Desktop
from app.demo.truth import GlyphRow

ARROW = ((0, 0), (0, 16.5), (3.9, 12.9), (6.4, 18.8), (8.9, 17.7), (6.4, 12), (11.7, 12))
HAND = (
    (5, 9), (5, 1.6), (6.2, 0.4), (7.4, 1.6), (7.4, 7.4), (12.6, 8.6), (14, 10.2), (13.2, 16), (12.4, 18.6),
    (5.6, 18.6), (4.4, 16), (1, 11.6), (1.4, 10.2), (3, 10),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """Screen px → frame px: scaled by one factor and centred, so that nothing is skewed."""

    scale: float
    x: float
    y: float

    def box(self, box: Box) -> Box:
        """The frame pixels that show anything of `box`; a scaled picture bleeds one pixel."""
        if self.scale == 1:
            return box.moved(int(self.x), int(self.y))
        left, top = self.x + box.x * self.scale, self.y + box.y * self.scale
        right, bottom = left + box.w * self.scale, top + box.h * self.scale
        x, y = math.floor(left) - 1, math.floor(top) - 1
        return Box(x, y, math.ceil(right) + 1 - x, math.ceil(bottom) + 1 - y)


class Camera:
    """Films one display. `size` is the frame's (width, height), whatever the display's resolution."""

    def __init__(self, desktop: Desktop, size: tuple[int, int]) -> None:
        self.desktop = desktop
        self.size = size
        self._screen = QImage()
        self._frame = QImage(*size, QImage.Format.Format_RGB32)
        self._frame.fill(Qt.GlobalColor.black)
        self._cursor: tuple[int, int, str] | None = None

    @property
    def fit(self) -> Fit:
        screen, (w, h) = self.desktop.screen, self.size
        scale = min(w / screen.w, h / screen.h)
        return Fit(scale, (w - screen.w * scale) / 2, (h - screen.h * scale) / 2)

    def look(self, x: int, y: int, shape: str) -> tuple[bool, bool]:
        """Bring the picture up to date; returns (whether the desktop changed, whether the picture did)."""
        changed = self.desktop.refresh()
        screen = self.desktop.screen
        if (self._screen.width(), self._screen.height()) != (screen.w, screen.h):
            self._screen = QImage(screen.w, screen.h, QImage.Format.Format_RGB32)
            changed = True
        if changed:
            painter = QPainter(self._screen)
            self.desktop.compose(painter)
            painter.end()
        cursor = (x, y, shape)
        if not changed and cursor == self._cursor:
            return False, False
        self._cursor = cursor
        self._film(cursor)
        return changed, True

    @property
    def picture(self) -> QImage:
        """The picture as of the last `look`; overwritten by the next."""
        return self._frame

    def _film(self, cursor: tuple[int, int, str]) -> None:
        fit, screen = self.fit, self.desktop.screen
        if fit.scale == 1:
            painter = QPainter(self._frame)
            painter.drawImage(0, 0, self._screen)
            _draw_cursor(painter, *cursor)
            painter.end()
            return
        shot = self._screen.copy()
        painter = QPainter(shot)
        _draw_cursor(painter, *cursor)
        painter.end()
        self._frame.fill(Qt.GlobalColor.black)
        painter = QPainter(self._frame)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(fit.x, fit.y, screen.w * fit.scale, screen.h * fit.scale), shot, QRectF(shot.rect()))
        painter.end()

    def glyphs(self) -> frozenset[GlyphRow]:
        """Every secret that can be read in the picture, frame px."""
        fit = self.fit
        return frozenset(
            GlyphRow(
                g.ink.secret, g.ink.start, g.ink.end, fit.box(g.box), fit.box(g.shown),
                round(g.ink.font_px * fit.scale, 2), g.theme,
            )
            for g in self.desktop.glyphs()
        )  # fmt: skip

    def plain_text(self) -> frozenset[Box]:
        """Text in the picture that is not secret, frame px."""
        fit = self.fit
        return frozenset(fit.box(b) for b in self.desktop.plain_text())


def _draw_cursor(painter: QPainter, x: int, y: int, shape: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if shape == "text":
        for width, color in ((3.2, "white"), (1.2, "black")):
            painter.setPen(QPen(QColor(color), width))
            painter.drawLine(QPointF(x + 0.5, y - 8), QPointF(x + 0.5, y + 8))
            for end in (-8, 8):
                painter.drawLine(QPointF(x - 2.5, y + end), QPointF(x + 3.5, y + end))
        return
    points = HAND if shape == "hand" else ARROW
    dx, dy = (-6, 0) if shape == "hand" else (0, 0)
    painter.setPen(QPen(QColor("white"), 1.3, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(QColor("black"))
    painter.drawPolygon(QPolygonF([QPointF(x + dx + px, y + dy + py) for px, py in points]))
