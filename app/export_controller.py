"""Exports from the window: a plan whenever the choice changes, the export as a job, its result at the button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.actions.registry import Run
from app.jobs import IsCancelled, Jobs, Report, Tasks, is_cancel
from app.library_controller import LibraryController
from app.pages.export import ExportPage, ExportWish
from curation.export.bundle import LeakFound
from curation.export.job import ExportJob, ExportResult
from curation.export.plan import ExportPlan, PlannedSession
from curation.export.recipe import Recipe, recipe_of
from replay.errors import Refused, SafelightError
from replay.store.library import display_name
from widgets.panel_state import PanelState
from widgets.plan_table import PlanRow
from widgets.wording import count

# Planning reads whole sessions; more than this many are planned only when the export is started.
PLANNED_AT_ONCE = 60


class ExportController(QObject):
    """Exports the picked sessions, or all when none or one is picked by default of the list."""

    changed = Signal()  # whether an export can be started may be different

    def __init__(self, page: ExportPage, library: LibraryController, jobs: Jobs, tasks: Tasks) -> None:
        super().__init__()
        self._page, self._library, self._jobs, self._tasks = page, library, jobs, tasks
        self._running = False
        page.plan_requested.connect(self.plan)
        page.folder_changed.connect(self.changed)
        page.start_requested.connect(self._start_wish)
        library.opened.connect(lambda core: self._library_changed(core is not None))

    @property
    def ready(self) -> bool:
        return self._page.ready and self._library.is_open and not self._running

    def handlers(self) -> dict[str, Run]:
        return {"export.start": self.start}

    def _library_changed(self, is_open: bool) -> None:
        self._tasks.forget("export-plan")
        if not is_open:
            self._page.show_state(PanelState.empty("No library open", "Open one to export from it.", "library"))
        self.changed.emit()

    def _selected(self) -> tuple[str, ...]:
        """Several picked sessions are meant; one or none means all of them."""
        picked = self._library.picked_ids
        return picked if len(picked) > 1 else self._library.core.library.session_ids()

    # -- plan ------------------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Show what would leave, off the GUI thread."""
        if not self._library.is_open or self._running:
            self.changed.emit()
            return
        core, sessions = self._library.core, self._selected()
        self._page.show_sessions(len(sessions), len(core.library.session_ids()))
        if not self._page.formats:
            self._page.show_state(PanelState.empty("No format chosen", "Choose at least one.", "package-open"))
        elif len(sessions) > PLANNED_AT_ONCE:
            self._page.show_unplanned(len(sessions))
        else:
            self._plan_now(self._page.formats, sessions)
        self.changed.emit()

    def _plan_now(self, formats: tuple[str, ...], sessions: Sequence[str]) -> None:
        core = self._library.core
        if not sessions:
            self._page.show_plan(())
            return
        self._page.show_planning()
        recipe = _recipe(formats, sessions, self._page.purpose)
        job = ExportJob(core.library, core.author, lambda *_: None, lambda: False)
        failed = lambda e: self._page.show_state(PanelState.error(e.sentence, e.remedy))  # noqa: E731
        self._tasks.start("export-plan", lambda: job.plan(recipe), self._planned, failed)

    def _planned(self, plan: ExportPlan) -> None:
        self._page.show_plan(tuple(_row(s) for s in plan.sessions))
        self.changed.emit()

    # -- export ----------------------------------------------------------------------------------------------------

    def _start_wish(self, wish: ExportWish) -> None:
        try:
            self.start(wish.formats, str(wish.folder) if self._page.has_folder else None)
        except SafelightError as e:
            self._page.show_error(f"{e.sentence} {e.remedy}".strip())

    def start(
        self,
        formats: Sequence[str] | None = None,
        folder: str | None = None,
        sessions: Sequence[str] | None = None,
        purpose: str | None = None,
    ) -> None:
        """Plan again, write, prove and publish, as a job; refuses a folder that exists before anything is done."""
        core = self._library.core
        wish = self._page.wish
        if self._running:
            raise Refused("export_running", "An export is running already.", "Wait for it, or stop it below.")
        if folder is None and not self._page.has_folder:
            raise Refused("no_folder", "No folder is named to export to.", "Name one that does not exist yet.")
        out = Path(folder) if folder is not None else wish.folder
        chosen = tuple(formats if formats is not None else wish.formats)
        if out.exists():
            raise Refused(
                "out_exists", f"“{display_name(out)}” exists already; exports never overwrite.", "Name another."
            )
        recipe = _recipe(chosen, sessions or self._selected(), purpose or wish.purpose)

        def work(report: Report, cancelled: IsCancelled) -> ExportResult:
            job = ExportJob(core.library, core.author, report, cancelled)
            return job.run(job.plan(recipe), out)

        self._set_running(True)
        self._jobs.start(f"Exporting to {display_name(out)}", work, self._done, self._failed)

    def _set_running(self, running: bool) -> None:
        self._running = running
        self._page.show_running(running)
        self.changed.emit()

    def _done(self, result: ExportResult) -> None:
        self._set_running(False)
        sessions, proof = result.manifest.sessions, result.manifest.proof
        steps, files = sum(s.steps for s in sessions), len(result.manifest.files)
        left = (
            f"{count(len(sessions), 'session')}, {count(steps, 'step')} and {count(files, 'file')} written and proved."
        )
        not_looked = () if proof is None else proof.not_looked
        more = f" Not looked at: {'; '.join(not_looked)}." if not_looked else ""
        self._page.show_result(f"{left}{more}", result.folder)

    def _failed(self, error: SafelightError) -> None:
        self._set_running(False)
        if is_cancel(error):
            self._page.show_error("The export was stopped; nothing was written.")
            return
        leaks = f" ({count(len(error.report.leaks), 'leak')})" if isinstance(error, LeakFound) else ""
        self._page.show_error(f"{error.sentence}{leaks} {error.remedy}".strip())


def _recipe(formats: Sequence[str], sessions: Sequence[str], purpose: str | None) -> Recipe:
    return recipe_of({"formats": list(formats), "sessions": list(sessions), "purpose": purpose})


def _row(s: PlannedSession) -> PlanRow:
    return PlanRow(
        session=s.id,
        episodes=s.episodes,
        steps=s.steps,
        frames=s.frames,
        masked_frames=s.masked_frames,
        cut_frames=s.cut_frames,
        refused=s.refusal.reason if s.refusal is not None else "",
        warnings=s.warnings,
    )
