"""Viewing, written down: which ranges of the open session were on screen, every ten seconds at most and at its end."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.core import Core
from app.jobs import Tasks
from app.playback_controller import PlaybackController
from app.viewed import RangeMs, ViewedRanges
from replay.store.sessions import MASKED
from replay.transport import TransportState
from replay.video.frame import Frame

EVERY_MS: Final = 10_000
_NS_PER_MS: Final = 1_000_000


class ViewLog(QObject):
    """One session at a time. Looks at the original are `RevealController`'s to write down.

    `name` keeps the writings of several logs apart.
    """

    def __init__(self, tasks: Tasks, name: str = "view") -> None:
        super().__init__()
        self._tasks, self._name = tasks, name
        self._core: Core | None = None
        self._session = ""
        self._has_video = False
        self._ranges = ViewedRanges()
        self._written = 0
        self._timer = QTimer(self, interval=EVERY_MS, singleShot=True)
        self._timer.timeout.connect(self.write)

    def follow(self, playback: PlaybackController) -> None:
        """Write down what `playback` shows: pictures, and where there is no video the playhead."""

        def shown(frame: Frame) -> None:
            if not playback.reveals:
                self.saw(frame.t_ns)

        playback.frame_shown.connect(shown)
        playback.moved.connect(self._moved)

    def open(self, core: Core, session_id: str, *, has_video: bool) -> None:
        self.close()
        self._core, self._session, self._has_video = core, session_id, has_video

    def close(self) -> None:
        """Write what is left; the session is let go of."""
        self.write()
        self._core = None

    def finish(self) -> None:
        """As `close`, written before this returns: the window is about to end. Raises what the log raises."""
        core, session, ranges = self._core, self._session, self._taken()
        self._core = None
        if core is not None and ranges:
            _write(core, session, ranges)

    def _moved(self, state: TransportState) -> None:
        if not self._has_video:
            self.saw(state.t_ns)

    def saw(self, t_ns: int) -> None:
        """A moment of the open session was on screen."""
        if self._core is None:
            return
        self._ranges.add(t_ns // _NS_PER_MS)
        if not self._timer.isActive():
            self._timer.start()

    def _taken(self) -> tuple[RangeMs, ...]:
        self._timer.stop()
        return self._ranges.take()

    def write(self) -> None:
        core, session, ranges = self._core, self._session, self._taken()
        if core is None or not ranges:
            return
        self._written += 1
        # A key of its own: no later writing may overtake this one.
        key = f"{self._name}-{self._written}"
        self._tasks.start(key, lambda: _write(core, session, ranges), lambda _: None, lambda _: None)


def _write(core: Core, session: str, ranges: tuple[RangeMs, ...]) -> None:
    for range_ms in ranges:
        core.library.gate.audit(
            "view", session=session, track_class="masked", purpose=MASKED.purpose, range_ms=range_ms
        )
