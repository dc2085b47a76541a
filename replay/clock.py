"""The playback clock: session time as a pure function of the monotonic clock it is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from replay.timebase import TimeNs, TimeRange

MIN_RATE: Final = 0.1
MAX_RATE: Final = 16.0


def checked_rate(rate: float) -> float:
    """A rate between 0.1 and 16 in either direction; anything else raises ValueError."""
    if not MIN_RATE <= abs(rate) <= MAX_RATE:
        raise ValueError(f"a rate is between {MIN_RATE} and {MAX_RATE} either way, not {rate}")
    return rate


@dataclass(frozen=True, slots=True)
class PlaybackClock:
    """At monotonic time `anchor_now_ns` the session stood at `anchor_t_ns` and has run at `rate` since (negative:
    backwards), within `loop` for ever or to an end of `extent`."""

    extent: TimeRange
    anchor_t_ns: TimeNs
    anchor_now_ns: int
    rate: float = 1.0
    loop: TimeRange | None = None

    def __post_init__(self) -> None:
        checked_rate(self.rate)

    def t_ns(self, now_ns: int) -> TimeNs:
        """Session time at `now_ns`, inside the extent (its last nanosecond at the far end)."""
        t = self._unbounded(now_ns)
        if self.loop is not None and self.loop.contains(self.anchor_t_ns):
            return _wrapped(t, self.loop)
        return min(max(t, self.extent.start_ns), self.extent.end_ns - 1)

    def has_ended(self, now_ns: int) -> bool:
        """Whether time ran into the end of the extent that lies in its direction; never while it loops."""
        if self.loop is not None and self.loop.contains(self.anchor_t_ns):
            return False
        t = self._unbounded(now_ns)
        return t >= self.extent.end_ns - 1 if self.rate > 0 else t <= self.extent.start_ns

    def at_rate(self, rate: float, now_ns: int) -> PlaybackClock:
        """The same moment, running at another rate from `now_ns` on."""
        return replace(self, anchor_t_ns=self.t_ns(now_ns), anchor_now_ns=now_ns, rate=checked_rate(rate))

    def looping(self, loop: TimeRange | None, now_ns: int) -> PlaybackClock:
        """The same moment with another loop; from outside it time first jumps to the side it enters by."""
        t = self.t_ns(now_ns)
        if loop is not None and not loop.contains(t):
            t = loop.start_ns if self.rate > 0 else loop.end_ns - 1
        return replace(self, anchor_t_ns=t, anchor_now_ns=now_ns, loop=loop)

    def _unbounded(self, now_ns: int) -> TimeNs:
        return self.anchor_t_ns + round((now_ns - self.anchor_now_ns) * self.rate)


def _wrapped(t_ns: TimeNs, loop: TimeRange) -> TimeNs:
    return loop.start_ns + (t_ns - loop.start_ns) % loop.duration_ns
