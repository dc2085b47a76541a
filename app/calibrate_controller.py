"""Measuring the clock from the window: a job over the open session's pictures, and its result as an undoable edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.actions.registry import Run
from app.edit_controller import EditController
from app.jobs import IsCancelled, Jobs, Report, is_cancel
from app.library_controller import LibraryController
from app.pages.workbench import WorkbenchPage
from replay.calibration.result import Calibration, calibrated
from replay.calibration.scene import CLOCK_WAS_OFF
from replay.calibration.verdict import Answer
from replay.errors import Refused, SafelightError
from replay.sync import NOT_MEASURED
from widgets.clock_facts import ClockVerdict
from widgets.wording import short_id

_SAID: Final = frozenset({CLOCK_WAS_OFF, NOT_MEASURED})
"""Codes of problems that the verdict itself says."""


class CalibrateController:
    """One measurement at a time. What it told belongs to the session it was made of and is forgotten with it."""

    def __init__(
        self,
        library: LibraryController,
        edits: EditController,
        jobs: Jobs,
        page: WorkbenchPage,
        act: Callable[[str], Callable[[], object]],
    ) -> None:
        """`act`: what runs an action by its id, for the view's buttons."""
        self._library, self._edits, self._jobs, self._view = library, edits, jobs, page.inspector.clock
        self._job: tuple[str, str] | None = None  # session id and job id
        self._found: Calibration | None = None
        self._undo_takes_it_back = False
        self._view.measure_requested.connect(act("sync.measure"))
        self._view.apply_requested.connect(act("sync.apply"))
        edits.changed.connect(self._edited)
        for another in (library.opened, library.session_loading, library.session_failed):
            another.connect(self._forget)

    def handlers(self) -> dict[str, Run]:
        return {"sync.measure": self.measure, "sync.apply": self.apply}

    def measure(self) -> None:
        """Look at the open session's pictures as this person may see them. Raises Refused while it is done already."""
        core, session_id = self._library.core, self._library.open_session_id
        if session_id is None:
            raise Refused("no_session", "No session is open.", "Open one in the library.")
        if self._job is not None:
            raise Refused(
                "clock_being_measured", "A clock is being measured already.", "Wait for it in the jobs below."
            )

        def work(report: Report, cancelled: IsCancelled) -> Calibration:
            as_imported = core.store.load(session_id)
            with core.store.open_video(session_id) as video:
                return calibrated(as_imported, video, report, cancelled)

        self._show(ClockVerdict("Measuring: looking at the pictures…", is_running=True))
        job = self._jobs.start(
            f"Clock of {short_id(session_id)}",
            work,
            lambda found: self._done(session_id, found),
            lambda error: self._failed(session_id, error),
        )
        self._job = session_id, job

    def apply(self) -> None:
        """Put the events on what was measured, or keep what was found where no clock was; undo takes it back. Raises
        Refused where nothing was measured.
        """
        found = self._found
        if found is None:
            raise Refused("clock_not_measured", "No clock was measured for this session.", "Measure it first.")
        if found.sync is not None:
            self._edits.measure_sync(found.sync)
        else:
            self._edits.keep_seen(found.lasting)
        self._found = None
        self._show(ClockVerdict("Applied. Undo takes it back." if found.sync else "Kept. Undo takes it back."))
        self._undo_takes_it_back = True

    def _edited(self, _change: object) -> None:
        if self._undo_takes_it_back:
            self._view.show_verdict(None)
        self._undo_takes_it_back = False

    def _forget(self, *_: object) -> None:
        """The session is let go of: nobody waits for what its pictures tell."""
        if self._job is not None:
            self._jobs.cancel(self._job[1])
        self._found, self._undo_takes_it_back = None, False
        self._view.show_verdict(None)

    def _done(self, session_id: str, found: Calibration) -> None:
        self._job = None
        if self._library.open_session_id != session_id:
            return
        can_keep = found.sync is None and bool(found.lasting)
        self._found = found if found.sync is not None or can_keep else None
        self._show(ClockVerdict(_sentence(found), can_apply=found.sync is not None, can_keep=can_keep))

    def _failed(self, session_id: str, error: SafelightError) -> None:
        self._job = None
        if self._library.open_session_id == session_id:
            said = "" if is_cancel(error) else f"{error.sentence} {error.remedy}".strip()
            self._show(ClockVerdict(said))

    def _show(self, verdict: ClockVerdict) -> None:
        self._undo_takes_it_back = False
        self._view.show_verdict(verdict)


def _sentence(found: Calibration) -> str:
    """What was measured and how sure it is, or why nothing can be told; then what else the pictures told."""
    if found.sync is None:
        reason = found.cannot_tell.reason if found.cannot_tell is not None else ""
        lines = [f"Cannot tell: {reason}"]
    else:
        ms, sigma_ms = found.sync.offset_ns / 1e6, found.sync.sigma_ns / 1e6
        lines = [
            f"Measured: offset {ms:+.1f} ms ± {sigma_ms:.1f} ms{_drift(found)}, confidence {found.confidence:.2f}."
        ]
    lines += [f"{found.measured.pictures} pictures were looked at."] if found.measured.pictures else []
    return "\n".join([*lines, *(p.sentence for p in found.problems if p.code not in _SAID)])


def _drift(found: Calibration) -> str:
    verdict = found.measured.verdict
    if not isinstance(verdict, Answer):
        return ""
    clock = verdict.clock
    if clock.drift_limit_ppm:
        return f", no drift above {clock.drift_limit_ppm:.0f} ppm"
    return f", drift {clock.drift_ppm:+.0f} ppm" if clock.drift_ppm else ""
