"""Rectangles, and the transform from capture pixels to frame pixels as a function of time.

Spaces: `capture px` are physical pixels of the virtual desktop; `frame px` are pixels of the video in the size that it
declares (x right, y down, origin at the top-left corner, continuous: pixel i covers [i, i+1)). A frame that is decoded
in another size is stretched to the declared one, so that one space holds from the first frame to the last.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from replay.timebase import TimeNs


@dataclass(frozen=True, slots=True)
class Rect:
    """Axis-aligned rectangle [x, x+w) × [y, y+h); the space is named by whoever holds it."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.right and self.y <= y < self.bottom

    def intersection(self, other: Rect) -> Rect | None:
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(x, y, right - x, bottom - y) if x < right and y < bottom else None

    def union(self, other: Rect) -> Rect:
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    @classmethod
    def from_row(cls, row: dict[str, float] | None) -> Rect | None:
        return None if row is None else cls(row["x"], row["y"], row["w"], row["h"])

    def as_row(self) -> dict[str, float]:
        return {"x": self.x, "y": self.y, "w": self.w, "h": self.h}


@dataclass(frozen=True, slots=True)
class Display:
    """One display from `t_ns` on. `capture_rect` (capture px) is shown in `frame_rect` of the video, in px of a frame
    of `frame_size` (None: the declared one). `rotation`: by how many degrees, clockwise, the video shows it turned."""

    t_ns: TimeNs
    display_id: str
    bounds_px: Rect
    scale: float = 1.0
    rotation: float = 0.0
    is_main: bool = False
    capture_rect: Rect | None = None
    frame_rect: Rect | None = None
    frame_size: tuple[int, int] | None = None


Affine: TypeAlias = tuple[float, float, float, float, float, float]
"""(x0, xx, xy, y0, yx, yy): x' = x0 + xx · x + xy · y, y' = y0 + yx · x + yy · y."""


@dataclass(frozen=True, slots=True)
class FrameFromCapture:
    """The affine map capture px → frame px that holds at one moment. `turn`: by how many quarters of a turn, clockwise,
    the frame shows the desktop turned."""

    capture_rect: Rect
    frame_rect: Rect
    turn: int = 0

    @property
    def affine(self) -> Affine:
        c, f = self.capture_rect, self.frame_rect
        across, down = f.w / c.w, f.h / c.h
        if self.turn == 0:
            return f.x - c.x * across, across, 0.0, f.y - c.y * down, 0.0, down
        if self.turn == 2:
            return f.right + c.x * across, -across, 0.0, f.bottom + c.y * down, 0.0, -down
        over, up = f.w / c.h, f.h / c.w  # frame px across per capture px down, and the other way round
        if self.turn == 1:
            return f.right + c.y * over, 0.0, -over, f.y - c.x * up, up, 0.0
        return f.x - c.y * over, 0.0, over, f.bottom + c.x * up, -up, 0.0

    def point(self, x_px: float, y_px: float) -> tuple[float, float]:
        x0, xx, xy, y0, yx, yy = self.affine
        return x0 + xx * x_px + xy * y_px, y0 + yx * x_px + yy * y_px

    def rect(self, r: Rect) -> Rect:
        x0, y0 = self.point(r.x, r.y)
        x1, y1 = self.point(r.right, r.bottom)
        return Rect(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))

    def back(self, x: float, y: float) -> tuple[float, float]:
        """Frame px to capture px."""
        x0, xx, xy, y0, yx, yy = self.affine
        shape = xx * yy - xy * yx
        dx, dy = x - x0, y - y0
        return (yy * dx - xy * dy) / shape, (xx * dy - yx * dx) / shape

    @property
    def scale(self) -> tuple[float, float]:
        """Frame px per capture px, across and down; of a map that does not turn."""
        return self.frame_rect.w / self.capture_rect.w, self.frame_rect.h / self.capture_rect.h


def turn_of(display: Display, frame_rect: Rect) -> int:
    """Quarters of a turn, clockwise, by which `frame_rect` shows a captured display. Recorders that write down how the
    monitor stands but film the desktop upright are told by the shape: turned, it would not fit its place."""
    turn = round(display.rotation / 90) % 4 if display.rotation % 90 == 0 else 0
    shown = display.capture_rect
    if turn % 2 == 0 or shown is None:
        return turn
    upright = abs(math.log((frame_rect.w * shown.h) / (frame_rect.h * shown.w)))
    turned = abs(math.log((frame_rect.w * shown.w) / (frame_rect.h * shown.h)))
    return turn if turned <= upright else 0


