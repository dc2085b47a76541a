"""From detections to an answer, or to “cannot tell” with the number that was not good enough."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from replay.calibration.bursts import FAR_S, NEAR_S, Bursts, bursts_of
from replay.calibration.clock import Clock, clock_of
from replay.calibration.correlate import Peak, best_lag, ways_of
from replay.calibration.fit import Fit, fitted
from replay.calibration.scale import rescaled
from replay.calibration.tracklets import linked
from replay.calibration.values import Detections, Mapping, PointerPath

SEARCH_S: Final = 60.0
"""How far a recorder's idea of the start may be off, either way."""
_MIN_Z: Final = 7.0
_MIN_MARGIN: Final = 3.0
_MIN_VOTES: Final = 3
_MIN_BURSTS: Final = 3
_MIN_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers an answer stands on; `share` is of the detections that vote and lie within 20 px of the fit."""

    detections: int
    z: float
    margin: float
    votes: int
    bursts: int
    share: float

    @property
    def confidence(self) -> float:
        """0 to 1: how far the weakest number is beyond its bar; 0.5 at the bar."""
        weakest = min(self.z / _MIN_Z, self.margin / _MIN_MARGIN, self.votes / _MIN_VOTES, self.bursts / _MIN_BURSTS)
        return float(np.clip(1.0 - 0.5 ** max(weakest, 0.0), 0.0, 0.999))


@dataclass(frozen=True, slots=True)
class Answer:
    """How the pointer's clock lies to the picture's: pointer time = picture time + lag."""

    clock: Clock
    fit: Fit
    evidence: Evidence
    bursts: Bursts


@dataclass(frozen=True, slots=True)
class CannotTell:
    """`code` is stable snake_case; `reason` is a sentence with the number that failed."""

    code: str
    reason: str
    evidence: Evidence | None = None


def judged(
    seen: Detections, path: PointerPath, width: int, frame_s: float, search_s: float = SEARCH_S
) -> Answer | CannotTell:
    """What the detections say about the lag, looked for within `search_s` of zero."""
    ways = ways_of(seen, linked(seen, width, frame_s))
    peak = best_lag(seen, ways, path, (-search_s, search_s), frame_s)
    if peak is None:
        return CannotTell("nothing_moves", "Nothing small moves in the pictures that were looked at.")
    evidence = Evidence(len(seen), peak.z, peak.margin, peak.votes, 0, 0.0)
    refusal = _weak_peak(peak, evidence)
    if refusal is not None:
        return refusal
    return _refined(seen.at(peak.kept), path, peak, evidence, width, frame_s)


def _weak_peak(peak: Peak, evidence: Evidence) -> CannotTell | None:
    for code, what, value, needed in (
        ("no_likeness", "The pictures go with the pointer at no time much better than at others", peak.z, _MIN_Z),
        ("ambiguous", "Two times fit about equally well", peak.margin, _MIN_MARGIN),
        ("too_few_movements", "Too few movements go with the pointer", float(peak.votes), _MIN_VOTES),
    ):
        if value < needed:
            return CannotTell(code, f"{what} ({value:.1f}, needed {needed:.0f}).", evidence)
    return None


def _refined(
    seen: Detections, path: PointerPath, peak: Peak, evidence: Evidence, width: int, frame_s: float
) -> Answer | CannotTell:
    fit = fitted(seen, path, peak.lag_s, peak.scale, peak.drift_ppm, width)
    near = seen.at(fit.fits)
    bursts = bursts_of(near, path, fit.mapping, fit.lag_s, peak.drift_ppm, width, NEAR_S)
    wide = bursts_of(seen, path, fit.mapping, fit.lag_s, peak.drift_ppm, width, FAR_S)
    if len(wide) > len(bursts) + max(1, len(bursts) // 8):
        bursts = wide
    evidence = Evidence(evidence.detections, evidence.z, evidence.margin, evidence.votes, len(bursts), fit.share)
    if len(bursts) < _MIN_BURSTS:
        reason = f"Too few movements let themselves be timed ({len(bursts)}, needed {_MIN_BURSTS})."
        return CannotTell("too_few_movements", reason, evidence)
    if fit.share < _MIN_SHARE:
        reason = f"What moves does not lie where the pointer is ({fit.share:.0%} of it, needed {_MIN_SHARE:.0%})."
        return CannotTell("places_do_not_fit", reason, evidence)
    clock = clock_of(bursts, frame_s)
    fit = replace(fit, mapping=_rescaled(near, path, fit.mapping, clock, width))
    if clock.sigma_s > frame_s / 2 and clock.step_at_s is None:
        reason = f"The movements disagree by more than half a frame (±{clock.sigma_s * 1e3:.0f} ms)."
        return CannotTell("movements_disagree", reason, evidence)
    return Answer(clock, fit, evidence, bursts)


def _rescaled(near: Detections, path: PointerPath, mapping: Mapping, clock: Clock, width: int) -> Mapping:
    return rescaled(near, path, clock.at(near.t_s), mapping, width)
