"""Drawing, moving and resizing one rectangle: pure hit tests and arithmetic in one space, free of widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt

from replay.geometry import Rect

MIN_SIDE = 4.0


class Grip(Enum):
    """What a press holds: (left, top, right, bottom) edges that follow the pointer. A new one is held by a corner."""

    MOVE = (1, 1, 1, 1)
    LEFT = (1, 0, 0, 0)
    TOP = (0, 1, 0, 0)
    RIGHT = (0, 0, 1, 0)
    BOTTOM = (0, 0, 0, 1)
    TOP_LEFT = (1, 1, 0, 0)
    TOP_RIGHT = (0, 1, 1, 0)
    BOTTOM_LEFT = (1, 0, 0, 1)
    BOTTOM_RIGHT = (0, 0, 1, 1)


CURSORS = {
    Grip.MOVE: Qt.CursorShape.SizeAllCursor,
    Grip.LEFT: Qt.CursorShape.SizeHorCursor,
    Grip.RIGHT: Qt.CursorShape.SizeHorCursor,
    Grip.TOP: Qt.CursorShape.SizeVerCursor,
    Grip.BOTTOM: Qt.CursorShape.SizeVerCursor,
    Grip.TOP_LEFT: Qt.CursorShape.SizeFDiagCursor,
    Grip.BOTTOM_RIGHT: Qt.CursorShape.SizeFDiagCursor,
    Grip.TOP_RIGHT: Qt.CursorShape.SizeBDiagCursor,
    Grip.BOTTOM_LEFT: Qt.CursorShape.SizeBDiagCursor,
}
_BY_EDGES = {g.value: g for g in Grip}


def grip_at(rect: Rect, x: float, y: float, reach: float) -> Grip | None:
    """The edge, corner or body of `rect` within `reach` of the point; edges win over the body."""
    if not (rect.x - reach <= x <= rect.right + reach and rect.y - reach <= y <= rect.bottom + reach):
        return None
    edges = (
        int(abs(x - rect.x) <= reach),
        int(abs(y - rect.y) <= reach),
        int(abs(x - rect.right) <= reach),
        int(abs(y - rect.bottom) <= reach),
    )
    if edges == (0, 0, 0, 0):
        return Grip.MOVE
    return _BY_EDGES.get(edges, Grip.MOVE)


def corners(rect: Rect) -> tuple[tuple[float, float], ...]:
    """The eight places where handles are painted."""
    cx, cy = rect.x + rect.w / 2, rect.y + rect.h / 2
    return (
        (rect.x, rect.y), (cx, rect.y), (rect.right, rect.y), (rect.right, cy),
        (rect.right, rect.bottom), (cx, rect.bottom), (rect.x, rect.bottom), (rect.x, cy),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RectDrag:
    """One drag in progress: `start` is the rectangle at the press, (x, y) where the press was, frame px.

    `mask_id` is None while a new rectangle is drawn.
    """

    grip: Grip
    start: Rect
    x: float
    y: float
    mask_id: str | None = None

    def rect_at(self, x: float, y: float, bounds: Rect) -> Rect:
        """The rectangle with the pointer at (x, y), kept inside `bounds`; edges may cross, sides stay positive."""
        dx, dy = x - self.x, y - self.y
        if self.grip is Grip.MOVE:
            left = min(max(self.start.x + dx, bounds.x), max(bounds.x, bounds.right - self.start.w))
            top = min(max(self.start.y + dy, bounds.y), max(bounds.y, bounds.bottom - self.start.h))
            # Whole px here, or rounding outwards on release would grow the rectangle with every move.
            return Rect(math.floor(left), math.floor(top), self.start.w, self.start.h)
        left_on, top_on, right_on, bottom_on = self.grip.value
        xs = sorted((self.start.x + dx * left_on, self.start.right + dx * right_on))
        ys = sorted((self.start.y + dy * top_on, self.start.bottom + dy * bottom_on))
        x0, x1 = max(xs[0], bounds.x), min(xs[1], bounds.right)
        y0, y1 = max(ys[0], bounds.y), min(ys[1], bounds.bottom)
        return Rect(x0, y0, max(x1 - x0, 0.0), max(y1 - y0, 0.0))


def whole_pixels(rect: Rect) -> Rect:
    """The rectangle grown outwards to whole frame px."""
    x, y = math.floor(rect.x), math.floor(rect.y)
    return Rect(x, y, math.ceil(rect.right) - x, math.ceil(rect.bottom) - y)


def is_drawn(rect: Rect) -> bool:
    """Whether a rectangle is large enough to have been meant."""
    return rect.w >= MIN_SIDE and rect.h >= MIN_SIDE
