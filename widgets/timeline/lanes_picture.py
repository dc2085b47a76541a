"""The lanes as one picture, painted anew only where something it shows is different.

What was recorded is kept apart, so that a decision costs a blit and a few boxes, not a pass over the tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap

from widgets import theme
from widgets.timeline import paint_decided as decided
from widgets.timeline import paint_recorded as recorded
from widgets.timeline.axis import TimeAxis
from widgets.timeline.lanes import HEADER_PX, MAP_PX, RULER_PX, Layout
from widgets.timeline.model import Tracks


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that the picture depends on besides its size."""

    tracks: Tracks
    layout: Layout
    axis: TimeAxis
    scroll: int
    selected: str | None

    def same_recorded(self, other: Scene) -> bool:
        same_lanes = self.layout.lanes == other.layout.lanes and self.scroll == other.scroll
        return self.tracks is other.tracks and self.axis == other.axis and same_lanes

    def same(self, other: Scene) -> bool:
        return self.same_recorded(other) and (self.layout, self.selected) == (other.layout, other.selected)


_HEADING_PX: Final = 16


class LanesPicture:
    """Two cached pixmaps: recorded, and recorded with decided over it."""

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._size = (QSize(), 0.0)
        self._recorded: QPixmap | None = None
        self._whole: QPixmap | None = None
        self._overview: QPixmap | None = None  # of the whole session, whatever part of it is in sight

    def pixmap(self, scene: Scene, size: QSize, dpr: float) -> QPixmap:
        """The picture of `scene`, `size` in widget px."""
        before, resized = self._scene, (size, dpr) != self._size
        if resized or before is None or scene.tracks is not before.tracks:
            self._overview = None
        if resized or before is None or not scene.same_recorded(before):
            self._recorded = None
        if self._recorded is None or self._whole is None or before is None or not scene.same(before):
            self._scene, self._size = scene, (size, dpr)
            self._whole = self._painted()
        return self._whole

    @property
    def _now(self) -> Scene:
        assert self._scene is not None
        return self._scene

    @contextmanager
    def _pixmap(self) -> Iterator[tuple[QPixmap, QPainter]]:
        size, dpr = self._size
        pixmap = QPixmap(round(size.width() * dpr), round(size.height() * dpr))
        pixmap.setDevicePixelRatio(dpr)
        pixmap.fill(theme.color("surface"))
        painter = QPainter(pixmap)
        try:
            yield pixmap, painter
        finally:
            painter.end()

    def _painted(self) -> QPixmap:
        scene, size = self._now, self._size[0]
        if self._recorded is None:
            self._recorded = self._paint_recorded()
        with self._pixmap() as (pixmap, painter):
            painter.drawPixmap(0, 0, self._recorded)
            painter.setClipRect(self._lanes_box(size))
            painter.translate(HEADER_PX, RULER_PX - scene.scroll)
            decided.paint_cut_shadow(painter, scene.axis, scene.layout, scene.layout.height)
            decided.paint_items(painter, scene.axis, scene.layout, scene.selected)
        return pixmap

    @staticmethod
    def _lanes_box(size: QSize) -> QRectF:
        return QRectF(HEADER_PX, RULER_PX, size.width() - HEADER_PX, size.height() - RULER_PX - MAP_PX)

    def _paint_recorded(self) -> QPixmap:
        scene, (size, dpr) = self._now, self._size
        with self._pixmap() as (pixmap, painter):
            self._paint_headers(painter, size)
            overview = QRectF(HEADER_PX, size.height() - MAP_PX, size.width() - HEADER_PX, MAP_PX)
            self._overview = self._overview or self._paint_overview()
            painter.drawPixmap(overview.topLeft(), self._overview)
            recorded.paint_in_sight(painter, overview, scene.tracks, scene.axis)
            painter.setClipRect(QRectF(HEADER_PX, 0, size.width() - HEADER_PX, size.height() - MAP_PX))
            painter.translate(HEADER_PX, 0)
            recorded.paint_ruler(painter, scene.axis, scene.tracks)
            painter.translate(-HEADER_PX, 0)
            painter.setClipRect(self._lanes_box(size))
            painter.translate(HEADER_PX, RULER_PX - scene.scroll)
            lane = scene.layout.lane
            recorded.paint_activity(painter, scene.axis, scene.tracks, lane("activity"), dpr)
            recorded.paint_windows(painter, scene.axis, scene.tracks, lane("windows"))
            recorded.paint_texts(painter, scene.axis, scene.tracks, lane("texts"))
            recorded.paint_gaps(painter, scene.axis, scene.tracks, lane("gaps"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            recorded.paint_problems(painter, scene.axis, scene.tracks, lane("problems"))
        return pixmap

    def _paint_overview(self) -> QPixmap:
        size, dpr = self._size
        pixmap = QPixmap(round((size.width() - HEADER_PX) * dpr), round(MAP_PX * dpr))
        pixmap.setDevicePixelRatio(dpr)
        with QPainter(pixmap) as painter:
            recorded.paint_overview(painter, QRectF(0, 0, size.width() - HEADER_PX, MAP_PX), self._now.tracks)
        return pixmap

    def _paint_headers(self, painter: QPainter, size: QSize) -> None:
        painter.save()
        painter.setClipRect(QRectF(0, RULER_PX, size.width(), size.height() - RULER_PX - MAP_PX))
        painter.setFont(theme.interface_font(12))
        for lane in self._now.layout.lanes:
            top = RULER_PX + lane.top - self._now.scroll
            painter.fillRect(QRectF(0, top + lane.height, size.width(), 1), theme.color("background"))
            # The heading of a lane that is higher than what is in sight stays in sight.
            seen_top, seen_end = max(top, RULER_PX), min(top + lane.height, size.height() - MAP_PX)
            middle = (seen_top + seen_end) / 2 if seen_end - seen_top >= _HEADING_PX else top + lane.height / 2
            theme.paint_icon(painter, lane.spec.icon, QRectF(12, middle - 7, 14, 14), "muted")
            painter.setPen(theme.color("muted"))
            painter.drawText(QPointF(34, middle + 4), lane.spec.title)
        painter.restore()
        painter.fillRect(QRectF(HEADER_PX - 1, 0, 1, size.height()), theme.color("line"))
