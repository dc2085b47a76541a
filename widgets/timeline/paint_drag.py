"""Paints a drag of an edge: the item as it would be, and where the edge is, in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from replay.timebase import TimeNs, format_t
from widgets import theme
from widgets.timeline.axis import TimeAxis
from widgets.timeline.drag import Drag
from widgets.timeline.hit import Part
from widgets.timeline.lanes import Layout
from widgets.timeline.paint_decided import paint_item
from widgets.wording import span


def paint_drag(painter: QPainter, axis: TimeAxis, layout: Layout, drag: Drag, top: float) -> None:
    """What letting go would commit; `top` is where the first lane begins. Nothing where no edge was moved, or
    where the item was removed meanwhile."""
    if drag.item is None or drag.preview is None:
        return
    placed = next((p for p in layout.placed if p.item.id == drag.item.id), None)
    if placed is None:
        return
    painter.save()
    painter.translate(0, top)
    paint_item(painter, axis, placed, drag.preview, True)
    edge = drag.preview.start_ns if drag.part is Part.START else drag.preview.end_ns
    _paint_hint(painter, axis, edge, placed.top - 20, f"{format_t(edge)}  ({span(drag.preview.duration_ns)})")
    painter.restore()


def _paint_hint(painter: QPainter, axis: TimeAxis, t_ns: TimeNs, top: float, text: str) -> None:
    """Where a dragged edge is, in words beside it."""
    painter.setFont(theme.mono_font(11))
    width = painter.fontMetrics().horizontalAdvance(text) + 14
    box = QRectF(min(max(axis.x(t_ns) + 8, 0), axis.width - width), max(top, 0), width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("raised"))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.color("text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
