"""Session: the immutable view of one capture that every other room works from."""

from __future__ import annotations

from dataclasses import dataclass, field

from replay.events import SessionEvents
from replay.geometry import Geometry
from replay.problems import Problem
from replay.sync import SyncModel
from replay.timebase import TimeNs, TimeRange
from replay.video.frame_table import FrameTable


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """One media stream of the session; `name` is the track's name in the store, never the source's file name."""

    name: str
    codec: str
    width: int
    height: int
    time_base: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """The row of the `session` table. `task_goal` may hold captured content; the rest does not."""

    id: str
    subject_id: str | None
    started_at_utc_ns: int | None
    duration_ns: int
    source_zero_ns: int
    os: str | None
    recorder: str | None
    recorder_version: str | None
    importer: str
    importer_version: str
    consent_status: str
    consent_purposes: tuple[str, ...] = ()
    task_goal: str | None = None
    media: tuple[MediaInfo, ...] = ()
    device_id: str | None = None
    os_version: str | None = None
    locale: str | None = None
    keyboard_layout: str | None = None
    source_sha256: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """One session as imported plus the clock in force. `frames` is None where there is no usable video.

    `imported_clocks`: the declared clock, then the one measured at import where it was.
    """

    info: SessionInfo
    frames: FrameTable | None
    sync: SyncModel
    geometry: Geometry
    events: SessionEvents
    problems: tuple[Problem, ...]
    imported_clocks: tuple[SyncModel, ...] = ()

    @property
    def imported_clock(self) -> SyncModel:
        """The clock before anything was decided about it: measured at import, else as declared."""
        return self.imported_clocks[-1] if self.imported_clocks else self.sync

    @property
    def clocks(self) -> tuple[SyncModel, ...]:
        """How the clock came to be what it is: as declared, as measured at import, in force."""
        return tuple(dict.fromkeys((*self.imported_clocks, self.sync)))

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def video(self) -> MediaInfo | None:
        """The media that the frame table speaks of."""
        if self.frames is None:
            return None
        return next((m for m in self.info.media if m.name == self.frames.media), None)

    @property
    def extent(self) -> TimeRange:
        """From the earliest to the latest thing that happened, the video included; never empty."""
        times = [t.t_ns for t in (self.events.pointer, self.events.keys, self.events.windows, self.events.elements)]
        starts = [int(t[0]) for t in times if len(t)]
        ends = [int(t[-1]) + 1 for t in times if len(t)]
        if self.frames is not None:
            starts.append(0)
            ends.append(self.frames.end_ns)
        start: TimeNs = min(starts, default=0)
        return TimeRange(start, max(max(ends, default=0), start + 1, self.info.duration_ns if not ends else 0))
