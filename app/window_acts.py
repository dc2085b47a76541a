"""What the actions of the window do: libraries, imports, pages, palette and key sheet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.actions.binding import ActionBinding, key_rows, shown_keys
from app.actions.registry import Registry, Run, Scope
from app.demo.library import DemoOrder, make_demo
from app.dialogs import ask_folder
from app.edit_controller import EditController
from app.import_controller import ImportController, Imported
from app.jobs import IsCancelled, Jobs, Report, is_cancel
from app.library_controller import LibraryController
from app.main_window import MainWindow
from app.pages.library import LibraryPage
from app.playback_controller import PlaybackController
from replay.errors import SafelightError
from replay.store.library import display_name
from replay.timebase import format_t
from widgets.command_palette import CommandPalette, Entry
from widgets.import_dialog import ImportDialog
from widgets.key_sheet import KeyRow, KeySheet
from widgets.wording import date, length, short_id

_PAGE_SCOPES = {
    "library": frozenset({Scope.LIBRARY}),
    "workbench": frozenset({Scope.WORKBENCH, Scope.STAGE}),
    "export": frozenset({Scope.EXPORT}),
    "access": frozenset({Scope.ACCESS}),
}
_PALETTE_SESSIONS = 2000


class WindowActs(QObject):
    """Handlers over the window and the controllers that outlive a session."""

    def __init__(
        self,
        window: MainWindow,
        page: LibraryPage,
        library: LibraryController,
        imports: ImportController,
        jobs: Jobs,
        home: Path,
        recent: Callable[[], tuple[str, ...]],
    ) -> None:
        super().__init__()
        self._window, self._page, self._library = window, page, library
        self._imports, self._jobs, self._home = imports, jobs, home
        self._recent = recent
        self._dialog: ImportDialog | None = None
        page.dropped.connect(lambda paths: self._ask_import(paths))
        page.session_opened.connect(library.open_session)
        library.open_failed.connect(lambda e: self.say_failure(f"{e.sentence} {e.remedy}".strip()))
        imports.imported.connect(self._imported)
        imports.failed.connect(lambda sentence: self.say_failure(sentence))

    def handlers(self) -> dict[str, Run]:
        return {
            "library.open": self.open_library,
            "library.demo": self.open_demo,
            "library.filter": self.filter,
            "session.import": self.import_,
            "session.open": lambda session=None: self._library.open_session(session),
            "session.next": lambda: self._library.open_session(self._library.neighbour(1)),
            "session.previous": lambda: self._library.open_session(self._library.neighbour(-1)),
            "page.library": lambda: self._window.show_page("library"),
            "page.workbench": lambda: self._window.show_page("workbench"),
            "page.export": lambda: self._window.show_page("export"),
            "page.access": lambda: self._window.show_page("access"),
            "app.quit": self._window.close,
        }

    # -- libraries -------------------------------------------------------------------------------------------------

    def open_library(self, path: str | None = None, then: Callable[[], object] = lambda: None) -> None:
        chosen = Path(path) if path is not None else ask_folder(self._window, "Open a library")
        if chosen is None:
            return
        try:
            self._library.open(chosen, then)
        except SafelightError as e:
            if not self._page.shows_first_run:
                raise
            self._page.first_run.show_error(f"{e.sentence} {e.remedy}".strip())
            return
        self._window.show_page("library")

    def open_demo(self, path: str | None = None, minutes: float = 3.0) -> None:
        """Make the demo library, or reuse the one made before, and open it."""
        folder = Path(path) if path is not None else self._home / "demo"

        def work(report: Report, cancelled: IsCancelled) -> Path:
            return make_demo(folder, DemoOrder(minutes=minutes), report, cancelled, self._home).library

        self._jobs.start("Making the demo library", work, self._open_made, self._job_failed)

    def _open_made(self, library: Path) -> None:
        self.open_library(str(library))
        self._window.toast.say("The demo library is ready.")

    def _job_failed(self, error: SafelightError) -> None:
        if not is_cancel(error):
            self.say_failure(f"{error.sentence} {error.remedy}".strip())

    def say_failure(self, sentence: str) -> None:
        """At the place of the act: the first screen while it is shown, else a message that stays."""
        if self._page.shows_first_run:
            self._page.first_run.show_error(sentence)
        else:
            self._window.toast.say(sentence, error=True)

    def filter(self, text: str | None = None, look: bool = False) -> None:
        """Put the cursor into the box; with a text, filter by it, and `look` into the sessions as Enter does."""
        if text is None:
            self._page.filter.setFocus()
        else:
            self._page.filter.set_text(text)
            if look:
                self._page.filter.look()

    # -- imports ---------------------------------------------------------------------------------------------------

    def import_(self, paths: list[str] | None = None, library: str | None = None, consent: str = "unknown") -> None:
        """Import what is at `paths` into the open library (or the one named); without paths, ask."""
        if paths is None:
            self._ask_import(())
        else:
            self._start_import(tuple(Path(p) for p in paths), consent, Path(library) if library else None)

    def _ask_import(self, paths: tuple[Path, ...]) -> None:
        dialog = ImportDialog(self._window, paths, lambda: ask_folder(self._window, "Import a folder"))
        dialog.import_requested.connect(lambda wish: self._start_import(wish[0], wish[1], None))
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    def _start_import(self, paths: tuple[Path, ...], consent: str, library: Path | None) -> None:
        fallback = self._library.core.library.path if self._library.is_open else self._home / "library"
        self._page.first_run.show_error("")
        self._imports.start(paths, library or fallback, consent)

    def _imported(self, done: Imported) -> None:
        if self._library.is_open and self._library.core.library.path == done.library:
            self._library.refresh()
        elif done.sessions:
            self._library.open(done.library)
        if done.with_failures:
            self.say_failure(done.sentence)
        else:
            self._window.toast.say(done.sentence)

    # -- palette and keys ------------------------------------------------------------------------------------------

    def help_handlers(
        self, registry: Registry, binding: ActionBinding, edits: EditController, playback: PlaybackController
    ) -> dict[str, Run]:
        return {
            "help.keys": lambda: KeySheet(self._window, self._key_rows(registry)).open(),
            "palette.open": lambda query="": self._open_palette(registry, binding, edits, playback, query),
        }

    def _key_rows(self, registry: Registry) -> list[KeyRow]:
        scopes = frozenset({Scope.WINDOW}) | _PAGE_SCOPES[self._window.page]
        return key_rows(registry, scopes)

    def _open_palette(
        self,
        registry: Registry,
        binding: ActionBinding,
        edits: EditController,
        playback: PlaybackController,
        query: str,
    ) -> None:
        entries = [
            *self._actions(registry, binding),
            *self._labels(edits, playback),
            *self._sessions(),
            *self._libraries(),
        ]
        palette = CommandPalette(self._window, entries)
        palette.entry_chosen.connect(lambda entry: entry.run())
        centre = self._window.geometry().center()
        palette.move(centre.x() - palette.width() // 2, self._window.geometry().top() + 90)
        palette.search(query)
        palette.open()

    def _actions(self, registry: Registry, binding: ActionBinding) -> list[Entry]:
        def run_of(action_id: str) -> Callable[[], object]:
            return lambda: binding.trigger(action_id)

        shown = [a for a in registry.actions if a.listed and not a.hold and a.id != "palette.open"]
        return [
            Entry(
                "Action",
                binding.qaction(a.id).text(),
                " ".join(shown_keys(a.keys)[:1]),
                a.icon or "command",
                run_of(a.id),
                registry.is_enabled(a.id),
            )
            for a in sorted(shown, key=lambda a: not registry.is_enabled(a.id))
        ]

    def _labels(self, edits: EditController, playback: PlaybackController) -> list[Entry]:
        def go(item_id: str, t_ns: int) -> Callable[[], object]:
            def run() -> None:
                edits.select(item_id)
                playback.seek(t_ns)
                self._window.show_page("workbench")

            return run

        icons = {"labels": "tag", "episodes": "flag", "cuts": "scissors", "redactions": "eye-off"}
        return [
            Entry(
                i.lane[:-1].capitalize(),
                i.title,
                f"{i.lane[:-1].capitalize()} · {format_t(i.range.start_ns)}",
                icons[i.lane],
                go(i.id, i.range.start_ns),
            )
            for i in edits.items
        ]

    def _libraries(self) -> list[Entry]:
        """The libraries opened last."""
        return [
            Entry("Library", f"Library {display_name(Path(p))}", p, "library", partial(self.open_library, p))
            for p in self._recent()
        ]

    def _sessions(self) -> list[Entry]:
        model = self._page.model
        out = []
        for row in range(min(model.rowCount(), _PALETTE_SESSIONS)):
            record = model.record(row)
            session_id = record["id"]
            detail = f"{date(record['started_at_utc_ns'])} · {length(record['duration_ns'])}"
            run = lambda session_id=session_id: self._library.open_session(session_id)  # noqa: E731
            out.append(Entry("Session", f"Session {short_id(session_id)} · {record['format']}", detail, "film", run))
        return out
