"""What a calibration tells about the session besides its clock: wrong scale, wrong monitor, drift, frozen pictures."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

import numpy as np

from replay.calibration.measure import Look, Measured
from replay.calibration.placed import has_several_maps
from replay.calibration.values import Mapping
from replay.calibration.verdict import Answer, CannotTell
from replay.geometry import FrameFromCapture, Rect
from replay.problems import Problem, Severity
from replay.session import Session
from replay.sync import NOT_MEASURED
from replay.timebase import NS_PER_S

CLOCK_WAS_OFF: Final = "clock_was_off"
"""The code of a declared clock that lies farther from the measured one than both errors allow."""

_SCALE_OFF: Final = 0.02
_SIGMAS: Final = 5.0
_ELSEWHERE: Final = 0.05  # of the picture's width; a cursor's middle lies far nearer to its tip
_ALL: Final = 0.995  # of the pictures
_ENOUGH_PICTURES: Final = 100
_LAST_LOOKS: Final = 2  # that must be frozen at the end before a video is said to have stopped
_MOVED_PX: Final = 300.0  # the pointer, in looks that show none of it
_NOT_LOOKED_AT: Final = frozenset({"no_video", "unscreened"})
_UNSEEN: Final = frozenset({"nothing_moves", "no_likeness", "too_few_movements"})


def scene_problems(session: Session, found: Measured) -> tuple[Problem, ...]:
    """Problems in the order of their weight."""
    verdict, pictures = found.verdict, _picture_problems(found)
    if isinstance(verdict, CannotTell):
        return (*(pictures or _unseen(found, verdict)), *_not_measured(verdict))
    return (*pictures, *_clock_problems(session, verdict), *_place_problems(session, verdict, found))


def frame_mapping(session: Session, found: Measured) -> Mapping | None:
    """The pointer's place in full-size pictures; None where nothing could be told or no one map holds throughout."""
    if isinstance(found.verdict, CannotTell) or has_several_maps(session.geometry):
        return None
    return _full_size(found, found.verdict)


def _full_size(found: Measured, answer: Answer) -> Mapping:
    m, n = answer.fit.mapping, found.thinning
    return Mapping(m.sx * n, m.sy * n, m.ax * n, m.ay * n)


def _clock_problems(session: Session, answer: Answer) -> list[Problem]:
    out: list[Problem] = []
    clock, frame_s = answer.clock, (session.frames.frame_ns if session.frames else 0) / NS_PER_S
    if clock.step_at_s is not None:
        ms = abs(clock.step_s) * 1e3
        at_ns = round(clock.step_at_s * NS_PER_S)
        sentence = f"The recorder's clock steps by about {ms:.0f} ms here; on each side events are off by half of it."
        out.append(Problem("clock_steps", Severity.WARNING, sentence, t_ns=at_ns))
    if clock.drift_ppm:
        sentence = f"The recorder's clock drifts against the video by {clock.drift_ppm:+.0f} ppm."
        out.append(Problem("clock_drifts", Severity.INFO, sentence))
    sigma_s = float(np.hypot(clock.sigma_s, session.sync.sigma_ns / NS_PER_S))
    if abs(clock.lag_s) > max(3 * sigma_s, frame_s):
        sentence = f"The recorder's clock is off by {abs(clock.lag_s):.3f} s from what it declares."
        out.append(Problem(CLOCK_WAS_OFF, Severity.WARNING, sentence + " Apply the calibration."))
    return out


def _place_problems(session: Session, answer: Answer, found: Measured) -> list[Problem]:
    expected, size = _expected(session, answer), session.geometry.frame_size
    if expected is None or size is None:
        return []
    mapping = _full_size(found, answer)
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


def _expected(session: Session, answer: Answer) -> FrameFromCapture | None:
    """The map that the displays say; of positions that were placed by it already, the one that leaves them there."""
    if has_several_maps(session.geometry) and session.geometry.frame_size is not None:
        whole = Rect(0.0, 0.0, *map(float, session.geometry.frame_size))
        return FrameFromCapture(whole, whole)
    return session.geometry.frame_from_capture(round(float(answer.bursts.t_s.mean()) * NS_PER_S))


