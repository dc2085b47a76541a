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
    """One session at a time. Looks at the original are `RevealController`'s to write down."""

    def __init__(self, playback: PlaybackController, tasks: Tasks) -> None:
        super().__init__()
        self._playback, self._tasks = playback, tasks
        self._core: Core | None = None
        self._session = ""
        self._has_video = False
        self._ranges = ViewedRanges()
        self._written = 0
        self._timer = QTimer(self, interval=EVERY_MS, singleShot=True)
        self._timer.timeout.connect(self.write)
        playback.frame_shown.connect(self._shown)
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

    def _shown(self, frame: Frame) -> None:
        if not self._playback.reveals:
            self._add(frame.t_ns)

    def _moved(self, state: TransportState) -> None:
        if not self._has_video:
            self._add(state.t_ns)

    def _add(self, t_ns: int) -> None:
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
        key = f"view-{self._written}"
        self._tasks.start(key, lambda: _write(core, session, ranges), lambda _: None, lambda _: None)


def _write(core: Core, session: str, ranges: tuple[RangeMs, ...]) -> None:
    for range_ms in ranges:
        core.library.gate.audit(
            "view", session=session, track_class="masked", purpose=MASKED.purpose, range_ms=range_ms
        )
