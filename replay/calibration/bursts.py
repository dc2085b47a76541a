"""The lag of each movement by itself. Their scatter is the honest measure of how sure the answer is.

A formal standard deviation of the fit is twenty times too small: what dominates is that now and then the picture shows
an older or newer cursor than its presentation time says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from replay.calibration.values import REFERENCE_WIDTH, Detections, Floats, Ints, Mapping, PointerPath

_PAUSE_S: Final = 0.6
_LONGEST_S: Final = 4.0
_FEWEST: Final = 4
_SHORTEST_PX: Final = 40.0
_STEP_S: Final = 0.002
_CAPPED_PX: Final = 15.0
_SHIFT_PX: Final = 6.0
_WORST_PX: Final = 8.0
NEAR_S: Final = 0.12
FAR_S: Final = 0.6


@dataclass(frozen=True, slots=True)
class Bursts:
    """Movements by time, shape (n,) each: their middle, their lag, and the half width of its minimum (1 px worse)."""

    t_s: Floats
    lag_s: Floats
    half_width_s: Floats

    def __len__(self) -> int:
        return len(self.t_s)


def bursts_of(
    seen: Detections, path: PointerPath, mapping: Mapping, lag_s: float, drift_ppm: float, width: int, reach_s: float
) -> Bursts:
    """The lag of each movement within `reach_s` of `lag_s` (plus drift); movements that fit nowhere are left out.

    `lag_s` of the result is the whole lag at that time, drift included.
    """
    rows = []
    for members in _movements(seen, path, lag_s):
        part = seen.at(members)
        middle = float(part.t_s.mean())
        expected = lag_s + drift_ppm / 1e6 * middle
        found = _lag_of(part, path, mapping, expected, reach_s, width / REFERENCE_WIDTH)
        if found is not None:
            rows.append((middle, *found))
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Bursts(table[:, 0], table[:, 1], table[:, 2])


def _movements(seen: Detections, path: PointerPath, lag_s: float) -> list[Ints]:
    out: list[list[int]] = []
    for k, t in enumerate(seen.t_s):
        if out and t - seen.t_s[out[-1][-1]] <= _PAUSE_S and t - seen.t_s[out[-1][0]] <= _LONGEST_S:
            out[-1].append(k)
        else:
            out.append([k])
    far = [
        m for m in out
        if len(m) >= _FEWEST
        and path.length_px(float(seen.t_s[m[0]]) + lag_s - 0.1, float(seen.t_s[m[-1]]) + lag_s + 0.1) >= _SHORTEST_PX
    ]  # fmt: skip
    return [np.array(m, np.int64) for m in far]


def _lag_of(
    part: Detections, path: PointerPath, mapping: Mapping, expected_s: float, reach_s: float, unit: float
) -> tuple[float, float] | None:
    lags = expected_s + np.arange(-reach_s, reach_s + _STEP_S / 2, _STEP_S)
    x, y = path.at(part.t_s[None, :] + lags[:, None])
    rx, ry = part.x - mapping.sx * x - mapping.ax, part.y - mapping.sy * y - mapping.ay
    rx -= np.clip(np.median(rx, axis=1), -_SHIFT_PX * unit, _SHIFT_PX * unit)[:, None]
    ry -= np.clip(np.median(ry, axis=1), -_SHIFT_PX * unit, _SHIFT_PX * unit)[:, None]
    costs = np.minimum(np.hypot(rx, ry), _CAPPED_PX * unit).mean(axis=1)
    at = int(costs.argmin())
    if costs[at] > _WORST_PX * unit or at in (0, len(lags) - 1):
        return None
    low = np.flatnonzero(costs <= costs[at] + unit)
    near = low[_joined(low, at)]
    flat = np.flatnonzero(costs <= costs[at] + 0.05 * unit)
    flat = flat[_joined(flat, at)]
    return float(lags[flat].mean()), float(max(near[-1] - near[0], 1)) / 2 * _STEP_S


def _joined(indexes: Ints, at: int) -> Ints:
    """Which of `indexes` lie in the unbroken run that holds `at`."""
    runs = np.cumsum(np.r_[0, np.diff(indexes) > 1])
    found: Ints = np.flatnonzero(runs == runs[np.searchsorted(indexes, at)])
    return found
