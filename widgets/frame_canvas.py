"""The frame under review: the decoded picture, what lies over it, and the rectangle tool.

Paints on a plain QWidget (no GPU context needed), straight from the frame's own BGRA buffer without a copy. The last
good picture stays until another one is shown. Frame px are continuous: pixel i covers [i, i+1).
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from replay.geometry import Rect
from replay.overlay import OverlayState
from widgets import theme
from widgets.badges import Badge
from widgets.canvas_hud import Hud, paint_hud, scale_of
from widgets.canvas_view import CanvasView, Shape
from widgets.focus_ring import paint_focus
from widgets.laid_picture import LaidPicture, averaged
from widgets.magnifier import Lens, paint_lens
from widgets.mask_painter import MaskShape, MaskView, dragged, grip_of, paint_drawn, paint_masks
from widgets.overlay_painter import paint_overlay
from widgets.panel_state import PanelState, paint_state
from widgets.rect_tool import CURSORS, Grip, RectDrag, is_drawn, whole_pixels

FINE_AFTER_MS = 120
GRIP_REACH_PX = 6.0


class Picture(Protocol):
    """What the canvas needs of a frame: packed BGRA without padding, kept alive by whoever holds it. A preview may have
    fewer pixels than the `width` × `height` that it stands for."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def bgra(self) -> npt.NDArray[np.uint8]: ...


class _Drag(Enum):
    NONE = 0
    PAN = 1
    RECT = 2


