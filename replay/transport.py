"""The transport: a state machine from what the curator asks to where the playhead is; frames are dropped, time never.

    CLOSED ── open ──▶ LOADING ── loaded ──▶ PAUSED ⇄ PLAYING ──▶ ENDED
                                               ⇅          ⇅
                                             SCRUBBING (returns to where it came from)

A command that a mode does not know leaves everything as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from replay.clock import PlaybackClock, checked_rate
from replay.idle import NEVER_IDLE, IdleStretches
from replay.timebase import FRAME_WITHOUT_VIDEO_NS, TimeNs, TimeRange
from replay.video.frame_table import FrameTable

Int64s = npt.NDArray[np.int64]


class Mode(StrEnum):
    CLOSED = "closed"
    LOADING = "loading"
    PAUSED = "paused"
    PLAYING = "playing"
    SCRUBBING = "scrubbing"
    ENDED = "ended"


_OPEN: Final = frozenset({Mode.LOADING, Mode.PAUSED, Mode.PLAYING, Mode.SCRUBBING, Mode.ENDED})
_KNOWS: Final[Mapping[str, frozenset[Mode]]] = MappingProxyType(
    {
        "loaded": frozenset({Mode.LOADING}),
        "play": frozenset({Mode.PAUSED, Mode.ENDED}),
        "pause": frozenset({Mode.PLAYING}),
        "step": frozenset({Mode.PAUSED, Mode.PLAYING, Mode.ENDED}),
        "seek": _OPEN - {Mode.SCRUBBING},
        "begin_scrub": frozenset({Mode.PAUSED, Mode.PLAYING, Mode.ENDED}),
        "scrub": frozenset({Mode.SCRUBBING}),
        "mark": _OPEN,
        "rate": _OPEN,
    }
)


@dataclass(frozen=True, slots=True)
class TransportState:
    """Where the playhead is. `frame` is the frame on screen at `t_ns` (None: no video); `in_ns` and `out_ns` bound the
    loop where set, the extent's ends where not. `skipped_ns` is how much idle time this very move left out."""

    mode: Mode = Mode.CLOSED
    t_ns: TimeNs = 0
    frame: int | None = None
    rate: float = 1.0
    in_ns: TimeNs | None = None
    out_ns: TimeNs | None = None
    looping: bool = False
    skips_idle: bool = False
    skipped_ns: int = 0
    extent: TimeRange | None = None

    @property
    def loop(self) -> TimeRange | None:
        """The range that repeats; None where looping is off or in and out leave nothing between them."""
        if not self.looping or self.extent is None:
            return None
        start = self.extent.start_ns if self.in_ns is None else self.in_ns
        end = self.extent.end_ns if self.out_ns is None else self.out_ns
        return TimeRange(start, end) if start < end else None

    def seen(self, shown: int, frames: FrameTable | None) -> TransportState:
        """The state, but at frame `shown` (-1: none is) as long as it is on screen in place of the playhead's own."""
        if frames is None or shown < 0 or shown == self.frame:
            return self
        return replace(self, t_ns=int(frames.t_ns[shown]), frame=shown)


