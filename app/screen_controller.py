"""The first pass from the window: a job over one session, and the session opened again when it is done."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.actions.registry import Run
from app.jobs import IsCancelled, Jobs, Report, is_cancel
from app.library_controller import LibraryController
from curation.intake.screen import ScreenJob
from replay.errors import Refused, SafelightError
from replay.store.library import Library
from widgets.wording import short_id


@dataclass(frozen=True, slots=True)
class Screened:
    """A session that a pass has looked at; its library need not be the open one any more."""

    library: Library
    session: str


class ScreenController(QObject):
    """One pass at a time for one session."""

    screened = Signal(object)  # Screened
    failed = Signal(object)  # SafelightError

    def __init__(self, library: LibraryController, jobs: Jobs) -> None:
        super().__init__()
        self._library, self._jobs = library, jobs
        self._running: set[str] = set()

    def handlers(self) -> dict[str, Run]:
        return {"session.screen": self.screen}

    def screen(self) -> None:
        """Run the first pass over the open session. Raises Refused while it runs already."""
        core, session_id = self._library.core, self._library.open_session_id
        if session_id is None:
            raise Refused("no_session", "No session is open.", "Open one in the library.")
        if session_id in self._running:
            raise Refused("screening_runs", "The first pass runs already.", "Wait for it in the jobs below.")

        def work(report: Report, cancelled: IsCancelled) -> None:
            ScreenJob(core.library, report, cancelled).run((session_id,))

        self._running.add(session_id)
        self._jobs.start(
            f"First pass over {short_id(session_id)}",
            work,
            lambda _: self._done(Screened(core.library, session_id)),
            lambda e: self._not_done(session_id, e),
        )

    def _done(self, screened: Screened) -> None:
        self._running.discard(screened.session)
        self.screened.emit(screened)

    def _not_done(self, session_id: str, error: SafelightError) -> None:
        self._running.discard(session_id)
        if not is_cancel(error):
            self.failed.emit(error)
