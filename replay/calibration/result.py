"""A calibration in the session's own terms: the clock it gives, and the Problems it found on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from replay.calibration.measure import Measured, Report, measured, pointer_path
from replay.calibration.placed import has_several_maps, placed
from replay.calibration.scene import scene_problems
from replay.calibration.verdict import Answer, CannotTell
from replay.problems import Problem
from replay.session import Session
from replay.sync import SEEN_IN_PICTURES, MeasuredSync, SyncModel
from replay.timebase import NS_PER_S
from replay.video.composed import VideoFiles, VideoSource


@dataclass(frozen=True, slots=True)
class Calibration:
    """`sync` is None where nothing could be told; `measured` then holds why."""

    sync: MeasuredSync | None
    measured: Measured
    problems: tuple[Problem, ...]

    @property
    def lasting(self) -> tuple[Problem, ...]:
        """The problems that stay true whatever the clock."""
        return tuple(p for p in self.problems if p.code in SEEN_IN_PICTURES)

    @property
    def confidence(self) -> float:
        """0 to 1; 0 where nothing could be told."""
        verdict = self.measured.verdict
        return verdict.evidence.confidence if isinstance(verdict, Answer) else 0.0

    @property
    def cannot_tell(self) -> CannotTell | None:
        verdict = self.measured.verdict
        return verdict if isinstance(verdict, CannotTell) else None


def calibrated(
    session: Session,
    video: VideoSource | None,
    report: Report = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    whole: bool = False,
) -> Calibration:
    """Measure the clock of `session`, whose events are on the clock as imported, in sampled windows or in the whole
    video. Raises Cancelled, BadInput.
    """
    if session.frames is None or video is None:
        return _told(session, _refused("no_video", "This session has no video."))
    if isinstance(video, VideoFiles) and video.is_filled:
        return _told(session, _refused("unscreened", "The pictures of this session are hidden until its first pass."))
    path = pointer_path(session.events.pointer)
    if has_several_maps(session.geometry):
        path = placed(path, session.geometry)
    return _told(session, measured(video, session.frames, path, report, cancelled, whole=whole))


def clock_from(sync: SyncModel, answer: Answer) -> MeasuredSync:
    """The clock map after `answer`, which was measured against events dated by `sync`.

    An event dated t was measured to happen at (t − lag) / (1 + drift).
    """
    stretch = 1.0 + answer.clock.drift_ppm / 1e6
    drift_ppm = ((1.0 + sync.drift_ppm / 1e6) / stretch - 1.0) * 1e6 if stretch != 1.0 else sync.drift_ppm
    offset_ns = round((sync.offset_ns - answer.clock.lag_s * NS_PER_S) / stretch)
    return MeasuredSync(offset_ns, drift_ppm, round(answer.clock.sigma_s * NS_PER_S))


def _refused(code: str, reason: str) -> Measured:
    return Measured(CannotTell(code, reason))


def _told(session: Session, found: Measured) -> Calibration:
    told = Calibration(None, found, scene_problems(session, found))
    if not isinstance(found.verdict, Answer):
        return told
    return replace(told, sync=replace(clock_from(session.sync, found.verdict), problems=told.lasting))
