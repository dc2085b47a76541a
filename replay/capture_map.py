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
        x0, xx, xy, y0, yx, yy = self._coefficients(x_px, y_px)
        return x0 + x_px * xx + y_px * xy, y0 + x_px * yx + y_px * yy

    def rects(self, rects_px: Floats) -> Floats:
        """Rows (x, y, w, h) of capture px in frame px, each by the display that holds its centre; shape (n, 4)."""
        x, y, w, h = rects_px.T
        x0, xx, xy, y0, yx, yy = self._coefficients(x + w / 2, y + h / 2)
        across, down = w * xx + h * xy, w * yx + h * yy
        left, top = x0 + x * xx + y * xy, y0 + x * yx + y * yy
        corner = [np.minimum(left, left + across), np.minimum(top, top + down)]
        return np.stack([*corner, np.abs(across), np.abs(down)], axis=1)

    def back(self, x: float, y: float) -> tuple[float, float] | None:
        """The place on the screen that a point of the frame shows, capture px; None where it shows no display."""
        shown = next((m for m in self.maps if m.frame_rect.contains(x, y)), None)
        return None if shown is None else shown.back(x, y)

    def _coefficients(self, x_px: Floats, y_px: Floats) -> Floats:
        """The map that holds for each point, shape (6, n): rows as in `Affine`."""
        out = np.empty((6, len(x_px)))
        out[:] = np.array(self.maps[0].affine)[:, None]
        if len(self.maps) > 1:
            free = ~_within(self.maps[0].capture_rect, x_px, y_px)
            for other in self.maps[1:]:
                here = free & _within(other.capture_rect, x_px, y_px)
                out[:, here] = np.array(other.affine)[:, None]
                free &= ~here
        return out


def _within(r: Rect, x_px: Floats, y_px: Floats) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (r.x <= x_px) & (x_px < r.right) & (r.y <= y_px) & (y_px < r.bottom)
    return inside


def capture_map_at(geometry: Geometry, t_ns: TimeNs) -> CaptureMap | None:
    """The maps in force at `t_ns`; None where the session does not say what its video shows."""
    main = geometry.frame_from_capture(t_ns)
    if main is None:
        return None
    others = (geometry.map_of(display) for display in geometry.displays_at(t_ns))
    return CaptureMap((main, *(other for other in others if other is not None and other != main)))
