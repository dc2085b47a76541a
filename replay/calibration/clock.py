"""One clock out of many movements: a constant lag, one that drifts, or one that steps, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from replay.calibration.bursts import Bursts
from replay.calibration.values import Floats

_TYPICAL_S: Final = 0.012  # a movement's own error; larger ones count up to three of it
_CAP: Final = 9.0
_STEP_WORTH: Final = 12.0  # what a step must explain before it is believed
_DRIFT_WORTH: Final = 6.0  # movements in shuffled order explain 5.6 in the worst of 1200 trials
_SMALLEST_DRIFT_S: Final = 0.01  # from the first movement to the last
_SMALLEST_DRIFT_FRAMES: Final = 0.3
_PRIOR_S: Final = 0.015
_PRIOR_WEIGHT: Final = 3.0
_FLOOR_S: Final = 0.003  # which cursor the picture shows and how positions are held: no recording tells better
_SOFTENED_S: Final = 0.004
_FEWEST_A_SIDE: Final = 3
_FEWEST_FOR_MORE: Final = 8  # movements, before anything but a constant is asked for
_STEEPEST: Final = 5e-3  # no computer's clock is off by more; what looks so is a few bad movements
_SMALLEST_STEP_S: Final = 0.03  # a few late pictures in a row look like less


@dataclass(frozen=True, slots=True)
class Clock:
    """lag(t) = `lag_s` + `drift_ppm`·10⁻⁶·t, plus `step_s` from `step_at_s` on where the clock stepped.

    `drift_limit_ppm` is what the drift is surely below where none was found (three standard deviations); `agreeing` is
    the share of movements that lie within three times their usual error of it; `drift_hint` is what a drift would
    explain where it is too little to be believed (6.0 is enough).
    """

    lag_s: float
    sigma_s: float
    drift_ppm: float
    drift_limit_ppm: float
    step_s: float
    step_at_s: float | None
    agreeing: float = 1.0
    drift_hint: float = 0.0

    def at(self, t_s: Floats) -> Floats:
        """The lag at each picture time."""
        lag = self.lag_s + self.drift_ppm / 1e6 * t_s
        if self.step_at_s is None:
            return lag
        stepped: Floats = lag + np.where(t_s < self.step_at_s, -self.step_s / 2, self.step_s / 2)
        return stepped


def clock_of(bursts: Bursts, frame_s: float) -> Clock:
    """The simplest clock that explains the movements; needs at least one of them."""
    clock = _simplest(bursts, frame_s)
    off_s = np.abs(bursts.lag_s - clock.at(bursts.t_s))
    return replace(clock, agreeing=float((off_s < 3 * max(_TYPICAL_S, frame_s / 4)).mean()))


def _simplest(bursts: Bursts, frame_s: float) -> Clock:
    typical = max(_TYPICAL_S, frame_s / 4)
    constant = _centre(bursts.lag_s, bursts.half_width_s)
    flat = _cost(bursts.lag_s - constant, typical)
    slope, at_zero = _line(bursts, typical)
    line = _cost(bursts.lag_s - at_zero - slope * bursts.t_s, typical)
    where, before, after = _step(bursts, typical)
    stepped = np.where(bursts.t_s < where, before, after)
    step = _cost(bursts.lag_s - stepped, typical)
    if len(bursts) < _FEWEST_FOR_MORE:
        return _constant(bursts, constant)
    is_step = flat - step >= _STEP_WORTH and step < line - _STEP_WORTH / 2
    if is_step and abs(after - before) > max(frame_s / 2, _SMALLEST_STEP_S):
        sigma = float(np.hypot(_sigma(bursts.lag_s - stepped), abs(after - before) / 2))
        return Clock((before + after) / 2, sigma, 0.0, 0.0, after - before, where)
    moved_s = abs(slope) * float(np.ptp(bursts.t_s))
    is_drift = flat - line >= _DRIFT_WORTH and moved_s > max(_SMALLEST_DRIFT_S, _SMALLEST_DRIFT_FRAMES * frame_s)
    if not is_drift or abs(slope) > _STEEPEST:
        return replace(_constant(bursts, constant), drift_hint=max(flat - line, 0.0))
    residual = bursts.lag_s - at_zero - slope * bursts.t_s
    return Clock(at_zero, _sigma_of_line(bursts.t_s, residual), slope * 1e6, 0.0, 0.0, None)


def _constant(bursts: Bursts, lag_s: float) -> Clock:
    spread_s = float(np.std(bursts.t_s)) or 1.0
    residual = bursts.lag_s - lag_s
    sigma_d = 1.25 * _scatter(residual) / (np.sqrt(len(bursts)) * spread_s)
    return Clock(lag_s, _sigma(residual), 0.0, float(3e6 * sigma_d), 0.0, None)


def _cost(residual: Floats, typical_s: float) -> float:
    return float(np.minimum((residual / typical_s) ** 2, _CAP).sum())


def _centre(lags: Floats, half_widths: Floats) -> float:
    """A mean that sharp movements rule and outliers do not (Cauchy weights on top)."""
    weight = 1.0 / (half_widths**2 + _SOFTENED_S**2)
    centre = float(np.median(lags))
    for _ in range(10):
        w = weight / (1.0 + ((lags - centre) / _TYPICAL_S) ** 2)
        centre = float((w * lags).sum() / w.sum())
    return centre


def _line(bursts: Bursts, typical_s: float) -> tuple[float, float]:
    """The slope and the lag at picture time 0 of lowest cost, through pairs of movements and then refined."""
    t, lag = bursts.t_s, bursts.lag_s
    i, j = np.triu_indices(len(t), 1)
    apart = np.abs(t[j] - t[i]) > 0.3 * max(float(np.ptp(t)), 1e-9)
    slopes = (lag[j] - lag[i])[apart] / (t[j] - t[i])[apart]
    best = (np.inf, 0.0, float(np.median(lag)))
    for slope in slopes:
        at_zero = float(np.median(lag - slope * t))
        best = min(best, (_cost(lag - at_zero - slope * t, typical_s), float(slope), at_zero))
    _, slope, at_zero = best
    for _ in range(10):
        w = 1.0 / (1.0 + ((lag - at_zero - slope * t) / typical_s) ** 2) / (bursts.half_width_s**2 + _SOFTENED_S**2)
        tm, lm = (w * t).sum() / w.sum(), (w * lag).sum() / w.sum()
        variance = float((w * (t - tm) ** 2).sum())
        slope = float((w * (t - tm) * (lag - lm)).sum()) / variance if variance > 0 else 0.0
        at_zero = float(lm - slope * tm)
    return slope, at_zero


def _step(bursts: Bursts, typical_s: float) -> tuple[float, float, float]:
    """When one step explains most, and the lag before and after it."""
    best = (np.inf, float("inf"), float(np.median(bursts.lag_s)), float(np.median(bursts.lag_s)))
    for n in range(_FEWEST_A_SIDE, len(bursts) - _FEWEST_A_SIDE + 1):
        before = _centre(bursts.lag_s[:n], bursts.half_width_s[:n])
        after = _centre(bursts.lag_s[n:], bursts.half_width_s[n:])
        cost = _cost(bursts.lag_s[:n] - before, typical_s) + _cost(bursts.lag_s[n:] - after, typical_s)
        best = min(best, (cost, float(bursts.t_s[n - 1] + bursts.t_s[n]) / 2, before, after))
    return best[1:]


def _scatter(residual: Floats) -> float:
    """One movement's standard deviation, with a prior worth three movements."""
    n = len(residual)
    own = 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
    return float(np.sqrt((_PRIOR_WEIGHT * _PRIOR_S**2 + n * own**2) / (_PRIOR_WEIGHT + n)))


def _sigma(residual: Floats) -> float:
    return float(np.sqrt(1.57 * _scatter(residual) ** 2 / len(residual) + _FLOOR_S**2))


def _sigma_of_line(t_s: Floats, residual: Floats) -> float:
    """At the far end of the movements, where a line is least sure."""
    middle = float(t_s.mean())
    lever = float(np.abs(t_s - middle).max()) ** 2 / float(((t_s - middle) ** 2).sum())
    variance = 1.57 * _scatter(residual) ** 2 * (1.0 / len(residual) + lever)
    return float(np.sqrt(variance + _FLOOR_S**2))
