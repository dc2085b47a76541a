"""Imports from the window: a job with progress; what came of it is said once, refusals by name and reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import IsCancelled, Jobs, Report, is_cancel
from curation.intake.job import ImportJob, ImportRequest, ImportResult
from replay.errors import SafelightError
from replay.store.library import Library, display_name
from widgets.wording import count


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of one import, in one sentence; `sessions` counts those that are in the library now, `new` names those
    that were not there before."""

    library: Path
    sentence: str
    sessions: int
    with_failures: bool
    new: tuple[str, ...]


class ImportController(QObject):
    """Starts imports and words their results."""

    imported = Signal(object)  # Imported
    failed = Signal(object)  # str

    def __init__(self, jobs: Jobs, home: Path) -> None:
        super().__init__()
        self._jobs, self._home = jobs, home

    def start(self, paths: tuple[Path, ...], library: Path, consent: str) -> None:
        """Import everything at `paths` into the library at `library`, made if absent."""

        def work(report: Report, cancelled: IsCancelled) -> ImportResult:
            request = ImportRequest(paths, consent=consent)
            return ImportJob(Library.open_or_create(library, self._home), report, cancelled).run(request)

        title = f"Importing {display_name(paths[0])}" if len(paths) == 1 else f"Importing {len(paths)} folders"
        self._jobs.start(title, work, lambda result: self._done(library, result), self._fail)

    def _done(self, library: Path, result: ImportResult) -> None:
        new = [s for s in result.sessions if s.is_new]
        parts = [f"{count(len(new), 'session')} imported."] if new else []
        known = len(result.sessions) - len(new)
        parts += [f"{count(known, 'session')} had been imported before."] if known else []
        parts += [f"“{f.name}” was not imported: {f.error.sentence} {f.error.remedy}".rstrip() for f in result.failed]
        sentence = " ".join(parts) or "Nothing to import was found there."
        told = Imported(
            library, sentence, len(result.sessions), bool(result.failed) or not parts, tuple(s.id for s in new)
        )
        self.imported.emit(told)

    def _fail(self, error: SafelightError) -> None:
        if not is_cancel(error):
            self.failed.emit(f"{error.sentence} {error.remedy}".strip())
