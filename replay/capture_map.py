"""Many points and rectangles from capture px to frame px at once, by the geometry of one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from replay.geometry import FrameFromCapture, Geometry, Rect
from replay.timebase import TimeNs

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CaptureMap:
    """The maps of all captured displays at one moment, the main one's first (at least one). A point in none of them
    goes by the main one's, as `Geometry.frame_from_capture` does."""

    maps: tuple[FrameFromCapture, ...]

    def points(self, x_px: Floats, y_px: Floats) -> tuple[Floats, Floats]:
        """Points of capture px in frame px; shape (n,) in and out."""
        if len(self.maps) == 1:
            left, top, across, down = _line(self.maps[0])
            return left + x_px * across, top + y_px * down
        fx, fy, sx, sy = self._coefficients(x_px, y_px)
        return fx + x_px * sx, fy + y_px * sy

    def rects(self, rects_px: Floats) -> Floats:
        """Rows (x, y, w, h) of capture px in frame px, each by the display that holds its centre; shape (n, 4)."""
        x, y, w, h = rects_px.T
        fx, fy, sx, sy = self._coefficients(x + w / 2, y + h / 2)
        return np.stack([fx + x * sx, fy + y * sy, w * sx, h * sy], axis=1)

    def _coefficients(self, x_px: Floats, y_px: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Offset and scale of each axis for each point."""
        out = np.empty((4, len(x_px)))
        out[:] = np.array(_line(self.maps[0]))[:, None]
        if len(self.maps) > 1:
            free = ~_within(self.maps[0].capture_rect, x_px, y_px)
            for other in self.maps[1:]:
                here = free & _within(other.capture_rect, x_px, y_px)
                out[:, here] = np.array(_line(other))[:, None]
                free &= ~here
        return out[0], out[1], out[2], out[3]


def _line(m: FrameFromCapture) -> tuple[float, float, float, float]:
    """Offset x, offset y, scale x, scale y."""
    sx, sy = m.scale
    return m.frame_rect.x - m.capture_rect.x * sx, m.frame_rect.y - m.capture_rect.y * sy, sx, sy


def _within(r: Rect, x_px: Floats, y_px: Floats) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (r.x <= x_px) & (x_px < r.right) & (r.y <= y_px) & (y_px < r.bottom)
    return inside


def capture_map_at(geometry: Geometry, t_ns: TimeNs) -> CaptureMap | None:
    """The maps in force at `t_ns`; None where the session does not say what its video shows."""
    main = geometry.frame_from_capture(t_ns)
    if main is None:
        return None
    maps = [main]
    for display in geometry.displays_at(t_ns):
        rect = display.capture_rect
        if rect is not None and rect != main.capture_rect:
            centre = (rect.x + rect.w / 2, rect.y + rect.h / 2)
            other = geometry.frame_from_capture(t_ns, centre)
            if other is not None and other not in maps:
                maps.append(other)
    return CaptureMap(tuple(maps))
