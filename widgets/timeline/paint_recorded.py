"""Paints what was recorded: the ruler, activity, windows, gaps and problems. Called only when axis or size change."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPen, QPolygonF

from replay.problems import Severity
from replay.timebase import NS_PER_S, TimeRange, format_t
from widgets import theme
from widgets.timeline.axis import TimeAxis
from widgets.timeline.lanes import ACTIVITY_ROW_PX, RULER_PX, Lane
from widgets.timeline.model import Series, Tracks, density

_LEAST_SPAN_PX = 2.0


def paint_ruler(painter: QPainter, axis: TimeAxis, tracks: Tracks) -> None:
    """Round times with ticks; frame starts too, once they are far enough apart to tell."""
    painter.fillRect(QRectF(0, 0, axis.width, RULER_PX), theme.color("surface"))
    step = axis.step_ns(96)
    painter.setFont(theme.mono_font(11))
    first = int(axis.start_ns // step)
    for n in range(first, int(axis.end_ns // step) + 1):
        x = axis.x(n * step)
        painter.setPen(theme.color("line_strong"))
        painter.drawLine(QPointF(x, RULER_PX - 8), QPointF(x, RULER_PX))
        for minor in range(1, 5):
            mx = x + minor * step / axis.ns_per_px / 5
            painter.drawLine(QPointF(mx, RULER_PX - 4), QPointF(mx, RULER_PX))
        painter.setPen(theme.color("muted"))
        painter.drawText(QPointF(x + 5, RULER_PX - 9), tick_text(n * step, step))
    _paint_frames(painter, axis, tracks)


def tick_text(t_ns: int, step_ns: int) -> str:
    """Only as many digits as the step needs."""
    text = format_t(t_ns)
    if step_ns >= NS_PER_S:
        text = text[:-4]
    sign = "-" if text.startswith("-") else ""
    text = text.removeprefix("-")
    return sign + (text[3:] if text.startswith("00:") else text)


def _paint_frames(painter: QPainter, axis: TimeAxis, tracks: Tracks) -> None:
    frames = tracks.frames_t_ns
    if frames is None or len(frames) < 2:
        return
    lo, hi = np.searchsorted(frames, [axis.start_ns, axis.end_ns])
    if hi - lo > axis.width / 6:
        return
    painter.setPen(theme.with_alpha("accent", 0.5))
    for x in axis.xs(frames[lo:hi]):
        painter.drawLine(QPointF(x, RULER_PX - 3), QPointF(x, RULER_PX))


def paint_activity(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane, dpr: float) -> None:
    """Three rows of bars, one per device px, drawn as one picture per row."""
    top = lane.top + 3.0
    for series in tracks.activity:
        image = _bars(series, axis, dpr)
        painter.drawImage(QRectF(0, top, axis.width, ACTIVITY_ROW_PX - 1), image)
        if series.name == "Pointer":
            _clicks(painter, axis, tracks, top)
        top += ACTIVITY_ROW_PX


def _bars(series: Series, axis: TimeAxis, dpr: float) -> QImage:
    height, width = round((ACTIVITY_ROW_PX - 1) * dpr), max(1, round(axis.width * dpr))
    filled = np.ceil(density(series.t_ns, axis.edges(width), series.full_rate) * height)
    rows = np.arange(height, 0, -1)[:, None]
    color = theme.color(series.color)
    pixels = np.where(rows <= filled[None, :], np.uint32(color.rgba() & 0xD0FFFFFF), np.uint32(0))
    # ARGB32 is not premultiplied; the copy owns its bytes, so the array may go.
    packed = np.ascontiguousarray(pixels)
    return QImage(packed.data, width, height, width * 4, QImage.Format.Format_ARGB32).copy()


def _clicks(painter: QPainter, axis: TimeAxis, tracks: Tracks, top: float) -> None:
    lo, hi = np.searchsorted(tracks.clicks_t_ns, [axis.start_ns, axis.end_ns])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text"))
    places = np.rint(axis.xs(tracks.clicks_t_ns[lo:hi]) / 2) * 2
    for x in places[np.diff(places, prepend=-1e9) > 0]:
        painter.drawEllipse(QPointF(float(x), top + 2.5), 1.5, 1.5)


def paint_windows(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane) -> None:
    """Who had the focus; spans under two px are merged into the one before them."""
    spans = tracks.windows
    if not len(spans.starts):
        return
    lo = max(0, int(np.searchsorted(spans.starts, axis.start_ns, side="right")) - 1)
    hi = int(np.searchsorted(spans.starts, axis.end_ns))
    shades = {name: i for i, name in enumerate(dict.fromkeys(spans.names))}
    painter.setFont(theme.interface_font(11))
    painted_to = -1.0
    for i in range(lo, hi):
        x0 = max(axis.x(int(spans.starts[i])), painted_to)
        x1 = min(axis.x(int(spans.ends[i])), float(axis.width))
        if x1 - x0 < _LEAST_SPAN_PX and i + 1 < hi:
            continue
        painted_to = x1
        _window(painter, QRectF(x0, lane.top + 2, x1 - x0, lane.height - 4), spans.names[i], shades[spans.names[i]])


def _window(painter: QPainter, box: QRectF, name: str, shade: int) -> None:
    fill = theme.color("track.windows").darker(175 + 45 * (shade % 4))
    painter.fillRect(box.adjusted(0, 0, -1, 0), fill)
    painter.fillRect(QRectF(box.x(), box.y(), 2, box.height()), theme.color("track.windows"))
    left = max(box.x(), 0.0) + 7
    room = box.right() - left - 6
    if room > 24:
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(left, box.y(), room, box.height()), Qt.AlignmentFlag.AlignVCenter, text)


def paint_problems(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane) -> None:
    """Gaps as hatched bars, problems as triangles; both also where no colour can be told."""
    middle = lane.top + lane.height / 2
    for r, _ in tracks.gaps:
        box = span_box(axis, r, lane.top + 3, lane.height - 6)
        painter.fillRect(box, QBrush(theme.color("muted"), Qt.BrushStyle.DiagCrossPattern))
    painter.setPen(Qt.PenStyle.NoPen)
    for p in tracks.problems:
        if p.t_ns is None or not axis.shows(p.t_ns):
            continue
        painter.setBrush(theme.color("danger" if p.severity is Severity.ERROR else "track.problems"))
        x = axis.x(p.t_ns)
        painter.drawPolygon(QPolygonF([QPointF(x - 5, middle + 5), QPointF(x + 5, middle + 5), QPointF(x, middle - 5)]))


def span_box(axis: TimeAxis, r: TimeRange, top: float, height: float) -> QRectF:
    """Where a range lies, at least three px wide, cut to what is shown (so that coordinates stay small)."""
    x0, x1 = axis.x(r.start_ns), axis.x(r.end_ns)
    x0, x1 = max(x0, -50.0), min(max(x1, x0 + 3), axis.width + 50.0)
    return QRectF(x0, top, x1 - x0, height)


def paint_overview(painter: QPainter, box: QRectF, tracks: Tracks, axis: TimeAxis) -> None:
    """The whole session's activity in one strip, with what is shown marked on it."""
    painter.fillRect(box, theme.color("background"))
    edges = np.linspace(tracks.extent.start_ns, tracks.extent.end_ns, int(box.width() // 2) + 1).astype(np.int64)
    total = np.zeros(len(edges) - 1)
    for series in tracks.activity:
        total = np.maximum(total, density(series.t_ns, edges, series.full_rate))
    painter.setPen(QPen(theme.color("line_strong"), 1))
    for i, filled in enumerate(total):
        if filled > 0:
            x = box.x() + i * 2 + 0.5
            painter.drawLine(QPointF(x, box.bottom() - 1), QPointF(x, box.bottom() - 1 - filled * (box.height() - 4)))
    shown = overview_window(box, tracks.extent, axis)
    painter.setBrush(theme.with_alpha("text", 0.08))
    painter.setPen(QPen(theme.color("line_strong"), 1))
    painter.drawRoundedRect(shown, 3, 3)


def overview_share(extent: TimeRange, t_ns: int) -> float:
    """Where `t_ns` lies in the whole session, 0 to 1."""
    return (t_ns - extent.start_ns) / extent.duration_ns


def overview_window(box: QRectF, extent: TimeRange, axis: TimeAxis) -> QRectF:
    per_ns = box.width() / extent.duration_ns
    x0 = box.x() + max(0.0, (axis.start_ns - extent.start_ns) * per_ns)
    x1 = box.x() + min(box.width(), (axis.end_ns - extent.start_ns) * per_ns)
    return QRectF(x0, box.y() + 1, max(6.0, x1 - x0), box.height() - 2)
