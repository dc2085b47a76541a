"""Pictures of a video that follow somebody else's clock: asked for by index, never waited for.

While a picture is on its way the last good one stays; one that lies nearer to the wanted one is better than nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge import Bridge
from app.playback_controller import WAITING_AFTER_MS
from replay.problems import Problem
from replay.video.composed import VideoSource
from replay.video.frame import Frame
from replay.video.frame_table import FrameTable
from replay.video.server import FrameServer


class Follower(QObject):
    """One video at a time, with a frame server of its own."""

    frame_shown = Signal(object)  # Frame
    waiting = Signal(object)  # frame index that is on its way for long, or None once it came
    failed = Signal(object)  # Problem

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._server: FrameServer | None = None
        self._opened = 0  # how many videos there were; pictures of earlier ones are no longer wanted
        self._wanted = self._shown = -1
        self._is_exact = False  # what is shown; else it is a preview
        self._broken = False
        self._patience = QTimer(self, interval=WAITING_AFTER_MS, singleShot=True)
        self._patience.timeout.connect(lambda: self.waiting.emit(self._wanted))

    def open(self, video: VideoSource, frames: FrameTable, budget_bytes: int) -> None:
        """Take a video, whose pictures may take `budget_bytes` in all."""
        self.close()
        number = self._opened
        take = self._bridge.to_gui(self._take)
        fail = self._bridge.to_gui(self._fail)
        self._server = FrameServer(
            video, frames, lambda f: take((number, f)), lambda p: fail((number, p)), budget_bytes
        )

    def close(self) -> None:
        """Let go of the video and of its pictures; joins the decode thread."""
        self._opened += 1
        self._patience.stop()
        if self._server is not None:
            self._server.close()
        self._server, self._wanted, self._shown = None, -1, -1
        self._is_exact, self._broken = False, False

    @property
    def shown(self) -> int:
        """The frame on screen, -1 before the first."""
        return self._shown

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures held."""
        return 0 if self._server is None else self._server.nbytes

    @property
    def settled(self) -> bool:
        """Whether the wanted picture is on screen, exact."""
        return self._server is None or self._broken or self._has_arrived

    @property
    def _has_arrived(self) -> bool:
        return self._is_exact and self._wanted == self._shown

    def want(self, index: int, *, hurried: bool = False) -> None:
        """Show frame `index` as soon as it is there; `hurried`: the next one is wanted in a moment."""
        if self._server is None or (index == self._wanted and (hurried or self._has_arrived)):
            return
        self._wanted = index
        self._server.request(index, hurried=hurried)  # even when it is ready: the server decodes ahead of the last one
        ready = self._server.ready(index)
        if ready is not None:
            self._show(ready)
        elif not self._patience.isActive():
            self._patience.start()

    def _take(self, sent: tuple[int, Frame]) -> None:
        number, frame = sent
        if number != self._opened:
            return
        is_nearer = abs(frame.index - self._wanted) < abs(self._shown - self._wanted)
        is_exacter = frame.index == self._shown and not frame.is_preview and not self._is_exact
        if self._shown < 0 or is_nearer or is_exacter:
            self._show(frame)

    def _show(self, frame: Frame) -> None:
        self._broken = False
        self._shown, self._is_exact = frame.index, not frame.is_preview
        self.frame_shown.emit(frame)
        if self._has_arrived:
            self._patience.stop()
            self.waiting.emit(None)

    def _fail(self, parcel: tuple[int, Problem]) -> None:
        number, problem = parcel
        if number == self._opened:
            self._patience.stop()
            self._broken = True
            self.failed.emit(problem)
