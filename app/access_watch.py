"""Whether the open session may still be looked at: asked every second, so that a withdrawal is felt in every window."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.core import Core
from app.jobs import Tasks
from app.reveal_controller import RevealController
from replay.errors import SafelightError

EVERY_MS: Final = 1000


class AccessWatch(QObject):
    """`ended` once, with the reason; whoever hears it blanks everything. What cannot be asked counts as an end."""

    ended = Signal(object)  # SafelightError

    def __init__(self, tasks: Tasks, reveal: RevealController | None = None, name: str = "access-watch") -> None:
        """`reveal`: whose looks at the original are watched too. `name` keeps several watches apart."""
        super().__init__()
        self._tasks, self._reveal, self._key = tasks, reveal, name
        self._watched: tuple[Core, str] | None = None
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)

    def open(self, core: Core, session_id: str) -> None:
        self._watched = (core, session_id)
        self._timer.start()

    def close(self) -> None:
        self._timer.stop()
        self._tasks.forget(self._key)
        self._watched = None

    def look(self) -> None:
        """Ask at once, off the GUI thread."""
        if self._watched is None:
            return
        core, session_id = self._watched

        def ask() -> None:
            core.check_there()
            core.store.check(session_id)

        self._tasks.start(self._key, ask, lambda _: self._look_at_reveal(), self._end, is_prompt=True)

    def _look_at_reveal(self) -> None:
        reveal = self._reveal
        if reveal is not None and reveal.is_on:
            failed = lambda e: self._end_reveal(reveal, e)  # noqa: E731
            self._tasks.start(self._key, reveal.check, lambda _: None, failed, is_prompt=True)

    def _end_reveal(self, reveal: RevealController, error: SafelightError) -> None:
        reveal.forget()
        reveal.refused.emit(error)

    def _end(self, error: SafelightError) -> None:
        self.close()
        self.ended.emit(error)