def is_captured(display: Display) -> bool:
    """Whether the video shows the display, and where is said in rectangles that have a size."""
    shown, place = display.capture_rect, display.frame_rect
    return shown is not None and shown.w > 0 and shown.h > 0 and (place is None or (place.w > 0 and place.h > 0))


class Geometry:
    """Displays over time. A row of `displays` replaces what was known of that display from its `t_ns` on."""

    def __init__(self, displays: Sequence[Display], frame_size: tuple[int, int] | None) -> None:
        self.displays = tuple(sorted(displays, key=lambda d: d.t_ns))
        self.frame_size = frame_size
        self._changes = sorted({d.t_ns for d in self.displays})
        self._states = [self._state_from(t) for t in self._changes]

    def _state_from(self, t_ns: TimeNs) -> tuple[Display, ...]:
        latest: dict[str, Display] = {}
        for d in self.displays:
            if d.t_ns <= t_ns:
                latest[d.display_id] = d
        return tuple(latest.values())

    def displays_at(self, t_ns: TimeNs) -> tuple[Display, ...]:
        """The displays at `t_ns`; before the first row the first known state holds."""
        if not self._states:
            return ()
        return self._states[max(0, bisect_right(self._changes, t_ns) - 1)]

    @property
    def changes_ns(self) -> tuple[TimeNs, ...]:
        return tuple(self._changes)

    def frame_from_capture(self, t_ns: TimeNs, point: tuple[float, float] | None = None) -> FrameFromCapture | None:
        """The map in force at `t_ns`: of the captured display holding `point` (capture px), else of the main one."""
        captured = [d for d in self.displays_at(t_ns) if is_captured(d)]
        if not captured or self.frame_size is None:
            return None
        chosen = next((d for d in captured if d.is_main), captured[0])
        if point is not None:
            chosen = next((d for d in captured if d.capture_rect and d.capture_rect.contains(*point)), chosen)
        return self.map_of(chosen)

    def map_of(self, display: Display) -> FrameFromCapture | None:
        """Where the video shows one display; None where it does not."""
        if display.capture_rect is None or self.frame_size is None or not is_captured(display):
            return None
        place = self.frame_rect_of(display)
        return FrameFromCapture(display.capture_rect, place, turn_of(display, place))

    def frame_rect_of(self, display: Display) -> Rect:
        """The part of the declared frame that shows a captured display."""
        assert self.frame_size is not None
        width, height = map(float, self.frame_size)
        place = display.frame_rect
        if place is None:
            return Rect(0, 0, width, height)
        own = display.frame_size or self.frame_size
        across, down = width / own[0], height / own[1]
        return Rect(place.x * across, place.y * down, place.w * across, place.h * down)

    def on_a_display(self, t_ns: TimeNs, x_px: float, y_px: float) -> bool:
        return any(d.bounds_px.contains(x_px, y_px) for d in self.displays_at(t_ns))


def geometry_from_arrow(
    table: pa.Table, frame_size: tuple[int, int] | None, redated: Callable[[TimeNs], TimeNs] = lambda t_ns: t_ns
) -> Geometry:
    """`displays` rows to Geometry; `frame_size` is (width, height) of the decoded video, None without video. `redated`:
    from the time as declared to that of the clock in force; what held at the start goes on doing so.
    """
    displays = []
    for row in table.to_pylist():
        bounds = Rect.from_row(row["bounds_px"])
        assert bounds is not None
        displays.append(
            Display(
                t_ns=row["t_ns"] if row["t_ns"] <= 0 else max(1, redated(row["t_ns"])),
                display_id=row["display_id"],
                bounds_px=bounds,
                scale=row["scale"] or 1.0,
                rotation=row["rotation"] or 0.0,
                is_main=bool(row["is_main"]),
                capture_rect=Rect.from_row(row["capture_rect"]),
                frame_rect=Rect.from_row(row["frame_rect"]),
                frame_size=_size(row["frame_width"], row["frame_height"]),
            )
        )
    return Geometry(displays, frame_size)


def _size(width: int | None, height: int | None) -> tuple[int, int] | None:
    return (width, height) if width and height and width > 0 and height > 0 else None
