"""Paints what was decided: episodes, labels, cuts and redactions, and the live marks over everything."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from curation.model import Cut
from replay.timebase import TimeNs, TimeRange
from widgets import theme
from widgets.timeline.axis import TimeAxis
from widgets.timeline.lanes import RULER_PX, Layout, Placed
from widgets.timeline.paint_recorded import span_box

_TEXT_ROOM_PX = 26


@dataclass(frozen=True, slots=True)
class Marks:
    """What moves while nothing else does."""

    playhead_ns: TimeNs | None = None
    in_ns: TimeNs | None = None
    out_ns: TimeNs | None = None
    hover_ns: TimeNs | None = None


def paint_items(painter: QPainter, axis: TimeAxis, layout: Layout, selected: str | None) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for placed in layout.placed:
        r = placed.item.range
        if r.end_ns >= axis.start_ns and r.start_ns <= axis.end_ns:
            paint_item(painter, axis, placed, placed.item.range, placed.item.id == selected)


def paint_item(painter: QPainter, axis: TimeAxis, placed: Placed, r: TimeRange, selected: bool) -> None:
    """One item as it would be with the range `r` (a drag previews with it)."""
    item, box = placed.item, span_box(axis, r, placed.top, placed.height)
    color = theme.color(f"track.{item.lane}")
    fill = QColor(color)
    fill.setAlphaF(0.55 if selected else 0.32)
    painter.setPen(QPen(theme.color("accent") if selected else color, 1.5 if selected else 1))
    painter.setBrush(fill)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    if isinstance(item.value, Cut):
        painter.fillRect(box, QBrush(theme.with_alpha("text", 0.35), Qt.BrushStyle.BDiagPattern))
    _paint_marks(painter, axis, placed, box)
    left = max(box.x(), 0.0) + 6
    room = box.right() - left - 4
    if room > _TEXT_ROOM_PX:
        painter.setFont(theme.interface_font(11, 500))
        painter.setPen(theme.color("text"))
        text = painter.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, box.y(), room, box.height()), Qt.AlignmentFlag.AlignVCenter, text)


def _paint_marks(painter: QPainter, axis: TimeAxis, placed: Placed, box: QRectF) -> None:
    """Keyframes as diamonds on the item's lower edge."""
    painter.setBrush(theme.color("text"))
    painter.setPen(QPen(theme.color("background"), 1))
    for t_ns in placed.item.marks:
        x = axis.x(t_ns)
        if -6 <= x <= axis.width + 6:
            y = box.bottom() - 4
            diamond = [QPointF(x, y - 4), QPointF(x + 4, y), QPointF(x, y + 4), QPointF(x - 4, y)]
            painter.drawPolygon(QPolygonF(diamond))


def paint_hint(painter: QPainter, axis: TimeAxis, t_ns: TimeNs, top: float, text: str) -> None:
    """Where a dragged edge is, in words beside it."""
    painter.setFont(theme.mono_font(11))
    width = painter.fontMetrics().horizontalAdvance(text) + 14
    box = QRectF(min(max(axis.x(t_ns) + 8, 0), axis.width - width), max(top, 0), width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("raised"))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.color("text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_cut_shadow(painter: QPainter, axis: TimeAxis, layout: Layout, height: float) -> None:
    """What is cut is dark on every lane, because it leaves every track."""
    for placed in layout.placed:
        if isinstance(placed.item.value, Cut):
            painter.fillRect(span_box(axis, placed.item.range, 0, height), QColor(8, 8, 8, 150))


def paint_marks(painter: QPainter, axis: TimeAxis, marks: Marks, height: float) -> None:
    """In and out points, hover line and playhead; y = 0 is the top of the ruler."""
    _paint_in_out(painter, axis, marks, height)
    if marks.hover_ns is not None:
        x = axis.x(marks.hover_ns)
        painter.fillRect(QRectF(round(x), 0, 1, height), theme.with_alpha("text", 0.25))
    if marks.playhead_ns is not None and -8 <= axis.x(marks.playhead_ns) <= axis.width + 8:
        x = axis.x(marks.playhead_ns)
        painter.fillRect(QRectF(round(x), 8, 1, height - 8), theme.color("accent"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        head = [QPointF(x - 6, 0), QPointF(x + 6, 0), QPointF(x + 6, 7), QPointF(x, 14), QPointF(x - 6, 7)]
        painter.drawPolygon(QPolygonF(head))


def _paint_in_out(painter: QPainter, axis: TimeAxis, marks: Marks, height: float) -> None:
    start, end = marks.in_ns, marks.out_ns
    if start is not None and end is not None and start < end:
        box = span_box(axis, TimeRange(start, end), 0, height)
        painter.fillRect(box, theme.with_alpha("accent", 0.07))
        painter.fillRect(QRectF(box.x(), 0, box.width(), 3), theme.color("accent"))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent"))
    for t_ns, side in ((start, 1), (end, -1)):
        if t_ns is not None:
            x = axis.x(t_ns)
            painter.drawPolygon(QPolygonF([QPointF(x, 0), QPointF(x + 8 * side, 0), QPointF(x, RULER_PX - 8)]))
            painter.fillRect(QRectF(x - 0.5, 0, 1, height), theme.with_alpha("accent", 0.6))