class Transport:
    """Turns commands and ticks into `TransportState`. `now_ns` is the monotonic clock, given by the caller."""

    def __init__(self) -> None:
        self._state = TransportState()
        self._frames: FrameTable | None = None
        self._clock: PlaybackClock | None = None
        self._idle = NEVER_IDLE
        self._before_scrub = Mode.PAUSED

    @property
    def state(self) -> TransportState:
        return self._state

    def open(self, extent: TimeRange, frames: FrameTable | None, idle: IdleStretches = NEVER_IDLE) -> TransportState:
        """Take a session, LOADING until `loaded`; the playhead goes to frame 0 or, without video, the first event."""
        self._frames, self._clock, self._idle = frames, None, idle
        start = 0 if frames is not None else extent.start_ns
        before = self._state
        self._state = TransportState(Mode.LOADING, rate=before.rate, skips_idle=before.skips_idle, extent=extent)
        return self._moved_to(start)

    def loaded(self) -> TransportState:
        """The first picture is on screen (or there is none to wait for)."""
        if self._knows("loaded"):
            self._state = replace(self._state, mode=Mode.PAUSED)
        return self._state

    def close(self) -> TransportState:
        self._frames, self._clock, self._idle = None, None, NEVER_IDLE
        self._state = TransportState(skips_idle=self._state.skips_idle)
        return self._state

    def set_idle(self, idle: IdleStretches) -> None:
        """Where the session is idle, on another clock."""
        self._idle = idle

    def skip_idle(self, on: bool, now_ns: int) -> TransportState:
        """Whether playing passes over idle stretches; it stays so for the sessions opened next."""
        self.tick(now_ns)
        self._state = replace(self._state, skips_idle=on)
        return self._state

    def play(self, now_ns: int) -> TransportState:
        """Run on from the playhead; from the far end start over."""
        extent = self._state.extent
        if not self._knows("play") or extent is None:
            return self._state
        forward = self._state.rate > 0
        t_ns = self._state.t_ns
        if forward and t_ns >= extent.end_ns - 1:
            t_ns = extent.start_ns
        elif not forward and t_ns <= extent.start_ns:
            t_ns = extent.end_ns - 1
        self._state = replace(self._state, mode=Mode.PLAYING)
        self._run_from(t_ns, now_ns)
        return self.tick(now_ns)

    def pause(self, now_ns: int) -> TransportState:
        if self._knows("pause"):
            self.tick(now_ns)
            if self._state.mode is Mode.PLAYING:
                self._stop(Mode.PAUSED)
        return self._state

    def toggle(self, now_ns: int) -> TransportState:
        return self.pause(now_ns) if self._state.mode is Mode.PLAYING else self.play(now_ns)

    def tick(self, now_ns: int) -> TransportState:
        """Where the playhead is now. Frames between two ticks are passed over, time is not."""
        if self._state.mode is Mode.PLAYING and self._clock is not None:
            self._moved_to(self._clock.t_ns(now_ns))
            if self._state.skips_idle:
                self._pass_over(now_ns)
            if self._clock.has_ended(now_ns):
                self._stop(Mode.ENDED)
        return self._state

    def _pass_over(self, now_ns: int) -> None:
        """Out of the idle stretch that the playhead is in, in the direction of play; a loop goes on where it starts."""
        forward = self._state.rate > 0
        t_ns = self._state.t_ns
        target, skipped_ns = t_ns, 0
        for _ in range(2):  # the loop's other end may lie in an idle stretch too
            idle = self._idle.around(target)
            if idle is None:
                break
            out = idle.end_ns if forward else idle.start_ns - 1
            loop = self._state.loop
            if loop is not None and loop.contains(target) and not loop.contains(out):
                skipped_ns += (loop.end_ns - target) if forward else (target - loop.start_ns)
                target = loop.start_ns if forward else loop.end_ns - 1
            else:
                skipped_ns += abs(out - target)
                target = out
        if self._idle.around(target) is None and target != t_ns:
            self._run_from(target, now_ns)
            self._moved_to(target)
            self._state = replace(self._state, skipped_ns=skipped_ns)

    def set_rate(self, rate: float, now_ns: int) -> TransportState:
        """0.1 to 16 either way, ValueError otherwise."""
        checked_rate(rate)
        if self._knows("rate"):
            self.tick(now_ns)
            self._state = replace(self._state, rate=rate)
            if self._state.mode is Mode.PLAYING and self._clock is not None:
                self._clock = self._clock.at_rate(rate, now_ns)
        return self._state

    def seek(self, t_ns: TimeNs, now_ns: int) -> TransportState:
        """Go to `t_ns`, clamped to the extent; playing goes on from there."""
        if not self._knows("seek"):
            return self._state
        if self._state.mode is Mode.ENDED:
            self._stop(Mode.PAUSED)
        self._moved_to(t_ns)
        if self._state.mode is Mode.PLAYING:
            self._run_from(self._state.t_ns, now_ns)
        return self._state

    def seek_frame(self, index: int, now_ns: int) -> TransportState:
        """Go to the start of frame `index`, clamped to the table; nothing happens without video."""
        if self._frames is None:
            return self._state
        index = min(max(index, 0), len(self._frames) - 1)
        return self.seek(int(self._frames.t_ns[index]), now_ns)

    def step(self, count: int, now_ns: int) -> TransportState:
        """Pause and go `count` frames on (negative: back); a thirtieth of a second each without video."""
        if not self._knows("step"):
            return self._state
        self.tick(now_ns)
        self._stop(Mode.PAUSED)
        return self._moved_to(self._stepped(count))

    def jump(self, delta_ns: int, now_ns: int) -> TransportState:
        """Go `delta_ns` on from where the playhead is now."""
        self.tick(now_ns)
        return self.seek(self._state.t_ns + delta_ns, now_ns)

    def jump_among(self, times_ns: Int64s, direction: int, now_ns: int) -> TransportState:
        """Go to the next (direction > 0) or previous of some sorted moments: events, labels, problems; stay where there
        is none."""
        self.tick(now_ns)
        t_ns = self._state.t_ns
        if direction > 0:
            i = int(np.searchsorted(times_ns, t_ns, side="right"))
        else:
            i = int(np.searchsorted(times_ns, t_ns, side="left")) - 1
        return self.seek(int(times_ns[i]), now_ns) if 0 <= i < len(times_ns) else self._state

    def jump_iframe(self, direction: int, now_ns: int) -> TransportState:
        """Go to the next or previous I-frame; the first frame counts as one."""
        if self._frames is None:
            return self._state
        entries = self._frames.t_ns[self._frames.iframe]
        return self.jump_among(np.unique(np.append(entries, self._frames.t_ns[0])), direction, now_ns)

    def begin_scrub(self, now_ns: int) -> TransportState:
        """Somebody holds the playhead: time stands still until `end_scrub`."""
        if self._knows("begin_scrub"):
            self.tick(now_ns)
            self._before_scrub = Mode.PLAYING if self._state.mode is Mode.PLAYING else Mode.PAUSED
            self._stop(Mode.SCRUBBING)
        return self._state

    def scrub(self, t_ns: TimeNs) -> TransportState:
        return self._moved_to(t_ns) if self._knows("scrub") else self._state

    def end_scrub(self, now_ns: int) -> TransportState:
        """Let go: playing goes on from here where it was playing."""
        if self._knows("scrub"):
            self._stop(self._before_scrub)
            if self._before_scrub is Mode.PLAYING:
                self._run_from(self._state.t_ns, now_ns)
        return self._state

    def mark(self, in_ns: TimeNs | None, out_ns: TimeNs | None, looping: bool, now_ns: int) -> TransportState:
        """Set the in and out points (None: the extent's end) and whether playing repeats between them."""
        if self._knows("mark"):
            self.tick(now_ns)
            self._state = replace(self._state, in_ns=in_ns, out_ns=out_ns, looping=looping)
            if self._state.mode is Mode.PLAYING:
                self._run_from(self._state.t_ns, now_ns)
        return self._state

    def _knows(self, command: str) -> bool:
        return self._state.mode in _KNOWS[command]

    def _run_from(self, t_ns: TimeNs, now_ns: int) -> None:
        if self._state.extent is not None:
            clock = PlaybackClock(self._state.extent, t_ns, now_ns, self._state.rate)
            self._clock = clock.looping(self._state.loop, now_ns)

    def _stop(self, mode: Mode) -> None:
        self._clock = None
        self._state = replace(self._state, mode=mode)

    def _moved_to(self, t_ns: TimeNs) -> TransportState:
        extent = self._state.extent
        if extent is not None:
            t_ns = min(max(t_ns, extent.start_ns), extent.end_ns - 1)
            frame = None if self._frames is None else self._frames.index_at(t_ns)
            self._state = replace(self._state, t_ns=t_ns, frame=frame, skipped_ns=0)
        return self._state

    def _stepped(self, count: int) -> TimeNs:
        t_ns, frames = self._state.t_ns, self._frames
        if frames is None:
            return t_ns + count * FRAME_WITHOUT_VIDEO_NS
        if t_ns < frames.t_ns[0]:
            return int(frames.t_ns[min(count - 1, len(frames) - 1)]) if count > 0 else t_ns
        current = len(frames) if t_ns >= frames.end_ns else frames.index_at(t_ns)
        target = current + count
        if target >= len(frames):
            return max(t_ns, int(frames.t_ns[-1]))
        return int(frames.t_ns[max(target, 0)])
