"""The only place where objects meet: everything of the window is made, wired, started and joined here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from app.access_controller import AccessController
from app.actions.binding import ActionBinding, KeyFilter, shown_keys
from app.actions.catalogue import ACTIONS
from app.actions.registry import Registry, Scope, UiAction
from app.bridge import Bridge
from app.calibrate_controller import CalibrateController
from app.compare_acts import CompareActs
from app.compare_controller import CompareController
from app.core import Core
from app.dialogs import ask_folder, ask_line
from app.edit_controller import EditController, Editing
from app.export_controller import ExportController
from app.facts import facts_of
from app.film_controller import FilmController
from app.finding import Finding
from app.garbage import Garbage
from app.import_controller import ImportController
from app.jobs import Jobs, Tasks
from app.jump_acts import JumpActs
from app.library_controller import LibraryController
from app.loaded import Loaded, Opened
from app.main_window import MainWindow
from app.notices import Notices
from app.overlay_choices import choices_of
from app.pages.access import AccessActs, AccessPage
from app.pages.export import ExportPage
from app.pages.library import LibraryActs, LibraryPage
from app.pages.workbench import WorkbenchPage
from app.playback_controller import PlaybackController
from app.prepare_controller import PrepareController
from app.session_access import SessionAccess
from app.settings import SettingsFile, packed, unpacked
from app.stage_controller import StageController
from app.thumbnails import Thumbnails
from app.window_acts import WindowActs
from app.workbench_acts import WorkbenchActs
from curation.changes import Change
from curation.labels.schemas import load_schemas
from curation.touches import Kind
from replay.errors import SafelightError
from replay.store.library import display_name
from widgets.rail import RailEntry
from widgets.transport_bar import TransportButtons

_BUTTONS: Final = (
    "seek.start",
    "frame.previous",
    "play.toggle",
    "frame.next",
    "seek.end",
    "play.loop",
    "play.skip_idle",
)
"""The transport bar's, in the order of its fields."""


def _rail_entry(page: str, registry: Registry) -> RailEntry:
    action = registry.action(f"page.{page}")
    return RailEntry(page, action.title, action.icon, shown_keys(action.keys)[0])


