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
_FEWEST: Final = 4
_STRETCHED: Final = 0.8  # of the cost, before two scales are believed
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
    """The best fit near `lag_s`: one scale for both axes unless two explain clearly more."""
    unit = width / REFERENCE_WIDTH
    own = seen.t_s * drift_ppm / 1e6
    one = _best(seen, path, own, lag_s, scale, unit, is_even=True)
    two = _best(seen, path, own, lag_s, scale, unit, is_even=False)
    _, lag, mapping = two if two[0] < _STRETCHED * one[0] else one
    dx, dy = mapping.residual(path, seen, own + lag)
    fits = np.hypot(dx, dy) < INLIER_PX * unit
    return Fit(mapping, lag, fits, _sigmas(seen, path, own + lag, mapping, fits))


def _best(
    seen: Detections, path: PointerPath, own: Floats, lag_s: float, scale: float, unit: float, *, is_even: bool
) -> tuple[float, float, Mapping]:
    """Cost (mean capped residual, px), lag and mapping."""
    best: tuple[float, float, Mapping] | None = None
    start = _start(seen, path, own + lag_s, scale)
    for step_s, reach_s in ((0.02, _SEARCH_S), (_FINE_S, 0.024)):
        middle = lag_s if best is None else best[1]
        for lag in middle + np.arange(-reach_s, reach_s + step_s / 2, step_s):
            mapping = _mapped(seen, path, own + lag, start if best is None else best[2], unit, is_even)
            dx, dy = mapping.residual(path, seen, own + lag)
            cost = float(np.minimum(np.hypot(dx, dy), INLIER_PX * unit).mean())
            if best is None or cost < best[0]:
                best = (cost, float(lag), mapping)
    assert best is not None
    return best


def _start(seen: Detections, path: PointerPath, lags: Floats, scale: float) -> Mapping:
    x, y = path.at(seen.t_s + lags)
    ax, ay = float(np.median(seen.x - scale * x)), float(np.median(seen.y - scale * y))
    return Mapping(scale, scale, ax, ay)


def _mapped(seen: Detections, path: PointerPath, lags: Floats, start: Mapping, unit: float, is_even: bool) -> Mapping:
    """Iteratively reweighted least squares with Huber weights; far detections are left out ever more strictly."""
    x, y = path.at(seen.t_s + lags)
    found = start
    for reject in _REJECT_PX:
        rx, ry = seen.x - found.sx * x - found.ax, seen.y - found.sy * y - found.ay
        distance = np.hypot(rx, ry)
        weight = np.where(distance < reject * unit, np.minimum(1.0, _HUBER_PX * unit / np.maximum(distance, 1e-9)), 0.0)
        if np.count_nonzero(weight) < _FEWEST:
            return found
        mx, my = _moments(x, seen.x, weight), _moments(y, seen.y, weight)
        sx, sy = found.sx, found.sy
        if is_even:
            variance = mx[2] + my[2]
            sx = sy = (mx[3] + my[3]) / variance if variance > _SPREAD_PX**2 else sx
        else:
            sx = mx[3] / mx[2] if mx[2] > _SPREAD_PX**2 else sx
            sy = my[3] / my[2] if my[2] > _SPREAD_PX**2 else sy
        found = Mapping(sx, sy, mx[1] - sx * mx[0], my[1] - sy * my[0])
    return found


def _moments(capture: Floats, frame: Floats, weight: Floats) -> tuple[float, float, float, float]:
    """Weighted means of both, the variance of `capture`, and their covariance."""
    total = weight.sum()
    cm, fm = float((weight * capture).sum() / total), float((weight * frame).sum() / total)
    variance = float((weight * (capture - cm) ** 2).sum() / total)
    return cm, fm, variance, float((weight * (capture - cm) * (frame - fm)).sum() / total)


def _sigmas(seen: Detections, path: PointerPath, lags: Floats, mapping: Mapping, fits: Bools) -> tuple[float, float]:
    if np.count_nonzero(fits) < _FEWEST:
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
