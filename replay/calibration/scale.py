"""The scale of the picture, freed from what the cursor looks like.

A cursor changes its shape and its size, and each shape has its middle elsewhere. Where the arrow is met at the top and
the hand at the bottom, that is worth a percent of scale. So each movement may have a shift of its own, held small by a
prior, and what lies off it counts for nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from replay.calibration.values import REFERENCE_WIDTH, Detections, Floats, Ints, Mapping, PointerPath

_OWN_PX: Final = 1.0  # a detection's own error at the reference width
_LEAST_OWN_PX: Final = 0.6
_SHAPES_PX: Final = 4.0  # standard deviation of the shifts of movements
_LEAST_SHAPES_PX: Final = 3.0  # a small picture of one window still shows whole cursors
_COARSE_TO_FINE: Final = (4.0, 3.0, 2.0, *(1.0,) * 12)
_PAUSE_S: Final = 0.6
_LONGEST_S: Final = 4.0
_FEWEST: Final = 12
_SPREAD_PX: Final = 30.0  # capture px an axis must have seen before its own scale can be told


def rescaled(seen: Detections, path: PointerPath, lags: Floats, start: Mapping, width: int) -> Mapping:
    """`start`, which is right to a few px at `lags`, with the scale that the movements themselves show.

    One scale where `start` has one, else one an axis. `seen` is in order of time; few detections leave it as it is.
    """
    if len(seen) < _FEWEST:
        return start
    unit = width / REFERENCE_WIDTH
    x, y = path.at(seen.t_s + lags)
    spread = min(float(np.std(x)), float(np.std(y)))
    if start.sx != start.sy and spread < _SPREAD_PX:
        return start
    groups = _movements(seen.t_s)
    shift_x = shift_y = np.zeros(len(seen))
    found = start
    for factor in _COARSE_TO_FINE:
        own = factor * max(_OWN_PX * unit, _LEAST_OWN_PX)
        rx, ry = found.residual(path, seen, lags)
        weight = (1.0 + ((rx - shift_x) ** 2 + (ry - shift_y) ** 2) / own**2) ** -2
        prior = (own / max(_SHAPES_PX * unit, _LEAST_SHAPES_PX)) ** 2
        across, down = _Sums(weight, x, seen.x, groups, prior), _Sums(weight, y, seen.y, groups, prior)
        fitted = _one_scale(across, down) if start.sx == start.sy else _two_scales(across, down)
        if fitted is None:
            return start
        found = fitted
        rx, ry = found.residual(path, seen, lags)
        shift_x, shift_y = across.shifts(rx), down.shifts(ry)
    return found


def _movements(t_s: Floats) -> Ints:
    """The number of the movement that each detection belongs to."""
    out, start = np.zeros(len(t_s), np.int64), float(t_s[0])
    for k in range(1, len(t_s)):
        is_next = t_s[k] - t_s[k - 1] > _PAUSE_S or t_s[k] - start > _LONGEST_S
        start = float(t_s[k]) if is_next else start
        out[k] = out[k - 1] + is_next
    return out


class _Sums:
    """Sums of one axis for frame = scale · capture + shift, after the movements' own shifts were taken out."""

    def __init__(self, weight: Floats, capture: Floats, frame: Floats, groups: Ints, prior: float) -> None:
        self._weight, self._groups = weight, groups
        self._total = np.bincount(groups, weight) + prior
        one = np.ones(len(capture))
        self.oo, self.oc, self.cc = self._of(one, one), self._of(one, capture), self._of(capture, capture)
        self.of, self.cf = self._of(one, frame), self._of(capture, frame)

    def _of(self, a: Floats, b: Floats) -> float:
        by_group = np.bincount(self._groups, self._weight * a) * np.bincount(self._groups, self._weight * b)
        return float((self._weight * a * b).sum() - (by_group / self._total).sum())

    def shifts(self, residual: Floats) -> Floats:
        """Each detection's movement's own shift."""
        shift: Floats = (np.bincount(self._groups, self._weight * residual) / self._total)[self._groups]
        return shift


def _one_scale(across: _Sums, down: _Sums) -> Mapping | None:
    left = np.array([[across.cc + down.cc, across.oc, down.oc], [across.oc, across.oo, 0.0], [down.oc, 0.0, down.oo]])
    solved = _solved(left, np.array([across.cf + down.cf, across.of, down.of]))
    return None if solved is None else Mapping(float(solved[0]), float(solved[0]), float(solved[1]), float(solved[2]))


def _two_scales(across: _Sums, down: _Sums) -> Mapping | None:
    x, y = (_solved(np.array([[s.cc, s.oc], [s.oc, s.oo]]), np.array([s.cf, s.of])) for s in (across, down))
    return None if x is None or y is None else Mapping(float(x[0]), float(y[0]), float(x[1]), float(y[1]))


def _solved(left: Floats, right: Floats) -> Floats | None:
    try:
        return np.asarray(np.linalg.solve(left, right), np.float64)
    except np.linalg.LinAlgError:
        return None
