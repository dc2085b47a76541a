"""Playback: the transport's clock on a timer, the frame server's pictures on the canvas, never waiting for either.

The timer runs only while something plays. Each tick asks the transport where the playhead is and the server for that
frame; the last good picture stays until it comes. Late frames are dropped, time never is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.bridge import Bridge
from replay.idle import NEVER_IDLE, IdleStretches
from replay.problems import Problem
from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs
from replay.transport import Mode, Transport, TransportState
from replay.video.cache import DEFAULT_BUDGET_BYTES
from replay.video.composed import VideoSource
from replay.video.frame import Frame
from replay.video.frame_table import FrameTable
from replay.video.server import FrameServer

TICK_MS: Final = 16
WAITING_AFTER_MS: Final = 400
_SHUTTLE: Final = (1.0, 2.0, 4.0, 8.0, 16.0)


class PlaybackController(QObject):
    """One session at a time. `moved` after every change of the transport, `frame_shown` for every new picture."""

    moved = Signal(object)  # TransportState
    frame_shown = Signal(object)  # Frame
    waiting = Signal(object)  # frame index that is on its way for long, or None once it came
    failed = Signal(object)  # Problem
    skipped = Signal(object)  # ns of idle time that playing left out just now

    def __init__(self, bridge: Bridge, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self._bridge = bridge
        self._now_ns = now_ns
        self._transport = Transport()
        self._server: FrameServer | None = None
        self._set_aside: tuple[FrameServer | None, int] | None = None
        self._frames: FrameTable | None = None
        self._stops_ns: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._shown = -1
        self._is_exact = False  # what is shown; else it is a preview
        self._broken = False
        self._served = 0  # how many servers there were
        self._budget_bytes = DEFAULT_BUDGET_BYTES
        self._generation = 0  # the server whose pictures are wanted; 0 is none
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._patience = QTimer(self, interval=WAITING_AFTER_MS, singleShot=True)
        self._patience.timeout.connect(lambda: self.waiting.emit(self.state.frame))

    @property
    def state(self) -> TransportState:
        return self._transport.state

    @property
    def shown_frame(self) -> int:
        """The frame on screen, -1 before the first."""
        return self._shown

    @property
    def seen(self) -> TransportState:
        """The state as what lies on the picture needs it."""
        return self.state.seen(self._shown, self._frames)

    @property
    def settled(self) -> bool:
        """Whether the picture at the playhead is on screen, exact."""
        return self._server is None or self._broken or self._shows(self.state.frame)

    # -- sessions --------------------------------------------------------------------------------------------------

    def open(
        self,
        session: Session,
        video: VideoSource | None,
        stops_ns: npt.NDArray[np.int64],
        idle: IdleStretches = NEVER_IDLE,
    ) -> None:
        """Take a session and the file of its video; the playhead goes to the first frame."""
        self.close()
        self._frames = session.frames if video is not None else None
        self._stops_ns = stops_ns
        self._transport.open(session.extent, self._frames, idle)
        if video is not None and self._frames is not None:
            self._serve(video, self._frames)
        else:
            self._transport.loaded()
        self._follow(self.state)

    def _serve(self, video: VideoSource, frames: FrameTable) -> None:
        self._served += 1
        number = self._generation = self._served
        take = self._bridge.to_gui(self._take)
        fail = self._bridge.to_gui(self._fail)
        self._server = FrameServer(
            video, frames, lambda f: take((number, f)), lambda p: fail((number, p)), self._budget_bytes
        )
        self._shown, self._broken = -1, False

    def replace_video(self, video: VideoSource) -> bool:
        """Go on with other files of the session's own pictures; False, and nothing taken, while another is shown."""
        if self._frames is None or self._server is None or self.reveals:
            return False
        self._server.close()
        self._serve(video, self._frames)
        self._want(self.state.frame)
        return True

    def reveal(self, video: VideoSource) -> None:
        """Show another video of the same frames until `conceal`; the session's own waits with its pictures."""
        assert self._frames is not None
        assert self._set_aside is None
        self._set_aside = (self._server, self._generation)
        self._serve(video, self._frames)
        self._want(self.state.frame)

    def conceal(self) -> None:
        """Back to the session's own pictures; none of the other video's arrives any more."""
        if self._set_aside is None:
            return
        if self._server is not None:
            self._server.close()
        self._server, self._generation = self._set_aside
        self._set_aside, self._shown, self._broken = None, -1, False
        self._want(self.state.frame)

    @property
    def reveals(self) -> bool:
        """Whether another video than the session's own is shown."""
        return self._set_aside is not None

    def set_budget(self, budget_bytes: int) -> None:
        """Bound the pictures held, of this session and of those opened later."""
        self._budget_bytes = budget_bytes
        for server in (self._server, None if self._set_aside is None else self._set_aside[0]):
            if server is not None:
                server.set_budget(budget_bytes)

    @property
    def picture(self) -> Frame | None:
        """The session's own picture on screen, for another view of it; None before the first and during a look at the
        original."""
        return None if self._server is None or self.reveals or self._shown < 0 else self._server.ready(self._shown)

    def replace_moments(self, stops_ns: npt.NDArray[np.int64], idle: IdleStretches) -> None:
        """The moments that “next event” stops at, sorted, and the idle stretches, on another clock."""
        self._stops_ns = stops_ns
        self._transport.set_idle(idle)

    def close(self) -> None:
        """Let go of the session; joins the decode thread."""
        self._generation = 0  # what a decode thread has already sent is no longer wanted
        self._timer.stop()
        self._patience.stop()
        for server in (self._server, None if self._set_aside is None else self._set_aside[0]):
            if server is not None:
                server.close()
        self._server, self._set_aside, self._frames, self._shown, self._broken = None, None, None, -1, False
        self._transport.close()

    # -- commands --------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        self._follow(self._transport.toggle(self._now_ns()))

    def pause(self) -> None:
        """Pause; the next shuttle starts at normal speed again."""
        self._transport.pause(self._now_ns())
        self._follow(self._transport.set_rate(1.0, self._now_ns()))

    def shuttle(self, direction: int) -> None:
        """Play in a direction, faster with every press; a press against it starts over at normal speed."""
        now, state = self._now_ns(), self.state
        same = state.mode is Mode.PLAYING and (state.rate > 0) == (direction > 0)
        faster = [r for r in _SHUTTLE if r > abs(state.rate)] if same else []
        rate = (faster[0] if faster else _SHUTTLE[-1]) if same else _SHUTTLE[0]
        self._transport.set_rate(rate * direction, now)
        self._follow(self._transport.play(now))

    def set_rate(self, rate: float) -> None:
        self._follow(self._transport.set_rate(rate, self._now_ns()))

    def skip_idle(self, on: bool | None = None) -> None:
        """Pass over idle stretches while playing, or not; with None the other way round."""
        on = not self.state.skips_idle if on is None else on
        self._follow(self._transport.skip_idle(on, self._now_ns()))

    def step(self, count: int) -> None:
        self._follow(self._transport.step(count, self._now_ns()))

    def jump_s(self, seconds: float) -> None:
        self._follow(self._transport.jump(round(seconds * NS_PER_S), self._now_ns()))

    def jump_event(self, direction: int) -> None:
        self._follow(self._transport.jump_among(self._stops_ns, direction, self._now_ns()))

    def seek_event(self, number: int) -> None:
        """To one of the moments that “next event” stops at, counted from 1; clamped to the first and last."""
        if len(self._stops_ns):
            self.seek(int(self._stops_ns[min(max(number, 1), len(self._stops_ns)) - 1]))

    def jump_among(self, times_ns: npt.NDArray[np.int64], direction: int) -> None:
        self._follow(self._transport.jump_among(times_ns, direction, self._now_ns()))

    def jump_iframe(self, direction: int) -> None:
        self._follow(self._transport.jump_iframe(direction, self._now_ns()))

    def seek(self, t_ns: TimeNs) -> None:
        self._follow(self._transport.seek(t_ns, self._now_ns()))

    def seek_frame(self, index: int) -> None:
        self._follow(self._transport.seek_frame(index, self._now_ns()))

    def seek_end(self, *, last: bool) -> None:
        """To the very first or last moment."""
        extent = self.state.extent
        if extent is not None:
            self.seek(extent.end_ns - 1 if last else extent.start_ns)

    def scrub(self, t_ns: TimeNs) -> None:
        if self.state.mode is not Mode.SCRUBBING:
            self._transport.begin_scrub(self._now_ns())
        self._follow(self._transport.scrub(t_ns))

    def end_scrub(self) -> None:
        self._follow(self._transport.end_scrub(self._now_ns()))

    def mark(self, in_ns: TimeNs | None, out_ns: TimeNs | None, *, looping: bool | None = None) -> None:
        loop = self.state.looping if looping is None else looping
        self._follow(self._transport.mark(in_ns, out_ns, loop, self._now_ns()))

    # -- pictures --------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._follow(self._transport.tick(self._now_ns()))

    def _follow(self, state: TransportState) -> None:
        """Run the timer as the mode needs, ask for the playhead's frame, and tell everybody."""
        if (state.mode is Mode.PLAYING) != self._timer.isActive():
            if state.mode is Mode.PLAYING:
                self._timer.start()
            else:
                self._timer.stop()
        self._want(state.frame)
        self.moved.emit(state)
        if state.skipped_ns:
            self.skipped.emit(state.skipped_ns)

    def _shows(self, index: int | None) -> bool:
        return self._is_exact and index == self._shown

    @property
    def hurries(self) -> bool:
        """Whether the next frame is wanted in a moment, so that a picture at once is worth more than this one."""
        mode, rate = self.state.mode, self.state.rate
        return mode is Mode.SCRUBBING or (mode is Mode.PLAYING and abs(rate) > 1)

    def _want(self, index: int | None) -> None:
        if index is None or self._server is None or self._shows(index):
            return
        ready = self._server.ready(index)
        # Asked for even when it is ready: the server decodes ahead of what was asked for last.
        self._server.request(index, hurried=self.hurries)
        if ready is not None:
            self._show(ready)
        elif not self._patience.isActive():
            self._patience.start()

    def _take(self, parcel: tuple[int, Frame]) -> None:
        number, frame = parcel
        wanted = self.state.frame
        if number != self._generation or wanted is None:
            return
        if self.state.mode is Mode.LOADING:
            self._transport.loaded()
        if self._is_better(frame, wanted):
            self._show(frame)
            self.moved.emit(self.state)

    def _is_better(self, frame: Frame, wanted: int) -> bool:
        """Whether to show a picture that came: while the wanted one is on its way, one that lies nearer to it than
        what is shown is better than nothing. A preview never takes the place of an exact picture of its frame."""
        if frame.index == self._shown:
            return not frame.is_preview and not self._is_exact
        is_nearer = abs(frame.index - wanted) < abs(self._shown - wanted)
        return self._shown < 0 or is_nearer

    def _show(self, frame: Frame) -> None:
        self._shown, self._is_exact, self._broken = frame.index, not frame.is_preview, False
        if self._shows(self.state.frame):
            self._patience.stop()
            self.waiting.emit(None)
        self.frame_shown.emit(frame)

    def _fail(self, parcel: tuple[int, Problem]) -> None:
        number, problem = parcel
        if number == self._generation:
            self._patience.stop()
            self._broken = True
            self.waiting.emit(None)
            self._transport.loaded()
            self.failed.emit(problem)
            self.moved.emit(self.state)