class Desktop(QObject):
    """The whole window. Make it, `show` it, and `close` it: nothing it started outlives that."""

    binding: ActionBinding
    window: MainWindow
    workbench: WorkbenchPage

    def __init__(self, app: QApplication, home: Path) -> None:
        super().__init__()
        self._home = home
        self.settings = SettingsFile.read(home)
        self.registry = Registry(ACTIONS)
        self._closed = False
        self._make_services()
        self._make_pages()
        self._make_controllers()
        self._wire()
        self.keys = KeyFilter(self.binding, self.registry, self.workbench.stage)
        self.keys.install(app, self.workbench)
        self._app = app
        self._restore()
        self._show_facts()

    # -- making ----------------------------------------------------------------------------------------------------

    def _make_services(self) -> None:
        self._bridge = Bridge()
        self.tell_failure: Callable[[SafelightError], None] = self._bridge.to_gui(self._show_failure)
        self.tasks = Tasks(self._bridge)
        self.jobs = Jobs(self._bridge)
        self.previews = Thumbnails(self._bridge)
        self.observations = Thumbnails(self._bridge)

    def _run_later(self, action_id: str) -> Callable[[], object]:
        """A button's act; the binding is asked for when it is pressed, because it is made after the pages."""
        return lambda: self.binding.trigger(action_id)

    def _make_pages(self) -> None:
        run = self._run_later
        self.library_page = LibraryPage(
            LibraryActs(
                run("library.demo"),
                run("session.import"),
                run("library.open"),
                run("session.open"),
                run("page.export"),
                run("access.copy_card"),
            )
        )
        self.workbench = WorkbenchPage(TransportButtons(*(run(n) for n in _BUTTONS)))
        self.access_page = AccessPage(
            AccessActs(run("access.copy_card"), run("access.verify_log"), run("access.prove"))
        )
        self.export_page = ExportPage(lambda: ask_folder(self.window, "Export into"))
        pages: dict[str, QWidget] = {
            "library": self.library_page,
            "workbench": self.workbench,
            "export": self.export_page,
            "access": self.access_page,
        }
        self.window = MainWindow(pages, tuple(_rail_entry(name, self.registry) for name in pages))
        self.notices = Notices(self.window.banner)

    def _make_controllers(self) -> None:
        self.playback = PlaybackController(self._bridge)
        self.film = FilmController(self.workbench.timeline, self._bridge)
        self.edits = EditController(load_schemas())
        self.stage = StageController(self.workbench, self.playback, self.edits, self.tasks, self.observations)
        self.library = LibraryController(self.library_page, self.tasks, self.previews, self._home)
        self.imports = ImportController(self.jobs, self._home)
        self.exports = ExportController(self.export_page, self.library, self.jobs, self.tasks)
        ask = lambda title, hint, accept: ask_line(self.window, title, hint, accept)  # noqa: E731
        self.finding = Finding(ask, self._show_failure, self.tasks).in_library(self.library_page, self.library)
        self.finding.in_session(self.workbench, self.stage, self.edits, self.playback)
        self.session_access = SessionAccess(
            self.library, self.stage, self.playback, self.tasks, self.jobs, self.notices, ask
        )
        self.reveal = self.session_access.reveal
        toast = self.window.toast
        self.preparing = PrepareController(self.library, self.playback, self.jobs, self.tasks, self._home, toast)
        self._garbage = Garbage(self.library, self.tasks)
        self.compare = CompareController(
            self.workbench, self.library, self.playback, self.edits, self.stage, self.tasks, self._bridge
        )
        self.calibration = CalibrateController(self.library, self.edits, self.jobs, self.workbench, self._run_later)
        self.access = AccessController(self.access_page, self.library, self.jobs, self.tasks, self._home)
        self.acts = WorkbenchActs(self.workbench, self.playback, self.edits, self.stage, self.session_access, ask)
        self.window_acts = WindowActs(
            self.window,
            self.library_page,
            self.library,
            self.imports,
            self.jobs,
            self._home,
            lambda: self.settings.value.recent_libraries,
        )
        self.registry.bind(self.acts.handlers())
        JumpActs(self.playback, self.edits, self.stage).bind(self.registry)
        self.registry.bind(self.window_acts.handlers())
        self.registry.bind(_compare_acts(self).handlers())
        self.registry.bind(self.exports.handlers() | self.finding.handlers())
        self.registry.bind(self.access.handlers() | self.calibration.handlers())
        self.registry.bind(self.session_access.screening.handlers() | self.preparing.handlers())
        self.binding = ActionBinding(self.registry, _places(self))
        self.registry.bind(self.window_acts.help_handlers(self.registry, self.binding, self.edits, self.playback))
        self.binding.fill_menus(self.window.menuBar())

    def _wire(self) -> None:
        self.acts.connect(self.binding.guarded)
        self.binding.refused.connect(self._say_refusal)
        self.jobs.progressed.connect(self.window.tray.show_job)
        self.window.tray.cancel_requested.connect(self.jobs.cancel)
        self.observations.made.connect(lambda made: self.workbench.steps.show_picture(*made))
        self.library.opened.connect(self._library_opened)
        self.library.session_loading.connect(self._session_loading)
        self.library.first_picture.connect(self.stage.show_first)
        self.library.session_opened.connect(self._session_opened)
        self.library.session_failed.connect(self._session_failed)
        self.library.picked.connect(lambda _: self._show_facts())
        self.edits.changed.connect(self._decided)
        self.edits.selected.connect(lambda _: self._show_facts())
        self.edits.locked.connect(lambda error: self._show_banner(error))
        self.playback.moved.connect(lambda _: self._show_facts())
        self.access.use_window(self.notices, self.window.rail, self.window.toast)
        self.session_access.failed.connect(self._show_failure)
        self.session_access.screening.screened.connect(self.preparing.after_screening)
        self.preparing.used.connect(lambda video: self.film.open(self.library.core, self.edits.editing.session, video))
        self.imports.imported.connect(self.preparing.after_import)
        self.session_access.ended.connect(self._access_ended)
        self.compare.changed.connect(self._show_facts)
        self.exports.changed.connect(lambda: self.export_page.start.setEnabled(self.exports.ready))
        self.window.page_changed.connect(self._page_changed)
        self.window.closing.connect(self.close)

    # -- what happens ----------------------------------------------------------------------------------------------

    def _library_opened(self, core: Core | None) -> None:
        self._close_session()
        if core is None:
            self.library_page.show_first_run()
        else:
            self.settings.value = self.settings.value.with_library(core.library.path)
            self._use_labels(core)
        name = display_name(core.library.path) if core is not None else ""
        self.window.setWindowTitle(f"{name} – Safelight" if name else "Safelight")
        self._show_facts()

    def _use_labels(self, core: Core) -> None:
        try:
            schemas = core.label_schemas()
        except SafelightError as e:
            schemas = load_schemas()
            self._show_failure(e)
        self.edits.use_schemas(schemas)
        self.workbench.inspector.show_label_choices(self.edits.choices)

    def _show_failure(self, error: SafelightError) -> None:
        self.window.toast.say(f"{error.sentence} {error.remedy}".strip(), error=True)

    def _show_banner(self, fault: SafelightError | None) -> None:
        self.session_access.say_fault(fault)
        if fault is not None:
            self.workbench.inspector.set_read_only(True)

    def _session_loading(self) -> None:
        self._close_session()
        self.stage.show_loading()
        self.window.show_page("workbench")

    def _close_session(self) -> None:
        self.compare.take(None)
        self.session_access.close()
        self._show_banner(None)
        self.playback.close()
        self.edits.close()
        self.observations.open(None)
        self.film.close()
        self.stage.close()
        self._show_facts()

    def _session_opened(self, opened: Opened) -> None:
        core, loaded, session = self.library.core, opened.loaded, opened.loaded.session
        self.workbench.inspector.set_read_only(False)
        self.edits.open(Editing(session, opened.editor, core.library.key))
        self.playback.open(session, opened.video, loaded.stops_ns, loaded.idle)
        frames = session.frames
        if frames is not None:
            self.observations.open((lambda: core.store.open_video(session.id), frames))
        self.stage.open(loaded)
        self.film.open(core, session, opened.video)
        self.session_access.open(loaded, self._run_later("session.screen"))
        self.compare.take(loaded)
        self.workbench.canvas.setFocus()
        self._show_facts()

    def _session_failed(self, error: SafelightError) -> None:
        self._close_session()
        self.stage.show_error(error)

    def _access_ended(self, error: SafelightError) -> None:
        """Nothing of the session stays on screen or in memory; why, and a way to ask again."""
        session_id = self.library.open_session_id or ""
        self._session_failed(error)
        self.previews.open(None)
        self.session_access.say_end(error, lambda: self.binding.trigger("session.open", session=session_id))

    def _decided(self, change: Change) -> None:
        if Kind.SYNC in change.kinds:
            self.library.reload_session(self._session_moved)
        for action_id, name, title in (
            ("edit.undo", "Undo", self.edits.undo_title),
            ("edit.redo", "Redo", self.edits.redo_title),
        ):
            self.binding.retitle(action_id, f"{name} “{title}”" if title else name)
        self._show_facts()

    def _session_moved(self, loaded: Loaded) -> None:
        self.edits.replace_session(loaded.session)
        self.playback.replace_moments(loaded.stops_ns, loaded.idle)
        self.stage.replace(loaded)
        self.compare.take(loaded)

    def _page_changed(self, name: str) -> None:
        if name == "library":
            self.library.refresh()
        elif name == "export":
            self.exports.plan()
        elif name == "access":
            self.access.refresh()
        elif self.stage.session is not None:
            self.workbench.canvas.setFocus()

    def _say_refusal(self, refusal: tuple[UiAction, SafelightError]) -> None:
        """In words, at the place of the act."""
        action, error = refusal
        sentence = f"{error.sentence} {error.remedy}".strip()
        if action.context in (Scope.WORKBENCH, Scope.STAGE) or self.window.page == "workbench":
            self.stage.say(sentence)
        elif action.context is Scope.EXPORT:
            self.export_page.show_error(sentence)
        else:
            self.window_acts.say_failure(sentence)

    def _show_facts(self) -> None:
        """Tell the registry what is true now; it enables what can be done."""
        self.registry.set_facts(facts_of(self.library, self.playback, self.edits, self.compare))

    @property
    def idle(self) -> bool:
        """Whether nothing runs off the GUI thread and the playhead's picture is on screen."""
        pictures = self.previews.idle and self.observations.idle and self.film.idle
        settled = self.playback.settled and self.compare.settled
        return self.tasks.idle and self.jobs.running == 0 and settled and pictures

    # -- life ------------------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        remembered = self.settings.value
        self.window.restore(unpacked(remembered.window_geometry))
        self.workbench.restore_panels(unpacked(remembered.panels))
        self.library_page.list.hide_columns(remembered.hidden_columns)
        self.export_page.set_formats(remembered.export_formats)
        self.stage.show_choices(choices_of(remembered.captions, remembered.overlays))

    def show(self, library: Path | None = None, session: str | None = None) -> None:
        """Show the window on the library named, else on the last one if it is still there; and on a session."""
        self.window.show()
        last = [Path(p) for p in self.settings.value.recent_libraries[:1]]
        library = library or next((p for p in last if Path(p, "library.json").exists()), None)
        if library is not None:
            then = lambda: session is not None and self.binding.trigger("session.open", session=session)  # noqa: E731
            self.binding.trigger("library.open", path=str(library), then=then)

    def close(self) -> None:
        """Remember what is worth it, then stop and join everything, in reverse order of starting."""
        if self._closed:
            return
        self._closed = True
        self.settings.change(
            window_geometry=packed(self.window.geometry_bytes()),
            panels=packed(self.workbench.panels()),
            hidden_columns=self.library_page.list.hidden_columns(),
            export_formats=self.export_page.formats,
            captions=self.stage.choices.caption.value,
            overlays=self.stage.choices.shown,
        )
        self.settings.write()
        self._bridge.close()
        self._app.removeEventFilter(self.keys)
        self.compare.finish()
        self.session_access.finish()
        self.jobs.close()
        self.playback.close()
        for pictures in (self.observations, self.previews):
            pictures.close()
        self.film.finish()
        self.tasks.close()
        self.library.close()


def _compare_acts(desktop: Desktop) -> CompareActs:
    desktop.compare.failed.connect(desktop.tell_failure)
    desktop.workbench.compare.act_requested.connect(lambda action_id: desktop.binding.trigger(action_id))
    return CompareActs(
        desktop.window,
        desktop.library_page,
        desktop.workbench.compare,
        desktop.compare,
        desktop.library,
        desktop.edits,
        desktop.tasks,
        desktop.tell_failure,
    )


def _places(desktop: Desktop) -> dict[Scope, tuple[QWidget, ...]]:
    """Where the keys of each scope are valid."""
    return {
        Scope.WINDOW: (desktop.window,),
        Scope.LIBRARY: (desktop.library_page,),
        Scope.WORKBENCH: (desktop.workbench,),
        Scope.STAGE: desktop.workbench.stage,
        Scope.EXPORT: (desktop.export_page,),
        Scope.ACCESS: (desktop.access_page,),
    }
