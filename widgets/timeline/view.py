"""The timeline widget: one drag at a time, previews while dragging, one commit on release.

The lanes are one cached picture (`lanes_picture`); a moving playhead repaints two thin strips of it, however many
events the session has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from replay.timebase import TimeNs, TimeRange
from widgets import theme
from widgets.focus_ring import paint_focus
from widgets.panel_state import PanelState, paint_state
from widgets.timeline import paint_decided as decided
from widgets.timeline.axis import TimeAxis, whole
from widgets.timeline.drag import Drag, DragKind, resized_range
from widgets.timeline.film import FilmTrack
from widgets.timeline.film_strip import FilmStrip
from widgets.timeline.hit import Hit, Part, hit
from widgets.timeline.lanes import HEADER_PX, MAP_PX, RULER_PX, layout
from widgets.timeline.lanes_picture import LanesPicture, Scene
from widgets.timeline.lanes_scroll import LanesScroll
from widgets.timeline.model import Item, Tracks, edges_of, snapped
from widgets.timeline.paint_drag import paint_drag
from widgets.timeline.paint_recorded import overview_share
from widgets.timeline.tips import tip_of

_SNAP_PX = 6.0
_SHAPES = {
    Part.START: Qt.CursorShape.SizeHorCursor,
    Part.END: Qt.CursorShape.SizeHorCursor,
    Part.BODY: Qt.CursorShape.PointingHandCursor,
}


_NONE: Final = PanelState.empty("No timeline", "Open a session to see its tracks.")


class TimelineView(QWidget):
    """Every lane on one axis. Times in signals are session nanoseconds."""

    scrubbed = Signal(object)  # t_ns under the pointer, while it is dragged
    scrub_finished = Signal(object)  # t_ns where it was let go
    item_picked = Signal(object)  # Item or None
    item_activated = Signal(object)  # Item, double-clicked
    item_resized = Signal(object)  # (Item, TimeRange), once, on release
    pictures_wanted = Signal(object)  # the frames in sight of the strip that are not here yet, the middle first

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription("Lanes of activity, windows, labels, cuts and redactions on one time axis")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._tracks: Tracks | None = None
        self._instead = _NONE
        self._items: tuple[Item, ...] = ()
        self._layout = layout(())
        self._axis = TimeAxis(0, 1e6, 100)
        self._marks = decided.Marks()
        self._selected: str | None = None
        self._scroll = 0
        self._drag: Drag | None = None
        self._space = self._panned = False
        self._picture = LanesPicture()
        self._film = FilmStrip()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_tracks(self, tracks: Tracks | None, instead: PanelState = _NONE) -> None:
        """Show another session's tracks from end to end, or none and a word `instead`."""
        self._instead = instead
        self._tracks, self._items, self._layout, self._marks = tracks, (), layout(()), decided.Marks()
        self._selected = None
        if tracks is not None:
            self._axis = whole(tracks.extent, self._lanes_width())
        self.update()

    def show_film(self, track: FilmTrack | None) -> None:
        """Which frames the strip of pictures can show; None where there are none."""
        self._film.show_track(track)
        self.update()

    def show_picture(self, frame: int, picture: QImage) -> None:
        """A picture for the strip."""
        self._film.keep(frame, picture)
        self.update(self._film_area())

    def _film_area(self) -> QRect:
        lane = self._layout.lane("film")
        top = max(RULER_PX, RULER_PX + lane.top - self._scroll)
        return QRect(HEADER_PX, top, self._lanes_width(), RULER_PX + lane.top + lane.height - self._scroll - top)

    def replace_tracks(self, tracks: Tracks) -> None:
        """The same session on another clock: zoom and place stay."""
        self._tracks = tracks
        self.update()

    def show_items(self, items: tuple[Item, ...], selected: str | None) -> None:
        if (items, selected) != (self._items, self._selected):
            wanted = None if selected == self._selected else selected
            self._items, self._selected, self._layout = items, selected, layout(items)
            self._scroll = self._lanes_scroll.showing(self._layout, wanted)
            self.update()

    def show_playhead(self, t_ns: TimeNs, *, follow: bool) -> None:
        """Move the playhead; with `follow` the axis turns a page when it leaves what is shown."""
        before = self._marks.playhead_ns
        if before == t_ns:
            return
        self._marks = replace(self._marks, playhead_ns=t_ns)
        if follow and self._tracks is not None and self._drag is None:
            self._set_axis(self._axis.showing(t_ns, self._tracks.extent))
        for at in (before, t_ns):
            if at is not None:
                self._update_playhead(at)

    def _update_playhead(self, t_ns: TimeNs) -> None:
        """Repaint only the strips that the playhead covers at `t_ns`, in the lanes and in the overview."""
        if self._tracks is not None:
            overview = HEADER_PX + overview_share(self._tracks.extent, t_ns) * self._lanes_width()
            self.update(QRect(round(overview) - 2, self.height() - MAP_PX, 5, MAP_PX))
        if self._axis.shows(t_ns):
            self.update(QRect(HEADER_PX + round(self._axis.x(t_ns)) - 8, 0, 17, self.height()))

    def show_in_out(self, in_ns: TimeNs | None, out_ns: TimeNs | None) -> None:
        marks = replace(self._marks, in_ns=in_ns, out_ns=out_ns)
        if marks != self._marks:
            self._marks = marks
            self.update()

    @property
    def axis(self) -> TimeAxis:
        return self._axis

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Magnify time by `factor` at `x` (widget px), by default at the playhead."""
        if self._tracks is None:
            return
        at = self._marks.playhead_ns
        held = self._axis.x(at) if at is not None and self._axis.shows(at) else self._axis.width / 2
        self._set_axis(self._axis.zoomed(factor, held if x is None else x - HEADER_PX, self._tracks.extent))

    def pan(self, dx: float) -> None:
        """Move what is shown by `dx` px, to the right where it is positive."""
        if self._tracks is not None:
            self._set_axis(self._axis.panned(dx, self._tracks.extent))

    def show_whole(self) -> None:
        if self._tracks is not None:
            self._set_axis(whole(self._tracks.extent, self._lanes_width()))

    def sizeHint(self) -> QSize:
        return QSize(900, RULER_PX + self._layout.height + MAP_PX + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(400, RULER_PX + 110)

    def _lanes_width(self) -> int:
        return max(1, self.width() - HEADER_PX)

    def _set_axis(self, axis: TimeAxis) -> None:
        if axis != self._axis:
            self._axis = axis
            self.update()

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("surface"))
            if self._tracks is None:
                paint_state(painter, QRectF(self.rect()), self._instead)
            else:
                self._paint(painter, self._tracks, event.rect())
            if self.hasFocus():
                paint_focus(painter, self.rect())

    def _paint(self, painter: QPainter, tracks: Tracks, exposed: QRect) -> None:
        scene = Scene(tracks, self._layout, self._axis, self._scroll, self._selected)
        painter.drawPixmap(0, 0, self._picture.pixmap(scene, self.size(), self.devicePixelRatioF()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(QRectF(HEADER_PX, 0, self._lanes_width(), self.height() - MAP_PX))
        painter.translate(HEADER_PX, 0)
        self._paint_film(painter, exposed.translated(-HEADER_PX, 0))
        if self._drag is not None:
            paint_drag(painter, self._axis, self._layout, self._drag, RULER_PX - self._scroll)
        decided.paint_marks(painter, self._axis, self._marks, self.height() - MAP_PX)
        painter.restore()
        self._lanes_scroll.paint(painter, self.width())
        if self._marks.playhead_ns is not None:
            x = HEADER_PX + overview_share(tracks.extent, self._marks.playhead_ns) * self._lanes_width()
            painter.fillRect(QRectF(x - 0.5, self.height() - MAP_PX, 1, MAP_PX), theme.color("accent"))

    def _paint_film(self, painter: QPainter, exposed: QRect) -> None:
        area, top = self._film_area().translated(-HEADER_PX, 0), RULER_PX - self._scroll
        missing = self._film.paint(painter, self._axis, self._layout, area, top, exposed)
        if missing:
            self.pictures_wanted.emit(missing)

    # -- input -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._tracks is not None:
            self._axis = self._axis.resized(self._lanes_width(), self._tracks.extent)
        self._scroll = self._lanes_scroll.moved(0)
        self.update()
        super().resizeEvent(event)

    @property
    def _lanes_scroll(self) -> LanesScroll:
        return LanesScroll(self._scroll, self.height() - RULER_PX - MAP_PX, self._layout.height)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl: zoom at the pointer. Otherwise sideways through time, or through the lanes where they do not fit."""
        event.accept()
        if self._tracks is None:
            return
        dx, dy = event.angleDelta().x(), event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.25 ** (dy / 120), event.position().x())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier or dx or self._lanes_scroll.most == 0:
            self.pan((dx or dy) * 0.8)
        else:
            self._scroll = self._lanes_scroll.moved(-(dy // 4))
            self.update()

    def hold_space(self, held: bool) -> bool:
        """While held, a drag with the left button pans; returns whether one did since it was pressed."""
        panned, self._space = self._panned, held
        self._panned = False
        return panned

    def _hit(self, at: QPointF) -> Hit:
        return hit(self._layout, self._axis, self.height(), self._scroll, at.x(), at.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._tracks is None:
            return
        at = event.position()
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space and event.button() == Qt.MouseButton.LeftButton
        ):
            self._drag, self._panned = Drag(DragKind.PAN, at.x()), self._space
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press_left(self._hit(at), at)
        self.update()

    def _press_left(self, found: Hit, at: QPointF) -> None:
        if found.part is Part.MAP:
            self._drag = Drag(DragKind.MAP, at.x())
            self._pan_overview(at.x())
        elif found.item is not None:
            self.item_picked.emit(found.item)
            if found.part in (Part.START, Part.END):
                self._drag = Drag(DragKind.EDGE, at.x(), found.item, found.part)
        elif found.part in (Part.RULER, Part.EMPTY):
            if found.part is Part.EMPTY:
                self.item_picked.emit(None)
            self._drag = Drag(DragKind.SCRUB, at.x())
            self.scrubbed.emit(self._time_at(at.x()))

    def _time_at(self, x: float) -> TimeNs:
        """The session time under widget px `x`, kept inside the session."""
        assert self._tracks is not None
        t_ns = self._axis.t(x - HEADER_PX)
        return min(max(t_ns, self._tracks.extent.start_ns), self._tracks.extent.end_ns - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._tracks is None:
            return
        x = event.position().x()
        drag = self._drag
        if drag is None:
            self._hover(event.position())
        elif drag.kind is DragKind.SCRUB:
            self.scrubbed.emit(self._time_at(x))
        elif drag.kind is DragKind.PAN:
            self.pan(x - drag.x)
            self._drag = replace(drag, x=x)
        elif drag.kind is DragKind.MAP:
            self._pan_overview(x)
        else:
            free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self._drag = replace(drag, preview=self._resized(drag, x, self._tracks, snap_px=0 if free else _SNAP_PX))
        self.update()

    def _resized(self, drag: Drag, x: float, tracks: Tracks, *, snap_px: float) -> TimeRange:
        """The dragged range with its edge at `x`; without `snap_px` exactly there."""
        assert drag.item is not None
        t_ns = self._time_at(x)
        if snap_px:
            marks = (self._marks.playhead_ns, self._marks.in_ns, self._marks.out_ns)
            others = (*(t for t in marks if t is not None), *edges_of(self._items, besides=drag.item))
            t_ns = snapped(t_ns, tracks.frames_t_ns, others, tracks.stops_t_ns, snap_px * self._axis.ns_per_px)
        return resized_range(drag.item.range, drag.part, t_ns)

    def _pan_overview(self, x: float) -> None:
        assert self._tracks is not None
        extent = self._tracks.extent
        t_ns = extent.start_ns + (x - HEADER_PX) / self._lanes_width() * extent.duration_ns
        start = t_ns - self._axis.width * self._axis.ns_per_px / 2
        self._set_axis(replace(self._axis, start_ns=start).clamped(extent))

    def _hover(self, at: QPointF) -> None:
        found = self._hit(at)
        on_lanes = at.x() >= HEADER_PX and found.part is not Part.MAP
        self._marks = replace(self._marks, hover_ns=self._axis.t(at.x() - HEADER_PX) if on_lanes else None)
        self.setCursor(_SHAPES.get(found.part, Qt.CursorShape.ArrowCursor))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is None:
            return
        if drag.kind is DragKind.SCRUB:
            self.scrub_finished.emit(self._time_at(event.position().x()))
        elif drag.item is not None and drag.preview is not None and drag.preview != drag.item.range:
            self.item_resized.emit((drag.item, drag.preview))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self._hit(event.position()) if self._tracks is not None else Hit(Part.EMPTY)
        if found.item is not None:
            self.item_activated.emit(found.item)

    def leaveEvent(self, event: QEvent) -> None:
        self._marks = replace(self._marks, hover_ns=None)
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._tracks is not None:
            text = tip_of(self._hit(QPointF(event.pos())), self._tracks, self._axis.t(event.pos().x() - HEADER_PX))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
