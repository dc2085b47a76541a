"""Paints what was recorded: the ruler, activity, windows, texts, gaps and problems. Called when axis or size change."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPen, QPolygonF

from replay.timebase import NS_PER_S, TimeRange, format_t
from widgets import theme
from widgets.timeline.axis import TimeAxis
from widgets.timeline.lanes import ACTIVITY_ROW_PX, RULER_PX, Lane
from widgets.timeline.model import Series, Tracks, density
from widgets.timeline.spans import InSight, in_sight
from widgets.wording import words

_PROBLEM_PX = 5.0


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
    color = theme.color("text")
    places = np.rint(axis.xs(tracks.clicks_t_ns[lo:hi]) / 4) * 4
    for x in places[np.diff(places, prepend=-1e9) > 0].tolist():
        painter.fillRect(QRectF(x - 1, top + 1, 2, 3), color)


def paint_windows(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane) -> None:
    """Who had the focus; where it changed too fast to tell, one plain bar."""
    windows = tracks.windows
    found = in_sight(windows.spans, axis)
    _crowds(painter, found, lane)
    painter.setFont(theme.interface_font(11))
    edge = theme.color("track.windows")
    fills = [edge.darker(175 + 45 * shade) for shade in range(4)]
    for i, x0, x1 in zip(found.index.tolist(), found.x0.tolist(), found.x1.tolist(), strict=True):
        box = QRectF(x0, lane.top + 2, x1 - x0, lane.height - 4)
        painter.fillRect(box.adjusted(0, 0, -1, 0), fills[windows.shades[i] % 4])
        painter.fillRect(QRectF(box.x(), box.y(), 2, box.height()), edge)
        _named(painter, box, windows.names[i])


def _crowds(painter: QPainter, found: InSight, lane: Lane) -> None:
    fill = theme.with_alpha("muted", 0.55)
    for x0, x1 in found.crowds:
        painter.fillRect(QRectF(x0, lane.top + 3, x1 - x0, lane.height - 6), fill)


def paint_texts(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane) -> None:
    """Where texts were recorded, and through which channel where there is room; never what they say."""
    found = in_sight(tracks.texts, axis)
    _crowds(painter, found, lane)
    painter.setFont(theme.interface_font(10))
    fill, edge = theme.with_alpha("track.texts", 0.4), theme.color("track.texts")
    for i, x0, x1 in zip(found.index.tolist(), found.x0.tolist(), found.x1.tolist(), strict=True):
        box = QRectF(x0, lane.top + 2, x1 - x0, lane.height - 4)
        painter.fillRect(box, fill)
        painter.fillRect(QRectF(box.x(), box.y(), 2, box.height()), edge)
        _named(painter, box, words(tracks.text_channels[i]))


def _named(painter: QPainter, box: QRectF, name: str) -> None:
    """The name in the box where there is room for some of it."""
    left = max(box.x(), 0.0) + 7
    room = box.right() - left - 6
    if room > 24:
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(left, box.y(), room, box.height()), Qt.AlignmentFlag.AlignVCenter, text)


def paint_gaps(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane) -> None:
    """Where nothing was recorded, as hatched bars."""
    found = in_sight(tracks.gaps, axis)
    hatched = QBrush(theme.color("muted"), Qt.BrushStyle.DiagCrossPattern)
    for x0, x1 in (*zip(found.x0.tolist(), found.x1.tolist(), strict=True), *found.crowds):
        painter.fillRect(QRectF(x0, lane.top + 3, max(3.0, x1 - x0), lane.height - 6), hatched)


def paint_problems(painter: QPainter, axis: TimeAxis, tracks: Tracks, lane: Lane) -> None:
    """Triangles; of several at one px the worst is shown."""
    middle = lane.top + lane.height / 2
    lo, hi = np.searchsorted(tracks.problems_t_ns, [axis.start_ns, axis.end_ns])
    places = np.rint(axis.xs(tracks.problems_t_ns[lo:hi]) / _PROBLEM_PX) * _PROBLEM_PX
    errors = set(places[tracks.problems_fatal[lo:hi]].tolist())
    painter.setPen(Qt.PenStyle.NoPen)
    for x in np.unique(places).tolist():
        painter.setBrush(theme.color("danger" if x in errors else "track.problems"))
        painter.drawPolygon(QPolygonF([QPointF(x - 5, middle + 5), QPointF(x + 5, middle + 5), QPointF(x, middle - 5)]))


def span_box(axis: TimeAxis, r: TimeRange, top: float, height: float) -> QRectF:
    """Where a range lies, at least three px wide, cut to what is shown (so that coordinates stay small)."""
    x0, x1 = axis.x(r.start_ns), axis.x(r.end_ns)
    x0, x1 = max(x0, -50.0), min(max(x1, x0 + 3), axis.width + 50.0)
    return QRectF(x0, top, x1 - x0, height)


def paint_overview(painter: QPainter, box: QRectF, tracks: Tracks) -> None:
    """The whole session's activity in one strip."""
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


def paint_in_sight(painter: QPainter, box: QRectF, tracks: Tracks, axis: TimeAxis) -> None:
    """Which part of the whole session the lanes show, marked on the overview."""
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