class FrameCanvas(QWidget):
    """Shows one frame with overlays and masks; zooms at the pointer, pans, and draws rectangles when asked to."""

    rect_drawn = Signal(object)  # Rect, whole frame px
    drawing_changed = Signal(object)  # bool
    mask_moved = Signal(object)  # (mask id, Rect), once, on release
    mask_picked = Signal(object)  # mask id, or None for the empty frame
    view_changed = Signal(object)  # CanvasView

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Frame")
        self.setAccessibleDescription("The picture at the playhead with pointer, keys and masks")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 180)
        self._frame: Picture | None = None
        self._image: QImage | None = None
        self._fine: QImage | None = None
        self._view = CanvasView()
        self._overlay: OverlayState | None = None
        self._masks: tuple[MaskShape, ...] = ()
        self._mask_view = MaskView.OUTLINE
        self._state: PanelState | None = PanelState.empty("No session open", "Open one in the library.")
        self._hud = self._note = ""
        self._preview: Badge | None = None
        self._laid = LaidPicture()
        self._sync: Badge | None = None
        self._drawing = self._space = self._panned = self.lens = False
        self._extent: tuple[int, int] | None = None
        self._pointer: QPointF | None = None
        self._drag = _Drag.NONE
        self._last = QPointF()
        self._rect_drag: RectDrag | None = None
        self._rect_now: Rect | None = None
        self._fine_timer = QTimer(self, interval=FINE_AFTER_MS, singleShot=True)
        self._fine_timer.timeout.connect(self._refine)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_frame(self, frame: Picture, preview: Badge | None = None) -> None:
        """Show a decoded frame; its buffer is kept, not copied. `preview` labels one that is not exact."""
        before, self._frame = self._frame, frame
        self._fine, self._state, self._preview = None, None, preview
        self._laid.changed()
        height, width = frame.bgra.shape[:2]
        self._image = QImage(frame.bgra.data, width, height, width * 4, QImage.Format.Format_RGB32)
        if before is None or self._view.fitted:
            self.fit()
        elif (before.width, before.height) != (frame.width, frame.height):
            self.show_view(replace(self._view, tall=self._shape.tall))
        self._fine_timer.start()
        self.update()

    def show_extent(self, extent: tuple[int, int] | None) -> None:
        """The size of the space that overlays and masks are in; None: each picture's own. A picture of another size
        stands for the whole of it and keeps its shape."""
        self._extent = extent

    def show_overlay(self, overlay: OverlayState | None, masks: tuple[MaskShape, ...], hud: str) -> None:
        """What lies over the frame at the playhead; repaints only where something differs."""
        if (overlay, masks, hud) != (self._overlay, self._masks, self._hud):
            self._overlay, self._masks, self._hud = overlay, masks, hud
            self.update()

    def show_sync(self, badge: Badge | None) -> None:
        """How sure the events' clock is against the picture."""
        self._sync = badge
        self.update()

    def show_note(self, note: str) -> None:
        """A sentence at the top of the frame; empty removes it."""
        if note != self._note:
            self._note = note
            self.update()

    def show_state(self, state: PanelState | None) -> None:
        """Empty, loading, error or no video, in place of the frame; None shows the last good picture again."""
        if state is not None and not state.keeps_content:
            self._frame = self._image = self._fine = self._overlay = None
            self._laid.clear()
            self._masks = ()
        self._state = state
        self.update()

    def set_mask_view(self, view: MaskView) -> None:
        self._mask_view = view
        self.update()

    def set_drawing(self, on: bool) -> None:
        """Whether a press on the empty frame starts a rectangle."""
        self._drawing = on
        self._abandon()
        self.drawing_changed.emit(on)
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    @property
    def drawing(self) -> bool:
        return self._drawing

    @property
    def view(self) -> CanvasView:
        return self._view

    @property
    def frame_size(self) -> tuple[int, int] | None:
        return None if self._frame is None else self._shape.space

    @property
    def _shape(self) -> Shape:
        assert self._frame is not None
        size = (self._frame.width, self._frame.height)
        return Shape(size, self._extent or size)

    @property
    def _device_scale(self) -> float:  # device px per picture px
        return self._shape.magnification(self._view) * self.devicePixelRatioF()

    def set_lens(self, on: bool) -> None:
        """Whether a lens shows the pixels at the pointer."""
        self.lens = on
        self.update()

    # -- zoom and pan ----------------------------------------------------------------------------------------------

    def fit(self) -> None:
        view = self._view if self._frame is None else self._shape.fitted((self.width(), self.height()))
        if view != self._view:
            self.show_view(view)

    def one_to_one(self) -> None:
        if self._frame is not None:
            self.show_view(self._shape.one_to_one((self.width(), self.height()), self.devicePixelRatioF()))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        at = at or QPointF(self.width() / 2, self.height() / 2)
        self.show_view(self._view.zoomed(factor, at.x(), at.y()))

    def show_view(self, view: CanvasView) -> None:
        """Zoom and pan as `view` says."""
        self._view, self._fine = view, None
        self._laid.changed()
        self._fine_timer.start()
        self.update()
        self.view_changed.emit(view)

    def _refine(self) -> None:
        """Once the picture rests, replace the fast downscale with an area-averaged one."""
        if self._image is None or self._preview or not self.isVisible() or (device := self._device_scale) >= 1:
            return
        self._fine = averaged(self._image, device)
        self._laid.changed()
        self.update()

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ends it whatever happens: one that is left open takes the process with it
            if self._image is not None:
                self._paint_picture(painter, self._image)
                self._paint_over(painter)
            else:
                painter.fillRect(self.rect(), theme.color("canvas"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._state is not None:
                paint_state(painter, QRectF(self.rect()), self._state)
            if self.hasFocus():
                paint_focus(painter, self.rect())

    def _target(self) -> QRectF:
        shown = self._view.rect(Rect(0, 0, *map(float, self._shape.space)))
        return QRectF(shown.x, shown.y, shown.w, shown.h)

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        ratio, device = self.devicePixelRatioF(), self._device_scale
        smooth = self._preview is not None or (device < 2 and device != 1)
        source, background = self._fine or image, theme.color("canvas")
        laid = self._laid.laid(source, self._target(), self.size(), ratio, background, smooth=smooth)
        painter.drawImage(0, 0, laid)

    def _paint_over(self, painter: QPainter) -> None:
        target = self._target()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(target)
        paint_masks(painter, self._view, self._masks_shown(), self._mask_view)
        if self._overlay is not None:
            paint_overlay(painter, self._view, self._overlay, target.intersected(QRectF(self.rect())))
        if self._rect_now is not None and self._rect_drag is not None and self._rect_drag.mask_id is None:
            paint_drawn(painter, self._view, self._rect_now)
        painter.setClipping(False)
        scale = scale_of(self._shape, self._device_scale)
        paint_hud(painter, self.size(), Hud(self._hud, scale, self._note, self._sync, self._preview))
        if self.lens and self._image is not None:
            paint_lens(painter, self._view, self._lens_over(self._image), self.devicePixelRatioF())

    def _masks_shown(self) -> tuple[MaskShape, ...]:
        drag, rect = self._rect_drag, self._rect_now
        return self._masks if drag is None or rect is None else dragged(self._masks, drag, rect)

    def _lens_over(self, image: QImage) -> Lens:
        at = self._pointer or QPointF(self.width() / 2, self.height() / 2)
        hidden = () if self._mask_view is MaskView.ORIGINAL else tuple(m.rect for m in self._masks_shown())
        screen = None if self._overlay is None else self._overlay.screen_at(*self._view.to_frame(at.x(), at.y()))
        return Lens(image, self._shape.space, hidden, at, screen, self._preview is None)

    # -- input -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._view.fitted:
            self.fit()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if self._image is not None and steps:
            self.zoom(1.2**steps, event.position())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._drawing:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self._rect_drag is not None or self._drawing):
            if self._rect_drag is None:  # the first Escape ends the drag, the next one the drawing
                self.set_drawing(False)
            self._abandon()
        else:
            super().keyPressEvent(event)

    def hold_space(self, held: bool) -> bool:
        """While held, a drag with the left button pans; returns whether one did since it was pressed."""
        panned, self._space = self._panned, held
        self._panned = False
        return panned

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = event.position()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._drag, self._panned = _Drag.PAN, self._space
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif left and self._image is not None:
            self._press_left(event.position())

    def _press_left(self, at: QPointF) -> None:
        fx, fy = self._view.to_frame(at.x(), at.y())
        held = self._grip(at)
        if held is not None:
            mask, grip = held
            self._rect_drag, self._rect_now, self._drag = RectDrag(grip, mask.rect, fx, fy, mask.id), None, _Drag.RECT
            self.mask_picked.emit(mask.id)
        elif self._drawing:
            self._rect_drag = RectDrag(Grip.BOTTOM_RIGHT, Rect(fx, fy, 0, 0), fx, fy)
            self._drag = _Drag.RECT
        else:
            self.mask_picked.emit(None)

    def _grip(self, at: QPointF) -> tuple[MaskShape, Grip] | None:
        return grip_of(self._masks, *self._view.to_frame(at.x(), at.y()), GRIP_REACH_PX / self._view.scale)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._pointer = event.position()
        if self.lens:
            self.update()
        if self._drag is _Drag.PAN:
            moved = at - self._last
            self._last = at
            self.show_view(self._view.panned(moved.x(), moved.y()))
        elif self._drag is _Drag.RECT and self._rect_drag is not None and self.frame_size is not None:
            bounds = Rect(0, 0, *map(float, self.frame_size))
            self._rect_now = self._rect_drag.rect_at(*self._view.to_frame(at.x(), at.y()), bounds)
            self.update()
        elif self._image is not None:
            self._hover(at)

    def _hover(self, at: QPointF) -> None:
        held = self._grip(at)
        idle = Qt.CursorShape.CrossCursor if self._drawing else Qt.CursorShape.ArrowCursor
        if held is not None:
            idle = CURSORS[held[1]]
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._space else idle)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, rect, held = self._drag, self._rect_now, self._rect_drag
        self._abandon()
        if drag is _Drag.RECT and rect is not None and held is not None and is_drawn(rect):
            whole = whole_pixels(rect)
            if held.mask_id is None:
                self.rect_drawn.emit(whole)
            elif whole != held.start:
                self.mask_moved.emit((held.mask_id, whole))
        self._hover(event.position())

    def _abandon(self) -> None:
        self._drag, self._rect_drag, self._rect_now = _Drag.NONE, None, None
        self.update()
