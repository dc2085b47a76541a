"""The library in the window: open it, list and filter its sessions, open one in the Workbench, keep its picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.core import Core
from app.first_picture import first_picture
from app.jobs import Tasks
from app.loaded import Loaded, Opened, load, open_session
from app.pages.library import LibraryPage
from app.session_finder import SessionFinder
from app.thumbnails import Thumbnails
from replay.errors import NotFound, Refused, SafelightError
from replay.store.library import display_name, marker_id
from replay.video.frame import Frame
from replay.video.frame_table import FrameTable

_STRANGER: Final = frozenset({"not_a_member", "revoked"})


class LibraryController(QObject):
    """One library at a time. `opened` with the Core (or None), `session_opened` with an Opened."""

    opened = Signal(object)  # Core or None
    open_failed = Signal(object)  # SafelightError
    session_loading = Signal()
    first_picture = Signal(object)  # Frame, before `session_opened`
    session_opened = Signal(object)  # Opened
    session_failed = Signal(object)  # SafelightError
    picked = Signal(object)  # tuple of session ids

    def __init__(self, page: LibraryPage, tasks: Tasks, previews: Thumbnails, home: Path | None) -> None:
        super().__init__()
        self._page, self._tasks, self._previews, self._home = page, tasks, previews, home
        self._core: Core | None = None
        self._picked: tuple[str, ...] = ()
        self._open_id: str | None = None
        self.finder = SessionFinder(page, tasks, self._list_failed)
        page.picked.connect(self._pick)
        previews.made.connect(lambda made: page.show_thumbnail(made[1]))

    @property
    def core(self) -> Core:
        if self._core is None:
            raise Refused("no_library", "No library is open.", "Open one first.")
        return self._core

    @property
    def is_open(self) -> bool:
        return self._core is not None

    @property
    def picked_ids(self) -> tuple[str, ...]:
        return self._picked

    @property
    def open_session_id(self) -> str | None:
        return self._open_id

    def open(self, path: Path, then: Callable[[], object] = lambda: None) -> None:
        """Open the library at `path`, and `then` go on. Raises NotFound, BadInput or Refused for what is no library.

        Its keys are asked for off the GUI thread, because a keyring may be slow; whatever keeps them is told by
        `open_failed`. Until the library is open, and where it does not open, the one before stays.
        """
        marker_id(path)
        self._page.show_opening(display_name(path))
        self._tasks.start(
            "library",
            lambda: Core.open(path, self._home),
            lambda core: self._take(core, then),
            self._not_opened,
            unwanted=Core.close,
        )

    def _take(self, core: Core, then: Callable[[], object]) -> None:
        self.close()
        self._core = core
        self._page.show_loading()
        self.opened.emit(core)
        self.finder.open(core)
        then()

    def _not_opened(self, error: SafelightError) -> None:
        self._page.show_opening("")
        self.open_failed.emit(error)

    def close(self) -> None:
        for key in ("library", "session", "first-picture", "preview"):
            self._tasks.forget(key)
        self.finder.close()
        self._previews.open(None)
        core, self._core, self._open_id, self._picked = self._core, None, None, ()
        if core is not None:
            self.opened.emit(None)
            core.close()

    # -- the list --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the catalogue again, off the GUI thread."""
        self.finder.refresh()

    def _list_failed(self, error: SafelightError) -> None:
        if error.code in _STRANGER and self._core is not None:
            self._page.show_stranger(error.sentence, self._core.library.gate.identity.card.id)
        else:
            self._page.show_error(error.sentence, error.remedy)

    def _pick(self, ids: tuple[str, ...]) -> None:
        self._picked = ids
        self.picked.emit(ids)
        if len(ids) == 1 and self._core is not None:
            self._preview(self._core, ids[0])

    def _preview(self, core: Core, session_id: str) -> None:
        """One picture from the middle of the session."""

        def show(frames: FrameTable | None) -> None:
            if frames is not None:
                self._previews.open((lambda: core.store.open_video(session_id), frames))
                self._previews.request(len(frames) // 2)

        self._tasks.start("preview", lambda: core.store.frames(session_id), show, lambda _: None)

    # -- one session -----------------------------------------------------------------------------------------------

    def open_session(self, session_id: str | None = None) -> None:
        """Load a session off the GUI thread: the one named (an unambiguous beginning will do), else the picked one."""
        core = self.core
        if session_id is None and not self._picked:
            raise Refused("no_session_picked", "No session is picked.", "Pick one in the list.")
        whole_id = core.store.resolve(session_id) if session_id else self._picked[0]
        self._open_id = whole_id
        self.session_loading.emit()
        # What is wrong with the session its own task tells.
        self._tasks.start("first-picture", lambda: first_picture(core, whole_id), self._show_first, lambda _: None)
        self._tasks.start(
            "session",
            lambda: open_session(core, whole_id),
            self._session_ready,
            self._session_refused,
            unwanted=Opened.close,
        )

    def _show_first(self, frame: Frame | None) -> None:
        if frame is not None:
            self.first_picture.emit(frame)

    def _session_ready(self, opened: Opened) -> None:
        self._tasks.forget("first-picture")
        self.session_opened.emit(opened)

    def _session_refused(self, error: SafelightError) -> None:
        self._tasks.forget("first-picture")
        self.session_failed.emit(error)

    def reload_session(self, take: Callable[[Loaded], object]) -> None:
        """The open session again, on the clock in force now."""
        core, session_id = self._core, self._open_id
        if core is not None and session_id is not None:
            self._tasks.start("session", lambda: load(core, session_id), take, self.session_failed.emit)

    def neighbour(self, direction: int) -> str:
        """The id of the session after (or before) the open one in the list. Raises NotFound at its ends."""
        row = self._page.model.row_of(self._open_id or "")
        wanted = -1 if row is None else row + direction
        if not 0 <= wanted < self._page.model.rowCount():
            raise NotFound("no_more_sessions", "There is no further session in the list.")
        return self._page.model.session_id(wanted)
