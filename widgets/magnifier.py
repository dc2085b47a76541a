"""A lens at the pointer: the frame's own pixels, each a square of whole device px, with their coordinates.

What a mask hides is filled in the lens too, drawn masks as well as burned ones, whenever masks are shown at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from replay.geometry import Rect
from widgets import theme
from widgets.canvas_hud import paint_chip
from widgets.canvas_view import CanvasView

FACTOR: Final = 4
SIDE_PX: Final = 208.0
_LABEL_PX: Final = 22.0


@dataclass(frozen=True, slots=True)
class Lens:
    """What a lens shows. `frame` is the size of the space that `view` and `hidden` speak of; `screen` is the place in
    capture px, None where it is not known; `is_exact` is False of a preview, whose pixels are not the frame's."""

    image: QImage
    frame: tuple[int, int]
    hidden: tuple[Rect, ...]
    at: QPointF
    screen: tuple[float, float] | None
    is_exact: bool


def pixel_at(lens: Lens, view: CanvasView) -> tuple[int, int]:
    """The picture's pixel under the pointer; beyond the picture it goes on counting."""
    fx, fy = view.to_frame(lens.at.x(), lens.at.y())
    width, height = lens.frame
    return math.floor(fx * lens.image.width() / width), math.floor(fy * lens.image.height() / height)


def paint_lens(painter: QPainter, view: CanvasView, lens: Lens, device_ratio: float) -> None:
    """In widget px around the pointer; every picture pixel is `FACTOR` widget px, rounded to whole device px, or twice
    what the canvas shows where that is more."""
    side = round(max(FACTOR, 2 * view.scale) * device_ratio) / device_ratio
    column, row = pixel_at(lens, view)
    # The lens' centre is a pixel's centre, and every pixel's edge a device px' edge.
    centre = QPointF(
        (round((lens.at.x() - side / 2) * device_ratio)) / device_ratio + side / 2,
        (round((lens.at.y() - side / 2) * device_ratio)) / device_ratio + side / 2,
    )
    box = QRectF(centre.x() - SIDE_PX / 2, centre.y() - SIDE_PX / 2, SIDE_PX, SIDE_PX)
    painter.save()
    painter.setClipRect(box)
    painter.fillRect(box, theme.color("canvas"))
    origin = QPointF(centre.x() - (column + 0.5) * side, centre.y() - (row + 0.5) * side)
    _paint_pixels(painter, lens, origin, side, box)
    _paint_hidden(painter, lens, origin, side)
    painter.setPen(QPen(theme.color("accent"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side))
    painter.setClipping(False)
    painter.setPen(QPen(theme.color("line_strong"), 2))
    painter.drawRect(box)
    painter.restore()
    _paint_words(painter, box, words_of(lens, view))


def _paint_pixels(painter: QPainter, lens: Lens, origin: QPointF, side: float, box: QRectF) -> None:
    x0, y0 = math.floor((box.x() - origin.x()) / side), math.floor((box.y() - origin.y()) / side)
    count = math.ceil(SIDE_PX / side) + 2
    source = QRect(x0, y0, count, count).intersected(lens.image.rect())
    if source.isEmpty():
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    target = QRectF(
        origin.x() + source.x() * side, origin.y() + source.y() * side, source.width() * side, source.height() * side
    )
    painter.drawImage(target, lens.image, QRectF(source))


def _paint_hidden(painter: QPainter, lens: Lens, origin: QPointF, side: float) -> None:
    across, down = lens.image.width() / lens.frame[0] * side, lens.image.height() / lens.frame[1] * side
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for r in lens.hidden:
        left, top = math.floor(origin.x() + r.x * across), math.floor(origin.y() + r.y * down)
        right, bottom = math.ceil(origin.x() + r.right * across), math.ceil(origin.y() + r.bottom * down)
        painter.fillRect(QRect(left, top, right - left, bottom - top), QColor(0, 0, 0))


def words_of(lens: Lens, view: CanvasView) -> str:
    """`frame 812, 344 · screen 1218, 516`: whole px in both spaces."""
    if not lens.is_exact:
        return "preview; the exact frame is on its way"
    fx, fy = view.to_frame(lens.at.x(), lens.at.y())
    screen = "" if lens.screen is None else f" · screen {math.floor(lens.screen[0])}, {math.floor(lens.screen[1])}"
    return f"frame {math.floor(fx)}, {math.floor(fy)}{screen}"


def _paint_words(painter: QPainter, box: QRectF, words: str) -> None:
    painter.setFont(theme.mono_font(11))
    width = painter.fontMetrics().horizontalAdvance(words) + 16
    chip = QRectF(box.center().x() - width / 2, box.bottom() + 4, width, _LABEL_PX)
    paint_chip(painter, chip)
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)
