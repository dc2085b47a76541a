"""From any thread to the GUI thread: a value and the function that takes it, as one queued signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

V = TypeVar("V")


class Bridge(QObject):
    """Lives in the GUI thread. After `close` nothing is delivered any more, however late it arrives."""

    _arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def to_gui(self, take: Callable[[V], object]) -> Callable[[V], None]:
        """A function for other threads: calling it lets `take` run with the value in the GUI thread, later."""

        def post(value: V) -> None:
            if self._open:
                self._arrived.emit((take, value))

        return post

    def _deliver(self, parcel: tuple[Callable[[object], object], object]) -> None:
        if self._open:
            take, value = parcel
            take(value)

    def close(self) -> None:
        self._open = False
