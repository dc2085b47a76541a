"""Paints what was decided: episodes, labels, cuts and redactions, and the live marks over everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from curation.model import Cut
from replay.timebase import TimeNs, TimeRange
from widgets import theme
from widgets.timeline.axis import TimeAxis
from widgets.timeline.lanes import ROW_PX, RULER_PX, Layout, Placed, Row
from widgets.timeline.paint_recorded import span_box
from widgets.timeline.spans import LEAST_PX, crowded

_TEXT_ROOM_PX = 26
_TITLED_PX = 14.0  # an item narrower than this has no room for a title, a corner or a keyframe


@dataclass(frozen=True, slots=True)
class Marks:
    """What moves while nothing else does."""

    playhead_ns: TimeNs | None = None
    in_ns: TimeNs | None = None
    out_ns: TimeNs | None = None
    hover_ns: TimeNs | None = None


def paint_items(painter: QPainter, axis: TimeAxis, layout: Layout, selected: str | None) -> None:
    """Those in sight: with their titles where they are wide enough to read, as plain bars where they are not. The cost
    is bounded by the width in px, however many there are."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    wide: list[int] = []
    for row in layout.rows:
        wide += _paint_row(painter, axis, row)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for placed in (layout.placed[i] for i in wide):
        paint_item(painter, axis, placed, placed.item.range, placed.item.id == selected)
    chosen = next((p for p in layout.placed if p.item.id == selected), None) if selected is not None else None
    if chosen is not None:
        paint_item(painter, axis, chosen, chosen.item.range, True)


def _paint_row(painter: QPainter, axis: TimeAxis, row: Row) -> list[int]:
    """Paint the narrow items of a row, which are disjoint; returns the places of the wide ones."""
    lo = int(np.searchsorted(row.ends, axis.start_ns))
    hi = int(np.searchsorted(row.starts, axis.end_ns, side="right"))
    x0, x1 = axis.xs(row.starts[lo:hi]), axis.xs(row.ends[lo:hi])
    wide = x1 - x0 >= _TITLED_PX
    single = ~wide & (x1 - x0 >= LEAST_PX)
    bars = [*zip(x0[single].tolist(), x1[single].tolist(), strict=True), *crowded(x0[~wide & ~single])]
    color = theme.color(f"track.{row.lane}")
    fill = QColor(color)
    fill.setAlphaF(0.45)
    for start, end in bars:
        painter.fillRect(QRectF(start, row.top, max(end - start, 3.0) - 1, ROW_PX - 2), fill)
        painter.fillRect(QRectF(start, row.top, 1, ROW_PX - 2), color)
    titled: list[int] = row.index[lo:hi][wide].tolist()
    return titled


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


def paint_cut_shadow(painter: QPainter, axis: TimeAxis, layout: Layout, height: float) -> None:
    """What is cut is dark on every lane, because it leaves every track."""
    shade = QColor(8, 8, 8, 150)
    for row in layout.rows:
        if row.lane == "cuts":
            x0, x1 = axis.xs(row.starts), axis.xs(row.ends)
            seen = (x1 > 0) & (x0 < axis.width)
            for start, end in zip(x0[seen].tolist(), x1[seen].tolist(), strict=True):
                left, right = max(start, -50.0), min(end, axis.width + 50.0)
                painter.fillRect(QRectF(left, 0, max(right - left, 3.0), height), shade)


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
