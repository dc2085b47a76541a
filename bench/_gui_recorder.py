"""Records how long the GUI thread is busy at a stretch, and with what: for `bench.gui_latency`.

A turn is what the event loop does at a stretch, without looking for input: either all posted events, or all timers and
what came from the screen. Whatever a person does meanwhile waits for its end. Events are seen by a filter, so one that
is sent from within another ends the other's share. While a turn is long, another thread looks at what the GUI thread
is executing: that names the function, which events do not.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any, Final

from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject
from PySide6.QtWidgets import QApplication

LONG_MS: Final = 16.0
_LOOK_AFTER_S: Final = 0.008
_LOOK_EVERY_S: Final = 0.004
_OURS: Final = ("/app/", "/widgets/", "/curation/", "/replay/")


@dataclass
class Turn:
    """One turn of the event loop. `at_s` since the recording began; `events`: ms of its longest events by name."""

    at_s: float
    phase: str
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    events: dict[str, float] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Recorder(QObject):
    """Between `start` and `stop`, every turn of the GUI thread's event loop."""

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self._app = app
        self.turns: list[Turn] = []
        self.phase = ""
        self._began_s = 0.0
        self._turn: Turn | None = None
        self._turn_from_s = self._cpu_from_s = self._event_from_s = 0.0
        self._event = ""
        self._shares: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._gui_thread = threading.get_ident()
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="gui-watcher")

    def start(self) -> None:
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.connect(self._ended)
        dispatcher.aboutToBlock.connect(self._ended)
        self._app.installEventFilter(self)
        self._began_s = time.perf_counter()
        self._watcher.start()

    def stop(self) -> None:
        self._app.removeEventFilter(self)
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.disconnect(self._ended)
        dispatcher.aboutToBlock.disconnect(self._ended)
        self._stopped.set()
        self._watcher.join()

    def _ended(self) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        now_s = time.perf_counter()
        self._shares[self._event] += now_s - self._event_from_s  # type: ignore[assignment]
        turn.wall_ms, turn.cpu_ms = (now_s - self._turn_from_s) * 1e3, (time.thread_time() - self._cpu_from_s) * 1e3
        if turn.wall_ms > LONG_MS:
            turn.events = {name: round(s * 1e3, 2) for name, s in self._shares.most_common(4) if name}
            turn.seen = [where for where, _ in self._seen.most_common(3)]
        self.turns.append(turn)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        now_s = time.perf_counter()
        if self._turn is None:
            self._shares.clear()
            self._seen.clear()
            self._turn_from_s, self._cpu_from_s = now_s, time.thread_time()
            self._turn = Turn(now_s - self._began_s, self.phase)
        else:
            self._shares[self._event] += now_s - self._event_from_s  # type: ignore[assignment]
        self._event = f"{event.type().name} → {type(receiver).__name__}"
        self._event_from_s = now_s
        return False

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_S):
            if self._turn is not None and time.perf_counter() - self._turn_from_s > _LOOK_AFTER_S:
                frame = sys._current_frames().get(self._gui_thread)
                where = _ours(frame)
                if where:
                    self._seen[where] += 1


def _ours(frame: FrameType | None) -> str:
    """The innermost two functions of ours that are being executed."""
    found: list[str] = []
    while frame is not None and len(found) < 2:
        name = frame.f_code.co_filename
        if any(part in name for part in _OURS) and "/site-packages/" not in name:
            place = name.rsplit("/", 2)
            found.append(f"{place[-2]}/{place[-1]}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(found)
