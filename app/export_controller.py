"""Exports from the window: a plan whenever the choice changes, the export as a job, its result at the button."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.actions.registry import Run
from app.jobs import Jobs, Tasks
from app.library_controller import LibraryController
from app.pages.export import ExportPage


class ExportController(QObject):
    changed = Signal()

    def __init__(self, page: ExportPage, library: LibraryController, jobs: Jobs, tasks: Tasks) -> None:
        super().__init__()
        self._page, self._library, self._jobs, self._tasks = page, library, jobs, tasks
        self._running = False

    @property
    def ready(self) -> bool:
        return self._page.ready and self._library.is_open and not self._running

    def handlers(self) -> dict[str, Run]:
        return {"export.start": self.start}

    def plan(self) -> None: ...

    def start(self, formats=None, folder=None, sessions=None) -> None: ...
