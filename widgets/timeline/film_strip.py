"""The lane of small pictures: painted over the cached lanes, because pictures come one by one while it is in sight."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from widgets import theme
from widgets.timeline.axis import TimeAxis
from widgets.timeline.film import FilmTrack, KeptPictures, tiles
from widgets.timeline.lanes import Lane, Layout
from widgets.timeline.paint_decided import paint_cut_shadow

_INSET_PX = 2.0


class FilmStrip:
    """What the strip of one session holds. Paints what is there, and says which frames it lacks."""

    def __init__(self) -> None:
        self._track: FilmTrack | None = None
        self._pictures = KeptPictures()

    def show_track(self, track: FilmTrack | None) -> None:
        """Another session's frames, or none; the pictures before are forgotten."""
        self._track = track
        self._pictures.clear()

    def keep(self, frame: int, picture: QImage) -> None:
        self._pictures.keep(frame, picture)

    def paint(
        self, painter: QPainter, axis: TimeAxis, layout: Layout, area: QRect, top: float, exposed: QRect
    ) -> tuple[int, ...]:
        """Paint the strip within `area`, the first lane at `top`, as far as it is `exposed`; returns the frames of all
        of it that are not here yet, the middle of what is in sight first."""
        if self._track is None or area.height() <= 0:
            return ()
        painter.save()
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        painter.translate(0, top)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        missing = self._paint_tiles(painter, axis, layout.lane("film"), self._track, exposed)
        paint_cut_shadow(painter, axis, layout, layout.height)
        painter.restore()
        return tuple(frame for _, frame in sorted(missing))

    def _paint_tiles(
        self, painter: QPainter, axis: TimeAxis, lane: Lane, track: FilmTrack, exposed: QRect
    ) -> list[tuple[float, int]]:
        """Returns how far from the middle each missing frame stands, with the frame."""
        height = lane.height - 2 * _INSET_PX
        width = height * min(4.0, max(0.25, track.aspect))
        missing = []
        for tile in tiles(track, axis, width + 2):
            box = QRectF(tile.x, lane.top + _INSET_PX, width, height)
            picture = self._pictures.shown(tile.frame)
            is_exposed = box.left() <= exposed.right() + 1 and box.right() >= exposed.left()
            if picture is not None:
                if is_exposed:  # a playhead that moves exposes one tile of dozens
                    painter.drawImage(_fitted(picture, box), picture)
                continue
            missing.append((abs(tile.x - axis.width / 2), tile.frame))
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        return missing


def _fitted(picture: QImage, box: QRectF) -> QRectF:
    size = QSize(picture.width(), picture.height()).scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRectF(box.x(), box.y() + (box.height() - size.height()) / 2, size.width(), size.height())
