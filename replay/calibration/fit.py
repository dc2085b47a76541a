"""Where the pointer is in the picture, and its lag: a robust fit of detections to pointer positions.

Scale and shift are free on each axis, so a stretched, cropped or letterboxed picture is as good as a plain one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from replay.calibration.values import REFERENCE_WIDTH, Bools, Detections, Floats, Mapping, PointerPath

INLIER_PX: Final = 20.0
_SEARCH_S: Final = 0.15
_FINE_S: Final = 0.004
_HUBER_PX: Final = 3.0
_REJECT_PX: Final = (60.0, 40.0, 20.0, 20.0, 20.0)
_SPREAD_PX: Final = 30.0  # capture px an axis must have seen before its own scale can be told


@dataclass(frozen=True, slots=True)
class Fit:
    """The mapping and the lag that fit best; `fits` marks the detections within 20 px of it, `sigma_scale` is the
    standard deviation of each axis' scale as a share of it."""

    mapping: Mapping
    lag_s: float
    fits: Bools
    sigma_scale: tuple[float, float]

    @property
    def share(self) -> float:
        return float(self.fits.mean()) if len(self.fits) else 0.0


def fitted(seen: Detections, path: PointerPath, lag_s: float, scale: float, drift_ppm: float, width: int) -> Fit:
    """The best fit near `lag_s`, starting from one scale on both axes."""
    unit = width / REFERENCE_WIDTH
    own = seen.t_s * drift_ppm / 1e6
    best: tuple[float, float, Mapping] | None = None
    start = _start(seen, path, own + lag_s, scale)
    for step_s, reach_s in ((0.02, _SEARCH_S), (_FINE_S, 0.024)):
        middle = lag_s if best is None else best[1]
        for lag in middle + np.arange(-reach_s, reach_s + step_s / 2, step_s):
            mapping = _mapped(seen, path, own + lag, start if best is None else best[2], unit)
            dx, dy = mapping.residual(path, seen, own + lag)
            cost = float(np.minimum(np.hypot(dx, dy), INLIER_PX * unit).mean())
            if best is None or cost < best[0]:
                best = (cost, float(lag), mapping)
    assert best is not None
    dx, dy = best[2].residual(path, seen, own + best[1])
    fits = np.hypot(dx, dy) < INLIER_PX * unit
    return Fit(best[2], best[1], fits, _sigmas(seen, path, own + best[1], best[2], fits))


def _start(seen: Detections, path: PointerPath, lags: Floats, scale: float) -> Mapping:
    x, y = path.at(seen.t_s + lags)
    ax, ay = float(np.median(seen.x - scale * x)), float(np.median(seen.y - scale * y))
    return Mapping(scale, scale, ax, ay)


def _mapped(seen: Detections, path: PointerPath, lags: Floats, start: Mapping, unit: float) -> Mapping:
    """Iteratively reweighted least squares with Huber weights; far detections are left out ever more strictly."""
    x, y = path.at(seen.t_s + lags)
    found = start
    for reject in _REJECT_PX:
        rx, ry = seen.x - found.sx * x - found.ax, seen.y - found.sy * y - found.ay
        distance = np.hypot(rx, ry)
        weight = np.where(distance < reject * unit, np.minimum(1.0, _HUBER_PX * unit / np.maximum(distance, 1e-9)), 0.0)
        if np.count_nonzero(weight) < 4:
            return found
        sx, ax = _line(x, seen.x, weight, found.sx)
        sy, ay = _line(y, seen.y, weight, found.sy)
        found = Mapping(sx, sy, ax, ay)
    return found


def _line(capture: Floats, frame: Floats, weight: Floats, scale: float) -> tuple[float, float]:
    """Scale and shift of one axis; the scale stays where the pointer did not go far enough along it."""
    total = weight.sum()
    cm, fm = (weight * capture).sum() / total, (weight * frame).sum() / total
    variance = float((weight * (capture - cm) ** 2).sum() / total)
    if variance > _SPREAD_PX**2:
        scale = float((weight * (capture - cm) * (frame - fm)).sum() / total / variance)
    return scale, float(fm - scale * cm)


def _sigmas(
    seen: Detections, path: PointerPath, lags: Floats, mapping: Mapping, fits: Bools
) -> tuple[float, float]:
    if np.count_nonzero(fits) < 4:
        return 1.0, 1.0
    x, y = path.at(seen.t_s + lags)
    rx, ry = mapping.residual(path, seen, lags)
    # Detections of one movement err together: eight of them are worth one.
    n = max(np.count_nonzero(fits) / 8.0, 1.0)
    out = [
        float(1.4826 * np.median(np.abs(r[fits] - np.median(r[fits]))) / max(np.std(c[fits]), 1e-6) / np.sqrt(n))
        for r, c in ((rx, x), (ry, y))
    ]
    return out[0] / abs(mapping.sx or 1.0), out[1] / abs(mapping.sy or 1.0)
