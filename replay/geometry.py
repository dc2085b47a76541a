"""Rectangles, and the transform from capture pixels to frame pixels as a function of time.

Spaces: `capture px` are physical pixels of the virtual desktop; `frame px` are pixels of the decoded video frame
(x right, y down, origin at the top-left corner, continuous: pixel i covers [i, i+1)).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

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
    """One display from `t_ns` on. `capture_rect` (capture px) is shown in `frame_rect` (frame px) of the video."""

    t_ns: TimeNs
    display_id: str
    bounds_px: Rect
    scale: float = 1.0
    rotation: float = 0.0
    is_main: bool = False
    capture_rect: Rect | None = None
    frame_rect: Rect | None = None


@dataclass(frozen=True, slots=True)
class FrameFromCapture:
    """The affine map capture px → frame px that holds at one moment."""

    capture_rect: Rect
    frame_rect: Rect

    def point(self, x_px: float, y_px: float) -> tuple[float, float]:
        sx, sy = self.scale
        return (
            self.frame_rect.x + (x_px - self.capture_rect.x) * sx,
            self.frame_rect.y + (y_px - self.capture_rect.y) * sy,
        )

    def rect(self, r: Rect) -> Rect:
        sx, sy = self.scale
        x, y = self.point(r.x, r.y)
        return Rect(x, y, r.w * sx, r.h * sy)

    @property
    def scale(self) -> tuple[float, float]:
        return self.frame_rect.w / self.capture_rect.w, self.frame_rect.h / self.capture_rect.h


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
        captured = [d for d in self.displays_at(t_ns) if d.capture_rect is not None]
        if not captured or self.frame_size is None:
            return None
        chosen = next((d for d in captured if d.is_main), captured[0])
        if point is not None:
            chosen = next((d for d in captured if d.capture_rect and d.capture_rect.contains(*point)), chosen)
        assert chosen.capture_rect is not None
        whole_frame = Rect(0, 0, *map(float, self.frame_size))
        return FrameFromCapture(chosen.capture_rect, chosen.frame_rect or whole_frame)

    def on_a_display(self, t_ns: TimeNs, x_px: float, y_px: float) -> bool:
        return any(d.bounds_px.contains(x_px, y_px) for d in self.displays_at(t_ns))


def geometry_from_arrow(table: pa.Table, frame_size: tuple[int, int] | None) -> Geometry:
    """`displays` rows to Geometry; `frame_size` is (width, height) of the decoded video, None without video."""
    displays = []
    for row in table.to_pylist():
        bounds = Rect.from_row(row["bounds_px"])
        assert bounds is not None
        displays.append(
            Display(
                t_ns=row["t_ns"],
                display_id=row["display_id"],
                bounds_px=bounds,
                scale=row["scale"] or 1.0,
                rotation=row["rotation"] or 0.0,
                is_main=bool(row["is_main"]),
                capture_rect=Rect.from_row(row["capture_rect"]),
                frame_rect=Rect.from_row(row["frame_rect"]),
            )
        )
    return Geometry(displays, frame_size)
