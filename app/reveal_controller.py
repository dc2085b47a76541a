"""The original while a key is held: asked for with a purpose, released by the gate, written down, and gone on release.

Nothing of it is kept between two looks: the video, its decoded pictures and the tables are dropped each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.core import Core
from app.jobs import Tasks
from app.library_controller import LibraryController
from app.loaded import Loaded, load_captured
from app.playback_controller import PlaybackController
from app.stage_controller import StageController
from app.viewed import ViewedRanges
from replay.errors import SafelightError
from replay.problems import Problem
from replay.video.composed import VideoFiles
from replay.video.frame import Frame

_NS_PER_MS: Final = 1_000_000
_UNMASK: Final = "unmask"
Ask = Callable[[str, str, str], str | None]


@dataclass(slots=True)
class _Look:
    """One holding of the key. `is_on` turns false on release, for work that is still under way."""

    number: int
    core: Core
    session: str
    purpose: str
    ranges: ViewedRanges
    is_on: bool = True
    is_logged: bool = False

    def audit(self, phase: str, range_ms: tuple[int, int]) -> None:
        self.core.library.gate.audit(
            _UNMASK,
            session=self.session,
            track_class="raw",
            purpose=self.purpose,
            range_ms=range_ms,
            detail={"phase": phase},
        )


class RevealController(QObject):
    """One look at a time; the purpose is asked for once per opened session."""

    refused = Signal(object)  # SafelightError: why the original is not shown

    def __init__(
        self, library: LibraryController, stage: StageController, playback: PlaybackController, tasks: Tasks, ask: Ask
    ) -> None:
        super().__init__()
        self._library, self._stage, self._playback, self._tasks, self._ask = library, stage, playback, tasks, ask
        self._purpose = ""
        self._asks_on_release = False
        self._count = 0
        self._look: _Look | None = None
        playback.frame_shown.connect(self._shown)
        playback.failed.connect(self._failed)

    @property
    def is_on(self) -> bool:
        """Whether the key is held and the original is on screen or on its way."""
        return self._look is not None

    def hold(self, on: bool = True, purpose: str = "") -> None:
        """The key went down, or up; with a purpose nothing is asked.

        It is asked for once the key is up, so that a held key writes nothing into the answer.
        """
        asks, self._asks_on_release = self._asks_on_release, False
        if not on:
            self.let_go()
            if asks:
                self._ask_purpose()
        elif purpose or self._purpose:
            self._purpose = purpose or self._purpose
            self._begin()
        elif self._stage.session is not None:
            self._asks_on_release = True
            self._stage.say("Let go to say what you need the original for.")

    def _ask_purpose(self) -> None:
        hint = "It is checked against your grant and the person's consent, and kept in the log with what you look at."
        self._purpose = self._ask("What do you need the original for?", hint, "Use this purpose") or ""
        if self._purpose:
            self._stage.say("Hold H to see the original. Each look is logged.")

    def forget(self) -> None:
        """Another session, or none: what was asked for holds no longer."""
        self.let_go()
        self._purpose, self._asks_on_release = "", False

    # -- a look ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        session = self._stage.session
        if self._look is not None or session is None:
            return
        self._count += 1
        look = _Look(self._count, self._library.core, session.id, self._purpose, ViewedRanges())
        self._look = look
        at_ms = self._playback.state.t_ns // _NS_PER_MS
        has_video = session.frames is not None

        def open_video() -> VideoFiles | None:
            store = look.core.raw_store(look.purpose)
            store.check(look.session)
            look.audit("start", (at_ms, at_ms))
            look.is_logged = True
            video = store.open_video(look.session) if has_video else None
            if video is not None and not look.is_on:
                video.close()
                return None
            return video

        # A key of its own, so that no later look makes this one's files unwanted before they are closed.
        key = f"reveal-{look.number}"
        self._tasks.start(key, open_video, lambda video: self._opened(look, video), lambda e: self._denied(look, e))

    def _opened(self, look: _Look, video: VideoFiles | None) -> None:
        if look is not self._look:
            if video is not None:
                video.close()
            return
        self._stage.reveal()
        if video is not None:
            self._playback.reveal(video)
        else:
            look.ranges.add(self._playback.state.t_ns // _NS_PER_MS)
        self._tasks.start(
            "reveal-tables",
            lambda: load_captured(look.core, look.session, look.purpose),
            lambda captured: self._loaded(look, captured),
            lambda e: self._denied(look, e),
        )

    def _loaded(self, look: _Look, captured: Loaded) -> None:
        if look is self._look:
            self._stage.show_captured(captured)

    def _shown(self, frame: Frame) -> None:
        if self._look is not None and self._playback.reveals:
            self._look.ranges.add(frame.t_ns // _NS_PER_MS)

    def _failed(self, problem: Problem) -> None:
        look = self._look
        if look is not None and self._playback.reveals:
            self._denied(look, SafelightError(problem.code, problem.sentence))

    def _denied(self, look: _Look, error: SafelightError) -> None:
        """Nothing is shown; another purpose may be stated next time."""
        if look is self._look:
            self.let_go()
            self._purpose = ""
            self.refused.emit(error)

    def let_go(self) -> None:
        """Pictures and tables as captured are gone when this returns; what was seen of them is written down."""
        look = self._ended()
        if look is not None and look.is_logged:
            key = f"reveal-log-{look.number}"
            self._tasks.start(key, lambda: _write_end(look), lambda _: None, self.refused.emit)

    def finish(self) -> None:
        """As `let_go`, written before this returns: the window is about to end."""
        look = self._ended()
        if look is not None and look.is_logged:
            _write_end(look)

    def _ended(self) -> _Look | None:
        look, self._look = self._look, None
        if look is not None:
            look.is_on = False
            self._tasks.forget("reveal-tables")
            self._stage.conceal()
            self._playback.conceal()
        return look

    def check(self) -> None:
        """Raise Denied where the original may not be looked at any more; from any thread."""
        look = self._look
        if look is not None and look.is_logged:
            look.core.raw_store(look.purpose).check(look.session)


def _write_end(look: _Look) -> None:
    for range_ms in look.ranges.take():
        look.audit("stop", range_ms)
