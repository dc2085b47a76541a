"""Paints an OverlayState over the frame, in widget px: sizes stay the same at every zoom, places follow the frame."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from replay.overlay import ClickRipple, Cursor, FocusedWindow, KeyCaption, OverlayState, Scroll
from replay.overlay_index import PathPoint
from widgets import theme
from widgets.canvas_view import CanvasView
from widgets.wording import app_name

_BUTTON_LETTERS = {"left": "L", "right": "R", "middle": "M", "back": "B", "forward": "F"}
_SHADOW = QColor(0, 0, 0, 170)
_SHADES = 8
_CHIP = QColor(16, 16, 16, 225)
_TITLE_PX = 360.0


def paint_overlay(painter: QPainter, view: CanvasView, overlay: OverlayState, area: QRectF) -> None:
    """Everything at its moment; `area` is the visible part of the frame, where captions stand."""
    painter.save()
    if overlay.window is not None:
        _window(painter, view, overlay.window)
    for element in overlay.elements:
        r = view.rect(element.rect)
        painter.setPen(QPen(theme.with_alpha("info", 0.7), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(r.x, r.y, r.w, r.h))
    if overlay.drag is not None:
        _path(painter, view, overlay.drag.path, "accent", 3.0, fading=False)
    if overlay.cursor is not None:
        _cursor(painter, view, overlay.cursor)
    for click in overlay.clicks:
        _click(painter, view, click)
    if overlay.scroll is not None:
        _scroll(painter, view, overlay.scroll)
    _captions(painter, overlay.caption, overlay.modifiers, area)
    painter.restore()


def _at(view: CanvasView, x: float, y: float) -> QPointF:
    return QPointF(*view.to_widget(x, y))


def _path(
    painter: QPainter, view: CanvasView, path: tuple[PathPoint, ...], color: str, width: float, *, fading: bool
) -> None:
    """Lines from old to new, fading in a few shades; a shadow under them keeps them legible on light and dark."""
    points = [_at(view, p.x, p.y) for p in path]
    n = len(points) - 1
    if n < 1:
        return
    shades = min(_SHADES, n) if fading else 1
    for shade in range(shades):
        part = points[shade * n // shades : (shade + 1) * n // shades + 1]
        alpha = (shade + 1) / shades * 0.9
        for ink, w in ((QColor(0, 0, 0, int(90 * alpha)), width + 2), (theme.with_alpha(color, alpha), width)):
            painter.setPen(QPen(ink, w, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
            painter.drawPolyline(part)


def _cursor(painter: QPainter, view: CanvasView, cursor: Cursor) -> None:
    _path(painter, view, cursor.path, "track.pointer", 2.0, fading=True)
    if not cursor.inside:
        return
    at = _at(view, cursor.x, cursor.y)
    radius = 7.0 if cursor.held else 9.0
    painter.setBrush(theme.with_alpha("track.pointer", 0.45 if cursor.held else 0.12))
    painter.setPen(QPen(_SHADOW, 3.5))
    painter.drawEllipse(at, radius, radius)
    painter.setPen(QPen(theme.color("track.pointer"), 1.8))
    painter.drawEllipse(at, radius, radius)


def _click(painter: QPainter, view: CanvasView, click: ClickRipple) -> None:
    """A ring that grows and fades, with the button's letter and the count."""
    at, alpha = _at(view, click.x, click.y), 1 - click.age
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ring in range(min(click.count, 3)):
        radius = 8 + 18 * click.age + 5 * ring
        painter.setPen(QPen(QColor(0, 0, 0, int(130 * alpha)), 4))
        painter.drawEllipse(at, radius, radius)
        painter.setPen(QPen(theme.with_alpha("accent", alpha), 2.2))
        painter.drawEllipse(at, radius, radius)
    letter = _BUTTON_LETTERS.get(click.button, "?")
    text = letter if click.count == 1 else f"{letter}×{click.count}"
    _chip(painter, QPointF(at.x() + 16, at.y() - 30), text, alpha=max(alpha, 0.35))


def _scroll(painter: QPainter, view: CanvasView, scroll: Scroll) -> None:
    """An arrow where the wheel was turned, and by how many notches."""
    at, alpha = _at(view, scroll.x, scroll.y), 1 - scroll.age
    sideways = abs(scroll.dx) > abs(scroll.dy)
    sign = (1 if scroll.dx > 0 else -1) if sideways else (-1 if scroll.dy > 0 else 1)
    tip = QPointF(22 * sign, 0) if sideways else QPointF(0, 22 * sign)
    across = QPointF(0, 6) if sideways else QPointF(6, 0)
    back = tip * 0.6
    head = QPolygonF([at + tip, at + back + across, at + back - across])
    for pen in (QPen(QColor(0, 0, 0, int(140 * alpha)), 5), QPen(theme.with_alpha("track.scroll", alpha), 2.4)):
        painter.setPen(pen)
        painter.setBrush(pen.color())
        painter.drawLine(at, at + back)
        painter.drawPolygon(head)
    amount = abs(scroll.dx if sideways else scroll.dy)
    _chip(painter, at + tip + QPointF(8, -8), f"{amount:g}", alpha=max(alpha, 0.35))


def _window(painter: QPainter, view: CanvasView, window: FocusedWindow) -> None:
    if window.rect is None:
        return
    r = view.rect(window.rect)
    box = QRectF(r.x, r.y, r.w, r.h)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 110), 3))
    painter.drawRect(box)
    painter.setPen(QPen(theme.color("track.windows").lighter(130), 1.2, Qt.PenStyle.DashLine))
    painter.drawRect(box)
    words = [app_name(window.app) if window.app else "", _one_line(window.title or "")]
    name = "  ".join(word for word in words if word)
    room = min(box.right(), float(painter.viewport().width())) - max(box.x(), 0) - 24
    if name and room > 100:
        painter.setFont(theme.mono_font(11, 600))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(min(room, _TITLE_PX)))
        _chip(painter, QPointF(max(box.x(), 0) + 6, max(box.y(), 0) + 6), shown, alpha=0.85)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _chip(painter: QPainter, top_left: QPointF, text: str, *, alpha: float) -> None:
    painter.save()
    painter.setOpacity(alpha)
    painter.setFont(theme.mono_font(11, 600))
    width = painter.fontMetrics().horizontalAdvance(text) + 10
    box = QRectF(top_left.x(), top_left.y(), width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_CHIP)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.color("text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def _captions(painter: QPainter, caption: KeyCaption | None, modifiers: tuple[str, ...], area: QRectF) -> None:
    """Held modifiers and recent keys as key caps, centred above the lower edge."""
    keys = caption.keys if caption is not None else ()
    caps = [(m, True) for m in modifiers] + [(k, False) for k in keys[-8:]]
    if not caps:
        return
    painter.setFont(theme.mono_font(15, 600))
    metrics = painter.fontMetrics()
    widths = [metrics.horizontalAdvance(text) + 20 for text, _ in caps]
    total = sum(widths) + 6 * (len(caps) - 1)
    x, y = area.center().x() - total / 2, area.bottom() - 74
    for (text, is_held), width in zip(caps, widths, strict=True):
        fade = 1.0 if is_held or caption is None else 1 - 0.6 * caption.age
        painter.setOpacity(fade)
        box = QRectF(x, y, width, 32)
        painter.setPen(QPen(theme.color("accent" if is_held else "line_strong"), 1.2))
        painter.setBrush(_CHIP)
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        x += width + 6
    painter.setOpacity(1.0)
