"""What a calibration tells about the session besides its clock: wrong scale, wrong monitor, drift, frozen pictures."""

from __future__ import annotations

from typing import Final

import numpy as np

from replay.calibration.measure import Measured
from replay.calibration.values import Mapping
from replay.calibration.verdict import Answer, CannotTell
from replay.geometry import FrameFromCapture
from replay.problems import Problem, Severity
from replay.session import Session
from replay.timebase import NS_PER_S

_SCALE_OFF: Final = 0.02
_SIGMAS: Final = 5.0
_ELSEWHERE: Final = 0.05  # of the picture's width; a cursor's middle lies far nearer to its tip
_NO_CHANGE: Final = 0.995
_ENOUGH_PICTURES: Final = 100
_UNSEEN: Final = frozenset({"nothing_moves", "no_likeness", "too_few_movements"})


def scene_problems(session: Session, found: Measured) -> tuple[Problem, ...]:
    """Problems in the order of their weight."""
    verdict = found.verdict
    if isinstance(verdict, CannotTell):
        return _picture_problems(found, verdict)
    return (*_clock_problems(session, verdict), *_place_problems(session, verdict, found))


def frame_mapping(found: Measured) -> Mapping | None:
    """The pointer's place in full-size pictures; None where nothing could be told."""
    if isinstance(found.verdict, CannotTell):
        return None
    m, n = found.verdict.fit.mapping, found.thinning
    return Mapping(m.sx * n, m.sy * n, m.ax * n, m.ay * n)


def _clock_problems(session: Session, answer: Answer) -> list[Problem]:
    out: list[Problem] = []
    clock, frame_s = answer.clock, (session.frames.frame_ns if session.frames else 0) / NS_PER_S
    if clock.step_at_s is not None:
        ms = abs(clock.step_s) * 1e3
        at_ns = round(clock.step_at_s * NS_PER_S)
        sentence = f"The recorder's clock steps by about {ms:.0f} ms here; on one side events are off by half of it."
        out.append(Problem("clock_steps", Severity.WARNING, sentence, t_ns=at_ns))
    if clock.drift_ppm:
        sentence = f"The recorder's clock drifts against the video by {clock.drift_ppm:+.0f} ppm."
        out.append(Problem("clock_drifts", Severity.INFO, sentence))
    sigma_s = float(np.hypot(clock.sigma_s, session.sync.sigma_ns / NS_PER_S))
    if abs(clock.lag_s) > max(3 * sigma_s, frame_s):
        sentence = f"The recorder's clock is off by {abs(clock.lag_s):.3f} s from what it declares."
        out.append(Problem("clock_was_off", Severity.WARNING, sentence + " Apply the calibration."))
    return out


def _place_problems(session: Session, answer: Answer, found: Measured) -> list[Problem]:
    middle_ns = round(float(answer.bursts.t_s.mean()) * NS_PER_S)
    expected = session.geometry.frame_from_capture(middle_ns)
    mapping, size = frame_mapping(found), session.geometry.frame_size
    if expected is None or mapping is None or size is None:
        return []
    off = (mapping.sx / expected.scale[0] - 1.0, mapping.sy / expected.scale[1] - 1.0)
    bound = tuple(max(_SCALE_OFF, _SIGMAS * s) for s in answer.fit.sigma_scale)
    if abs(off[0] - off[1]) > max(bound):
        sentence = f"The picture is stretched: the pointer's scale is {off[0]:+.1%} across and {off[1]:+.1%} down."
        return [Problem("pointer_skewed", Severity.WARNING, sentence + " Check the displays.")]
    if abs(off[0]) > bound[0] or abs(off[1]) > bound[1]:
        mean = (off[0] + off[1]) / 2
        sentence = f"The pointer's scale in the picture differs by {mean:+.1%} from what the displays say."
        return [Problem("pointer_scale_differs", Severity.WARNING, sentence)]
    return _elsewhere(expected, mapping, size)


def _elsewhere(expected: FrameFromCapture, mapping: Mapping, size: tuple[int, int]) -> list[Problem]:
    x, y = expected.capture_rect.x + expected.capture_rect.w / 2, expected.capture_rect.y + expected.capture_rect.h / 2
    ex, ey = expected.point(x, y)
    distance = float(np.hypot(mapping.sx * x + mapping.ax - ex, mapping.sy * y + mapping.ay - ey))
    if distance <= _ELSEWHERE * size[0]:
        return []
    sentence = f"The pointer is seen {distance:.0f} px from where the displays say: it may be another monitor."
    return [Problem("pointer_elsewhere", Severity.WARNING, sentence)]


def _picture_problems(found: Measured, verdict: CannotTell) -> tuple[Problem, ...]:
    if found.pictures < _ENOUGH_PICTURES:
        return ()
    if found.still_pictures >= _NO_CHANGE * found.pictures:
        sentence = "The pictures that were looked at never change: the video is black or frozen."
        return (Problem("video_frozen", Severity.WARNING, sentence, count=found.pictures),)
    if verdict.code in _UNSEEN:
        return (Problem("cursor_not_seen", Severity.INFO, "The pointer is not to be seen in the video."),)
    return ()
