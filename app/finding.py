"""What finds things in the window: the search inside a session, and the saved views of the list; made together."""

from __future__ import annotations

from collections.abc import Callable

from app.actions.registry import Run
from app.edit_controller import EditController
from app.jobs import Tasks
from app.library_controller import LibraryController
from app.pages.library import LibraryPage
from app.pages.workbench import WorkbenchPage
from app.playback_controller import PlaybackController
from app.search_controller import SearchController
from app.stage_controller import StageController
from app.views_controller import Ask, ViewsController
from replay.errors import SafelightError


class Finding:
    """Holds both for as long as the window lives."""

    def __init__(self, ask: Ask, say: Callable[[SafelightError], None], tasks: Tasks) -> None:
        self._ask, self._say, self._tasks = ask, say, tasks
        self._handlers: dict[str, Run] = {}
        self._held: list[SearchController | ViewsController] = []

    def in_session(
        self, page: WorkbenchPage, stage: StageController, edits: EditController, playback: PlaybackController
    ) -> Finding:
        made = SearchController(page, stage, edits, playback, self._tasks)
        self._held.append(made)
        self._handlers |= made.handlers()
        return self

    def in_library(self, page: LibraryPage, library: LibraryController) -> Finding:
        made = ViewsController(page, library, self._ask, self._say)
        self._held.append(made)
        self._handlers |= made.handlers()
        return self

    def handlers(self) -> dict[str, Run]:
        return self._handlers
