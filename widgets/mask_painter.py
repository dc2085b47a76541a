"""Paints rectangle masks over the frame: not at all, as outlines, or as the solid fill an export burns in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from replay.geometry import Rect
from widgets import theme
from widgets.canvas_view import CanvasView
from widgets.rect_tool import Grip, RectDrag, corners, grip_at

HANDLE_PX = 7.0


class MaskView(Enum):
    """How masks are shown: the captured picture, outlines over it, or the picture as it would leave."""

    ORIGINAL = "original"
    OUTLINE = "outline"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class MaskShape:
    """One mask at the moment shown; `rect` in frame px. `on_keyframe`: a keyframe lies exactly here; `burned`: not what
    was drawn but what an export paints for it."""

    id: str
    rect: Rect
    selected: bool = False
    on_keyframe: bool = False
    burned: bool = False


def grip_of(masks: tuple[MaskShape, ...], fx: float, fy: float, reach: float) -> tuple[MaskShape, Grip] | None:
    """The mask under a point of the frame, the selected one first; only the selected one has edges, `reach` px wide."""
    for mask in sorted(masks, key=lambda m: not m.selected):
        grip = grip_at(mask.rect, fx, fy, reach if mask.selected else 0)
        if grip is not None and not mask.burned:
            return mask, grip if mask.selected else Grip.MOVE
    return None


def dragged(masks: tuple[MaskShape, ...], drag: RectDrag, rect: Rect) -> tuple[MaskShape, ...]:
    """The masks with the dragged one, if it is one of them, at `rect`."""
    return tuple(MaskShape(m.id, rect, True, m.on_keyframe) if m.id == drag.mask_id else m for m in masks)


def paint_masks(painter: QPainter, view: CanvasView, masks: tuple[MaskShape, ...], mode: MaskView) -> None:
    """Paint every mask in widget px; the selected one is outlined with handles in every mode."""
    for mask in masks:
        r = view.rect(mask.rect)
        box = QRectF(r.x, r.y, r.w, r.h)
        if mode is MaskView.FINAL:
            painter.fillRect(box, QColor(0, 0, 0))
        elif mode is MaskView.OUTLINE:
            _outline(painter, box, burned=mask.burned)
        if mask.selected:
            _selection(painter, box, mask)


def _outline(painter: QPainter, box: QRectF, *, burned: bool) -> None:
    painter.save()
    if burned:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.with_alpha("danger", 0.7), 1, Qt.PenStyle.DotLine))
    else:
        painter.setBrush(QBrush(theme.with_alpha("danger", 0.45), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(theme.color("danger"), 1.5))
    painter.drawRect(box)
    painter.restore()


def _selection(painter: QPainter, box: QRectF, mask: MaskShape) -> None:
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("accent"), 1.5))
    painter.drawRect(box)
    painter.setBrush(theme.color("accent") if mask.on_keyframe else theme.color("canvas"))
    half = HANDLE_PX / 2
    for x, y in corners(Rect(box.x(), box.y(), box.width(), box.height())):
        painter.drawRect(QRectF(x - half, y - half, HANDLE_PX, HANDLE_PX))
    painter.restore()


def paint_drawn(painter: QPainter, view: CanvasView, rect: Rect) -> None:
    """The rectangle being drawn, with its size in frame px beside it."""
    r = view.rect(rect)
    box = QRectF(r.x, r.y, r.w, r.h)
    painter.fillRect(box, theme.with_alpha("danger", 0.25))
    painter.setPen(QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine))
    painter.drawRect(box)
    painter.setFont(theme.mono_font(12))
    painter.setPen(theme.color("text"))
    painter.drawText(QPointF(box.right() + 6, box.bottom() + 14), f"{rect.w:.0f} × {rect.h:.0f}")
