"""Something that follows the playhead but may lag: done at once, and again at most every so often while calls come."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Throttle(QObject):
    """`act` runs with the first call, and once more after the last call that it left out."""

    def __init__(self, every_ms: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act
        self._is_behind = False
        self._timer = QTimer(self, interval=every_ms, singleShot=True)
        self._timer.timeout.connect(self._catch_up)

    def call(self) -> None:
        if self._timer.isActive():
            self._is_behind = True
        else:
            self._act()
            self._timer.start()

    def forget(self) -> None:
        """What was left out is no longer wanted."""
        self._is_behind = False
        self._timer.stop()

    def _catch_up(self) -> None:
        if self._is_behind:
            self._is_behind = False
            self.call()
