"""Collections of cyclic garbage stay short while a session is open.

A full one looks at every object there is and holds up all threads meanwhile: a tenth of a second where a session has
tens of thousands of keys and steps. What is alive once it has been opened is set aside until another is.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.jobs import Tasks
from app.library_controller import LibraryController

_LOOK_MS: Final = 250


class Garbage(QObject):
    """Follows the sessions of the library by itself."""

    def __init__(self, library: LibraryController, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._set_aside)
        for end in (library.opened, library.session_loading, library.session_failed):
            end.connect(lambda _=None: self.take_back())
        library.session_opened.connect(lambda _: self._timer.start())

    def _set_aside(self) -> None:
        """Once what is made of the session, steps and what is hidden, is there too."""
        if self._tasks.idle:
            self._timer.stop()
            gc.freeze()

    def take_back(self) -> None:
        """Everything is looked at again from here on."""
        self._timer.stop()
        gc.unfreeze()
