"""Words over the frame: where the playhead is, how large the picture is shown, notes and badges."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter

from widgets import theme
from widgets.badges import Badge, paint_badge
from widgets.canvas_view import Shape

_CHIP_PX = 22


@dataclass(frozen=True, slots=True)
class Hud:
    """`sync` says how sure the events' clock is, `preview` that the picture is not exact."""

    time: str
    scale: str
    note: str
    sync: Badge | None
    preview: Badge | None


def scale_of(shape: Shape, device_scale: float) -> str:
    """How large a picture pixel is in device px; with the picture's size where it is not that of the video."""
    percent = f"{device_scale * 100:.0f} %"
    if shape.picture == shape.space:
        return percent
    return f"{shape.picture[0]} × {shape.picture[1]} · {percent}"


def paint_hud(painter: QPainter, size: QSize, hud: Hud) -> None:
    """Over a canvas of `size` px."""
    painter.setFont(theme.mono_font(12))
    advance = painter.fontMetrics().horizontalAdvance
    low = size.height() - 30
    # A note stands above the captions' place, so that neither hides the other.
    note_x = (size.width() - advance(hud.note) - 16) / 2
    places = ((hud.time, 8.0, low), (hud.scale, size.width() - advance(hud.scale) - 24, low), (hud.note, note_x, 12))
    for text, x, y in places:
        if text:
            box = QRectF(x, y, advance(text) + 16, _CHIP_PX)
            paint_chip(painter, box)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    if hud.sync is not None:
        _badge(painter, hud.sync, 16 + advance(hud.time) + 16, low)
    if hud.preview is not None:
        _badge(painter, hud.preview, size.width() - advance(hud.preview.text) - 42, low - 26)


def _badge(painter: QPainter, badge: Badge, x: float, y: float) -> None:
    painter.setFont(theme.mono_font(12))
    box = QRectF(x, y, painter.fontMetrics().horizontalAdvance(badge.text) + 34, _CHIP_PX)
    paint_chip(painter, box)
    paint_badge(painter, box.adjusted(8, 0, 0, 0), badge)


def paint_chip(painter: QPainter, box: QRectF) -> None:
    """A dark ground for words; the pen is left in the colour of text."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 12, 12, 210))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.color("text"))
