"""Fast pictures from the window: a job in the background after imports and passes, and when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.actions.registry import Run
from app.import_controller import Imported
from app.jobs import IsCancelled, Jobs, Report, Tasks, is_cancel
from app.library_controller import LibraryController
from app.playback_controller import PlaybackController
from app.screen_controller import Screened
from curation.intake.prepare import PrepareJob, PrepareResult
from replay.errors import Refused, SafelightError
from replay.store.library import Library, display_name
from replay.video.composed import VideoFiles
from widgets.notifications import Toast
from widgets.wording import count, short_id

Wanted = Callable[[PrepareJob], tuple[str, ...] | None]


class PrepareController(QObject):
    """What came of a job that somebody asked for is said in one sentence. The open session uses what was made."""

    used = Signal(object)  # VideoFiles: those that the open session goes on with

    def __init__(
        self,
        library: LibraryController,
        playback: PlaybackController,
        jobs: Jobs,
        tasks: Tasks,
        home: Path | None,
        toast: Toast,
    ) -> None:
        super().__init__()
        self._library, self._playback, self._jobs, self._tasks, self._home = library, playback, jobs, tasks, home
        self._toast = toast
        self._asked_for = False

    def handlers(self) -> dict[str, Run]:
        return {"session.prepare": self.prepare_session, "library.prepare": self.prepare_library}

    def prepare_session(self) -> None:
        """Make the fast pictures of the open session, anew where it has some. Raises Refused."""
        core, session_id = self._library.core, self._library.open_session_id
        if session_id is None:
            raise Refused("no_session", "No session is open.", "Open one in the library.")
        self._ask(f"Fast pictures of {short_id(session_id)}", lambda: core.library, lambda _: (session_id,))

    def prepare_library(self) -> None:
        """Make what is missing in the open library, as far as its budget goes. Raises Refused."""
        library = self._library.core.library
        self._ask(f"Fast pictures of {display_name(library.path)}", lambda: library, lambda _: None)

    def _ask(self, title: str, library: Callable[[], Library], wanted: Wanted) -> None:
        if self._asked_for:
            raise Refused("preparing_runs", "Fast pictures are being made already.", "Wait for it in the jobs below.")
        self._asked_for = True
        self._start(title, library, wanted, is_asked_for=True)

    def after_import(self, imported: Imported) -> None:
        """What was imported is in the library and can be opened; its fast pictures follow in the background."""
        if imported.new:
            self._start(
                f"Fast pictures of {count(len(imported.new), 'session')}",
                lambda: Library.open(imported.library, self._home),
                lambda job: job.pending(imported.new),
            )

    def after_screening(self, screened: Screened) -> None:
        """A pass drops the fast pictures made before it."""
        title = f"Fast pictures of {short_id(screened.session)}"
        self._start(title, lambda: screened.library, lambda job: job.pending((screened.session,)))

    def _start(self, title: str, library: Callable[[], Library], wanted: Wanted, *, is_asked_for: bool = False) -> None:
        def work(report: Report, cancelled: IsCancelled) -> PrepareResult:
            job = PrepareJob(library(), report, cancelled)
            return job.run(wanted(job))

        self._jobs.start(
            title,
            work,
            lambda result: self._done(result, is_asked_for=is_asked_for),
            lambda error: self._not_done(error, is_asked_for=is_asked_for),
        )

    def _done(self, result: PrepareResult, *, is_asked_for: bool) -> None:
        if is_asked_for:
            self._asked_for = False
            self._toast.say(_sentence(result))
        self._use(tuple(s.id for s in result.sessions))

    def _not_done(self, error: SafelightError, *, is_asked_for: bool) -> None:
        if is_asked_for:
            self._asked_for = False
        if not is_cancel(error):
            self._toast.say(f"{error.sentence} {error.remedy}".strip(), error=True)

    def _use(self, made: tuple[str, ...]) -> None:
        """The session on the stage goes on with its fast pictures, where it stands."""
        session_id = self._library.open_session_id
        if session_id is None or session_id not in made or not self._library.is_open:
            return
        core = self._library.core

        def take(video: VideoFiles) -> None:
            if self._library.open_session_id == session_id and self._playback.replace_video(video):
                self.used.emit(video)
            else:
                video.close()

        self._tasks.start(
            "session video",
            lambda: core.store.open_video(session_id),
            take,
            lambda _: None,  # the session's own files go on
            unwanted=VideoFiles.close,
        )


def _sentence(result: PrepareResult) -> str:
    parts = [f"Fast pictures made for {count(len(result.sessions), 'session')}."] if result.sessions else []
    parts += [f"{short_id(f.id)}: {f.error.sentence} {f.error.remedy}".rstrip() for f in result.failed]
    if result.dropped:
        parts.append(f"{count(len(result.dropped), 'session')} gave up theirs to keep the library's budget.")
    if result.no_room:
        parts.append(f"There was no room for {len(result.no_room)} more.")
    return " ".join(parts) or "Every session has its fast pictures."
