"""The pointer where the displays say that the picture shows it, where one map does not hold throughout.

Movements on both sides of a change, on displays of different scale and on turned ones are then alike: what is fitted is
what is left between the declared place and the picture.
"""

from __future__ import annotations

import numpy as np

from replay.calibration.values import Bools, Floats, PointerPath
from replay.geometry import Display, FrameFromCapture, Geometry, is_captured


def has_several_maps(geometry: Geometry) -> bool:
    """Whether the picture shows the desktop in more than one way, or turned."""
    states = [geometry.displays_at(t_ns) for t_ns in geometry.changes_ns]
    maps = {geometry.map_of(display) for state in states for display in state if is_captured(display)}
    affines = {m.affine for m in maps if m is not None}
    return len(affines) > 1 or any(m is not None and m.turn for m in maps)


def placed(path: PointerPath, geometry: Geometry) -> PointerPath:
    """`path` in frame px: each position by the displays in force at its time, on none of them by the main one."""
    x, y = path.x.copy(), path.y.copy()
    changes_s = np.array(geometry.changes_ns, np.float64) / 1e9
    sides = np.maximum(np.searchsorted(changes_s, path.t_s, side="right") - 1, 0)
    for side in np.unique(sides).tolist():
        t_ns = geometry.changes_ns[side]
        here = sides == side
        _put(path, geometry.frame_from_capture(t_ns), here, x, y)
        for display in filter(is_captured, geometry.displays_at(t_ns)):
            _put(path, geometry.map_of(display), here & _is_on(display, path), x, y)
    return PointerPath(path.t_s, x, y)


def _is_on(display: Display, path: PointerPath) -> Bools:
    rect = display.capture_rect
    assert rect is not None
    on: Bools = (path.x >= rect.x) & (path.x < rect.right) & (path.y >= rect.y) & (path.y < rect.bottom)
    return on


def _put(path: PointerPath, shown: FrameFromCapture | None, here: Bools, x: Floats, y: Floats) -> None:
    if shown is not None:
        x0, xx, xy, y0, yx, yy = shown.affine
        x[here] = x0 + xx * path.x[here] + xy * path.y[here]
        y[here] = y0 + yx * path.x[here] + yy * path.y[here]
