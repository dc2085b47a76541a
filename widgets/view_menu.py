"""The button of the saved views: choose one, save what is shown, rename or delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from widgets.controls import button, row


class ViewMenu(QWidget):
    """Asks for what a person wants of the saved views; `show_names` says which there are."""

    applied = Signal(object)  # name
    save_requested = Signal()
    rename_requested = Signal(object)  # name
    removal_requested = Signal(object)  # name

    def __init__(self) -> None:
        super().__init__()
        self._menu = QMenu(self)
        self._menu.setAccessibleName("Saved views")
        self._button: QPushButton = button("Views", icon="panel-left")
        self._button.setToolTip("Saved views: filter, sorting and columns under a name")
        self._button.setMenu(self._menu)
        self.setLayout(row(self._button))
        self.show_names(())

    def show_names(self, names: tuple[str, ...]) -> None:
        self._menu.clear()
        for name in names:
            self._add(self._menu, name, partial(self.applied.emit, name))
        if names:
            self._menu.addSeparator()
        self._add(self._menu, "Save this view…", self.save_requested.emit)
        for title, signal in (("Rename", self.rename_requested), ("Delete", self.removal_requested)):
            inside = self._menu.addMenu(title)
            inside.setAccessibleName(f"{title} a view")
            inside.setEnabled(bool(names))
            for name in names:
                self._add(inside, name, partial(signal.emit, name))

    def _add(self, menu: QMenu, title: str, run: Callable[[], object]) -> QAction:
        # An ampersand in a name is no mnemonic.
        action = menu.addAction(title.replace("&", "&&"))
        action.triggered.connect(lambda _checked=False: run())
        return action

    def names(self) -> tuple[str, ...]:
        """What can be chosen, the views first."""
        return tuple(a.text().replace("&&", "&") for a in self._menu.actions() if a.text())

    def open(self) -> None:
        """Show the menu, for the keyboard."""
        self._button.showMenu()
