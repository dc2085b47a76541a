"""Sessions for the step tests, written event by event: what a hand does at which second, in session time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replay import schema
from replay.events import Gap, KeyEvent, PointerTrack, SessionEvents, Timed, WindowEvent
from replay.geometry import Display, Geometry, Rect
from replay.session import MediaInfo, Session, SessionInfo
from replay.sync import SyncModel
from replay.timebase import NS_PER_S
from replay.video.frame_table import FrameTable

MOVE, DOWN, UP, SCROLL = range(4)
FRAME_NS = NS_PER_S // 50
SIZE = (1000, 500)


def ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def frame_table(seconds: float, frame_ns: int = FRAME_NS) -> FrameTable:
    n = max(1, ns(seconds) // frame_ns)
    t_ns = np.arange(n, dtype=np.int64) * frame_ns
    return FrameTable("video", np.arange(n, dtype=np.int64), t_ns, np.full(n, frame_ns, np.int64), t_ns == 0)


class Hand:
    """Moves, presses and types; `session()` is what was recorded. Frames last 20 ms, 1000×500, one display."""

    def __init__(self) -> None:
        self.pointer: list[tuple[int, int, float, float, float, float, int]] = []
        self.keys: list[KeyEvent] = []
        self.windows: list[WindowEvent] = []
        self.gaps: list[Gap] = []
        self.at = (100.0, 100.0)

    def _pointer(self, t: float, kind: int, x: float, y: float, dx: float = 0, dy: float = 0, button: int = -1) -> Hand:
        self.pointer.append((ns(t), kind, x, y, dx, dy, button))
        self.at = (x, y)
        return self

    def move(self, t: float, x: float, y: float) -> Hand:
        return self._pointer(t, MOVE, x, y)

    def down(self, t: float, x: float | None = None, y: float | None = None, button: str = "left") -> Hand:
        at = (self.at[0] if x is None else x, self.at[1] if y is None else y)
        return self._pointer(t, DOWN, *at, button=schema.POINTER_BUTTONS.index(button))

    def up(self, t: float, x: float | None = None, y: float | None = None, button: str = "left") -> Hand:
        at = (self.at[0] if x is None else x, self.at[1] if y is None else y)
        return self._pointer(t, UP, *at, button=schema.POINTER_BUTTONS.index(button))

    def click(self, t: float, x: float = 100, y: float = 100, hold: float = 0.1, button: str = "left") -> Hand:
        return self.down(t, x, y, button).up(t + hold, x, y, button)

    def scroll(self, t: float, dy: float = 0, dx: float = 0, x: float = 100, y: float = 100) -> Hand:
        return self._pointer(t, SCROLL, x, y, dx, dy)

    def key(self, t: float, kind: str, code: str, key: str | None = None, text: str | None = None, **more) -> Hand:
        event = KeyEvent(
            ns(t), len(self.keys), kind, code, key, text, more.get("modifiers", ()),
            more.get("repeat", False), more.get("secure", False),
        )  # fmt: skip
        self.keys.append(event)
        return self

    def press(self, t: float, code: str, key: str | None = None, hold: float = 0.05, **more) -> Hand:
        self.key(t, "down", code, key, **more)
        return self.key(t + hold, "up", code, key, **more)

    def type(self, t: float, text: str, every: float = 0.1, **more) -> Hand:
        for i, c in enumerate(text):
            code = f"Key{c.upper()}" if c.isalpha() else "Space"
            self.press(t + i * every, code, c, **more)
        return self

    def focus(self, t: float, window: str, title: str = "", app: str = "app") -> Hand:
        self.windows.append(WindowEvent(ns(t), len(self.windows), window, app, title, None, None, True))
        return self

    def gap(self, a: float, b: float, reason: str = "paused") -> Hand:
        self.gaps.append(Gap(ns(a), ns(b), reason))
        return self

    def session(
        self,
        *,
        seconds: float = 60,
        sigma_ms: float = 0,
        method: str = "correlated",
        scale: float = 1.0,
        frames: FrameTable | None = None,
        video: bool = True,
        **info: object,
    ) -> Session:
        table = frames or (frame_table(seconds) if video else None)
        whole = Rect(0, 0, *map(float, SIZE))
        display = Display(0, "d", whole, scale=scale, is_main=True, capture_rect=whole)
        events = SessionEvents(
            self._track(), _timed(self.keys), _timed(self.windows), _timed([]), _timed([]), tuple(self.gaps)
        )
        media = (MediaInfo("video", "h264", *SIZE, "1/50", ""),)
        about = SessionInfo(
            "S" * 26, None, None, ns(seconds), 0, "windows", "test", None, "test", "1", "granted", media=media
        )
        sync = SyncModel(sigma_ns=round(sigma_ms * 1e6), method=method)
        return Session(replace(about, **info), table, sync, Geometry([display], SIZE if video else None), events, ())

    def _track(self) -> PointerTrack:
        rows = sorted(enumerate(self.pointer), key=lambda r: (r[1][0], r[0]))
        columns = list(zip(*(r for _, r in rows), strict=True)) or [()] * 7
        t_ns, kind, x, y, dx, dy, button = columns
        floats = [np.array(c, np.float64) for c in (x, y, dx, dy)]
        return PointerTrack(
            np.array(t_ns, np.int64), np.array([i for i, _ in rows], np.int64), np.array(kind, np.int8), *floats,
            np.array(button, np.int8),
        )  # fmt: skip


def _timed(events) -> Timed:
    ordered = tuple(sorted(events, key=lambda e: (e.t_ns, e.seq)))
    return Timed(np.array([e.t_ns for e in ordered], np.int64), ordered)