def _elsewhere(expected: FrameFromCapture, mapping: Mapping, size: tuple[int, int]) -> list[Problem]:
    x, y = expected.capture_rect.x + expected.capture_rect.w / 2, expected.capture_rect.y + expected.capture_rect.h / 2
    ex, ey = expected.point(x, y)
    distance = float(np.hypot(mapping.sx * x + mapping.ax - ex, mapping.sy * y + mapping.ay - ey))
    if distance <= _ELSEWHERE * size[0]:
        return []
    sentence = f"The pointer is seen {distance:.0f} px from where the displays say: it may be another monitor."
    return [Problem("pointer_elsewhere", Severity.WARNING, sentence)]


def _picture_problems(found: Measured) -> tuple[Problem, ...]:
    """Pictures of several sizes, black and frozen ones. A cursor seen before makes it sure that a still picture
    is a frozen one."""
    resized = tuple(look for look in found.looks if look.resized_s is not None)[:1]
    if resized:
        return (_resized(resized[0]), *_dark_or_still(found))
    return _dark_or_still(found)


def _resized(look: Look) -> Problem:
    sentence = "The size of the video's pictures changes here or before; they are stretched to the size of the first."
    return Problem("video_size_changes", Severity.WARNING, sentence, t_ns=round((look.resized_s or 0.0) * NS_PER_S))


def _dark_or_still(found: Measured) -> tuple[Problem, ...]:
    if found.pictures < _ENOUGH_PICTURES:
        return ()
    black = _last(found.looks, lambda look: look.black >= _ALL * look.pictures)
    if black:
        return (_problem("video_black", "The video is black", black, found),)
    frozen = _frozen(found)
    return (_problem("video_frozen", "The video is frozen", frozen, found),) if frozen else ()


def _frozen(found: Measured) -> tuple[Look, ...]:
    """The looks at the end that show nothing of a pointer that moves, or all looks where none shows a change."""
    last = _last(found.looks, _is_still)
    if len(last) == len(found.looks):
        return last
    if not isinstance(found.verdict, Answer) or sum(look.way_px for look in last) < _MOVED_PX:
        return ()
    moved = [k for k, look in enumerate(last) if look.way_px > 0]
    return last[moved[0] :]


def _problem(code: str, what: str, looks: tuple[Look, ...], found: Measured) -> Problem:
    if len(looks) == len(found.looks):
        sentence = f"{what}: none of the pictures that were looked at shows anything else."
        return Problem(code, Severity.WARNING, sentence)
    at_ns = round(looks[0].start_s * NS_PER_S)
    return Problem(code, Severity.WARNING, f"{what} from about here on.", t_ns=at_ns)


def _is_still(look: Look) -> bool:
    # The first picture of a look is compared with none.
    return look.still >= _ALL * (look.pictures - 1)


def _last(looks: tuple[Look, ...], is_bad: Callable[[Look], bool]) -> tuple[Look, ...]:
    """The bad looks at the end; none of them where they are too few to be sure."""
    bad = tuple(itertools.takewhile(is_bad, reversed(looks)))[::-1]
    return bad if len(bad) >= min(_LAST_LOOKS, len(looks)) else ()


def _unseen(found: Measured, verdict: CannotTell) -> tuple[Problem, ...]:
    if found.pictures < _ENOUGH_PICTURES or verdict.code not in _UNSEEN:
        return ()
    sentence = "The pointer is not to be seen in the video where its events say it moves."
    return (Problem("cursor_not_seen", Severity.INFO, sentence),)


def _not_measured(verdict: CannotTell) -> tuple[Problem, ...]:
    if verdict.code in _NOT_LOOKED_AT:
        return ()
    sentence = f"The pictures cannot tell the recorder's clock. {verdict.reason}"
    return (Problem(NOT_MEASURED, Severity.INFO, sentence),)
