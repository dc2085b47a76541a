"""One open session's access: what is written down of it, looks at the original, and its end when it is taken back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.access_watch import AccessWatch
from app.captions_controller import CaptionsController
from app.jobs import Jobs, Tasks
from app.library_controller import LibraryController
from app.loaded import Loaded
from app.notices import Matter, Notice, Notices
from app.playback_controller import PlaybackController
from app.reveal_controller import Ask, RevealController
from app.screen_controller import ScreenController, Screened
from app.stage_controller import StageController
from app.view_log import ViewLog
from replay.errors import SafelightError

LOG = logging.getLogger(__name__)
_UNSCREENED: Final = "This session was not screened: its pictures and text stay hidden until the first pass has run."


class SessionAccess(QObject):
    """`ended` when the session may not be looked at any more: whoever hears it closes it and then calls `say_end`."""

    ended = Signal(object)  # SafelightError
    failed = Signal(object)  # SafelightError, to be said elsewhere than at the place of the act

    def __init__(
        self,
        library: LibraryController,
        stage: StageController,
        playback: PlaybackController,
        tasks: Tasks,
        jobs: Jobs,
        notices: Notices,
        ask: Ask,
    ) -> None:
        super().__init__()
        self._library, self._notices = library, notices
        self.views = ViewLog(tasks)
        self.views.follow(playback)
        self.reveal = RevealController(library, stage, playback, tasks, ask)
        self.captions = CaptionsController(library, stage, playback, tasks, ask)
        self.watch = AccessWatch(tasks, self.reveal)
        self.screening = ScreenController(library, jobs)
        self.reveal.refused.connect(self.failed)
        self.captions.refused.connect(self.failed)
        self.screening.failed.connect(self.failed)
        self.screening.screened.connect(self._screened)
        self.watch.ended.connect(self.ended)
        playback.failed.connect(lambda _: self.watch.look())

    def open(self, loaded: Loaded, screen: Callable[[], object]) -> None:
        """Watch and write down a session that is on the stage; `screen` runs the first pass over it."""
        core, session = self._library.core, loaded.session
        self.views.open(core, session.id, has_video=session.frames is not None)
        self.watch.open(core, session.id)
        if not loaded.is_screened:
            self._notices.hold(Matter.UNSCREENED, Notice(_UNSCREENED, "Run the first pass", screen, is_alarm=False))

    def close(self) -> None:
        """Before the session is let go of: nothing of the original stays, and what was looked at is written."""
        self.watch.close()
        self.reveal.forget()
        self.captions.forget()
        self.views.close()
        self._notices.hold(Matter.UNSCREENED, None)

    def say_end(self, error: SafelightError, again: Callable[[], object]) -> None:
        """Why the session was closed, with a way to ask again, for as long as no other is opened."""
        sentence = f"This session was closed: {error.sentence}"
        self._notices.hold(Matter.SESSION_FAULT, Notice(sentence, "Try again", again))

    def say_fault(self, fault: SafelightError | None) -> None:
        """Why the session takes no edits any more; None: it does."""
        sentence = "" if fault is None else f"This session is read-only: {fault.sentence} {fault.remedy}".strip()
        self._notices.hold(Matter.SESSION_FAULT, Notice(sentence) if sentence else None)

    def _screened(self, screened: Screened) -> None:
        """What the pass has cleared is shown at once, if somebody waits for it."""
        if self._library.open_session_id == screened.session:
            self._library.open_session(screened.session)

    def finish(self) -> None:
        """What was looked at is in the log before the window is gone, or it cannot be written at all."""
        self.watch.close()
        try:
            self.reveal.finish()
            self.captions.finish()
            self.views.finish()
        except SafelightError as e:
            LOG.info("%s", e.sentence)
