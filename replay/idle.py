"""Where nothing happens: stretches without input and, where the video tells, without a change of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs, TimeRange
from replay.video.frame_table import FrameTable

Int64s = npt.NDArray[np.int64]

IDLE_AFTER_NS: Final = 3 * NS_PER_S
"""Nothing for longer than this is idle."""
KEPT_NS: Final = NS_PER_S // 2
"""So much of a stretch is kept on either side: what was done is seen to end, and what comes to begin."""
_LEAVES_OUT_RATIO: Final = 10  # a frame shown this many times longer than usual: the recorder left out equal ones


@dataclass(frozen=True, slots=True)
class IdleStretches:
    """Sorted, disjoint stretches [starts[i], ends[i]), session ns, shape (n,) each."""

    starts_ns: Int64s
    ends_ns: Int64s

    def __len__(self) -> int:
        return len(self.starts_ns)

    def around(self, t_ns: TimeNs) -> TimeRange | None:
        """The stretch that `t_ns` lies in."""
        i = int(np.searchsorted(self.starts_ns, t_ns, side="right")) - 1
        if i < 0 or t_ns >= self.ends_ns[i]:
            return None
        return TimeRange(int(self.starts_ns[i]), int(self.ends_ns[i]))


NEVER_IDLE: Final = IdleStretches(np.zeros(0, np.int64), np.zeros(0, np.int64))


def idle_stretches(session: Session) -> IdleStretches:
    """The idle stretches of a session, in its extent.

    Pictures count only in a video that leaves out equal ones: elsewhere a frame says nothing about a change, and
    telling would take a decode of the whole video.
    """
    events, extent = session.events, session.extent
    tracks = (events.pointer.t_ns, events.keys.t_ns, events.windows.t_ns, events.elements.t_ns)
    moments = [*tracks, np.array([extent.start_ns, extent.end_ns], np.int64)]
    if session.frames is not None and _leaves_out_equal_pictures(session.frames):
        moments.append(session.frames.t_ns)
    texts = events.texts.events
    starts = np.concatenate([*moments, np.array([t.t_start_ns for t in texts], np.int64)])
    ends = np.concatenate([*moments, np.array([max(t.t_start_ns, t.t_end_ns) for t in texts], np.int64)])
    order = np.argsort(starts, kind="stable")
    busy_until = np.maximum.accumulate(ends[order])[:-1]
    busy_from = starts[order][1:]
    long = np.flatnonzero(busy_from - busy_until > IDLE_AFTER_NS)
    return IdleStretches(busy_until[long] + KEPT_NS, busy_from[long] - KEPT_NS)


def _leaves_out_equal_pictures(frames: FrameTable) -> bool:
    return bool(np.any(frames.duration_ns[:-1] > _LEAVES_OUT_RATIO * frames.frame_ns))
