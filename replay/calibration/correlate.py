"""The lag at which things in the picture go the way the pointer goes, whatever the scale, crop or place of the picture.

Only directions are compared, so that no geometry has to be known; what the pointer did not do at a lag counts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from replay.calibration.values import Detections, Floats, Ints, PointerPath

Numbers = npt.NDArray[np.floating[Any]]

STEP_S: Final = 0.02
_STRIDES: Final = (1, 2, 4, 8, 16, 32)  # detections between the two ends of a compared way
_MOVED_PX: Final = 1.0
_FULL_WEIGHT: Final = 12  # detections from which on a thing counts no more
_NEAR_S: Final = 0.75
_NEAR_FRAMES: Final = 3.0
_VOTE: Final = 0.6
_SAME_WAY: Final = 0.9
_DRIFTS_PPM: Final = 600.0  # looked for where a recording is long enough for them to matter
_MISALIGNED_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways that one thing went in the picture: detections `first` to `last`, and the direction between them."""

    first: Ints
    last: Ints
    x: Floats
    y: Floats
    weight: float


@dataclass(frozen=True, slots=True)
class Peak:
    """The best lag: `lag_s` at picture time 0 and `drift_ppm` with it; `z` standard deviations above what other lags
    give, `margin` of them above the best lag that is not near. `votes` things go with the pointer, `kept` are their
    detections; `scale` is frame px a capture px."""

    lag_s: float
    drift_ppm: float
    z: float
    margin: float
    votes: int
    kept: Ints
    scale: float


def ways_of(seen: Detections, things: list[Ints]) -> list[Ways]:
    """What each thing did, as far as it moved."""
    out = []
    for thing in things:
        first = np.concatenate([thing[:-s] for s in _STRIDES if s < len(thing)])
        last = np.concatenate([thing[s:] for s in _STRIDES if s < len(thing)])
        x, y = seen.x[last] - seen.x[first], seen.y[last] - seen.y[first]
        moved = np.hypot(x, y) > _MOVED_PX
        if moved.any():
            weight = min(len(thing), _FULL_WEIGHT) / len(thing)
            out.append(Ways(first[moved], last[moved], x[moved], y[moved], weight))
    return out


def best_lag(
    seen: Detections, ways: list[Ways], path: PointerPath, search_s: tuple[float, float], frame_s: float
) -> Peak | None:
    """The peak over lags in `search_s` (pointer time minus picture time); None where nothing can be compared."""
    step_s = min(frame_s / 2, STEP_S)
    lags = np.arange(search_s[0], search_s[1] + step_s, step_s)
    if not ways or len(lags) < 3:
        return None
    curves = np.stack([_curve(w, seen, path, lags) for w in ways])
    total_weight = np.sqrt(sum(len(w.first) * w.weight**2 for w in ways))
    middles = np.array([float(seen.t_s[w.first].mean()) for w in ways])
    drift_ppm, total = _best_drift(curves, middles, step_s)
    scores = total / total_weight
    at = int(scores.argmax())
    far = np.abs(lags - lags[at]) > max(_NEAR_S, _NEAR_FRAMES * frame_s)
    spread = float(scores[far].std()) if far.any() else 0.0
    if spread <= 0.0:
        return None
    lag_s = float(lags[at]) - drift_ppm / 1e6 * float(middles.mean())
    votes, kept, scale = _voters(seen, ways, path, lag_s, drift_ppm)
    z, margin = float(scores[at]) / spread, float(scores[at] - scores[far].max()) / spread
    return Peak(lag_s, drift_ppm, z, margin, votes, kept, scale)


def _curve(ways: Ways, seen: Detections, path: PointerPath, lags: Floats) -> Floats:
    """The weighted sum of cosines at each lag."""
    ends, where = np.unique(np.r_[ways.first, ways.last], return_inverse=True)
    n = len(ways.first)
    x, y = path.at(seen.t_s[ends][:, None] + lags[None, :])
    x, y = x.astype(np.float32), y.astype(np.float32)
    total = np.zeros(len(lags))
    for first, last, dx, dy in zip(where[:n], where[n:], ways.x, ways.y, strict=True):
        total += _cosine(dx, dy, x[last] - x[first], y[last] - y[first])
    return total * ways.weight


def _cosine(dx: Numbers, dy: Numbers, qx: Numbers, qy: Numbers) -> Numbers:
    """How alike two directions are, −1 to 1; 0 where the pointer rested."""
    way = np.hypot(qx, qy)
    alike = (dx * qx + dy * qy) / (np.hypot(dx, dy) * np.maximum(way, _MOVED_PX))
    return np.where(way > _MOVED_PX, alike, 0.0)


def _best_drift(curves: Floats, middles: Floats, step_s: float) -> tuple[float, Floats]:
    """The drift that lays the curves of early and late things best on each other, and their sum at the middle time."""
    span_s = float(np.ptp(middles))
    most = (
        int(np.ceil(_DRIFTS_PPM / 1e6 * span_s / 2 / _MISALIGNED_S))
        if span_s * _DRIFTS_PPM / 1e6 > 2 * _MISALIGNED_S
        else 0
    )
    best = (0.0, curves.sum(axis=0))
    for n in range(-most, most + 1):
        drift_ppm = n * _DRIFTS_PPM / max(most, 1)
        shifts = np.rint(drift_ppm / 1e6 * (middles - middles.mean()) / step_s).astype(np.int64)
        total = np.zeros(curves.shape[1])
        for curve, shift in zip(curves, shifts, strict=True):
            total += np.roll(curve, -shift)
        if total.max() > best[1].max():
            best = (drift_ppm, total)
    return best


def _voters(
    seen: Detections, ways: list[Ways], path: PointerPath, lag_s: float, drift_ppm: float
) -> tuple[int, Ints, float]:
    kept: list[Ints] = []
    scales: list[Floats] = []
    for w in ways:
        t_s = seen.t_s * (1 + drift_ppm / 1e6) + lag_s
        x, y = path.at(t_s)
        qx, qy = x[w.last] - x[w.first], y[w.last] - y[w.first]
        cos = _cosine(w.x, w.y, qx, qy)
        if float(cos.mean()) > _VOTE:
            kept.append(np.unique(np.r_[w.first, w.last]))
            same = cos > _SAME_WAY
            scales.append(np.hypot(w.x[same], w.y[same]) / np.hypot(qx[same], qy[same]))
    if not kept:
        return 0, np.zeros(0, np.int64), 1.0
    every = np.concatenate(scales)
    return len(kept), np.unique(np.concatenate(kept)), float(np.median(every)) if len(every) else 1.0
