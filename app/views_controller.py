"""The saved views of the Library page: what is shown goes under a name, and a name brings it back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.actions.registry import Run
from app.core import Core
from app.library_controller import LibraryController
from app.pages.library import LibraryPage
from curation.search.saved_views import SavedView
from replay.errors import SafelightError

Ask = Callable[[str, str, str], str | None]


class ViewsController(QObject):
    """Over the page and the library that is open; `ask` puts one question, `say` tells what was refused."""

    def __init__(
        self, page: LibraryPage, library: LibraryController, ask: Ask, say: Callable[[SafelightError], None]
    ) -> None:
        super().__init__()
        self._page, self._library, self._ask, self._say = page, library, ask, say
        library.opened.connect(self._opened)
        page.views.applied.connect(lambda name: self._guarded(lambda: self.apply(name)))
        page.views.save_requested.connect(lambda: self._guarded(self.save))
        page.views.rename_requested.connect(lambda name: self._guarded(lambda: self.rename(name)))
        page.views.removal_requested.connect(lambda name: self._guarded(lambda: self.remove(name)))

    def handlers(self) -> dict[str, Run]:
        return {
            "views.open": self.open,
            "views.apply": self.apply,
            "views.save": self.save,
            "views.rename": self.rename,
            "views.remove": self.remove,
        }

    def _guarded(self, act: Callable[[], object]) -> None:
        try:
            act()
        except SafelightError as e:
            self._say(e)

    def _opened(self, core: Core | None) -> None:
        self._page.views.show_names(())
        if core is not None:
            self._guarded(self._show_names)

    def _show_names(self) -> None:
        self._page.views.show_names(tuple(v.name for v in self._library.core.views.all()))

    def open(self) -> None:
        """The menu of the views, for the keyboard."""
        self._page.views.open()

    def apply(self, name: str) -> None:
        """Filter, sort and show columns as the view says; looking into the sessions is asked for as always."""
        view = self._library.core.views.named(name)
        self._page.list.hide_columns(view.hidden)
        self._page.list.show_sorting(view.sort, descending=view.descending)
        self._page.filter.set_text(view.filter)

    def save(self, name: str | None = None) -> None:
        """Keep what is shown under a name, which is asked for."""
        if name is None:
            name = self._ask("What is this view called?", "Its filter, sorting and columns are kept for you.", "Save")
        if name:
            sort, descending = self._page.list.sorting()
            hidden = self._page.list.hidden_columns()
            self._library.core.views.save(SavedView(name, self._page.filter.text, sort, descending, hidden))
            self._show_names()

    def rename(self, name: str, to: str | None = None) -> None:
        if to is None:
            to = self._ask(f"What is “{name}” called from now on?", "Its filter stays.", "Rename")
        if to:
            self._library.core.views.rename(name, to)
            self._show_names()

    def remove(self, name: str) -> None:
        self._library.core.views.remove(name)
        self._show_names()
