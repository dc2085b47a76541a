"""One timeline with a long, dense session, painted again and again: for `bench.timeline`, in a process of its own.

Prints one line of JSON: arrange_ms (the tracks made ready, once per session), and for every way of moving p50 and p99
of a paint in ms of this thread's CPU, so that another process on the machine is not measured with it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect

from app.desktop import make_application
from curation.model import Label
from curation.veil import Lifted
from replay.events import Gap, KeyEvent, PointerTrack, SessionEvents, TextEvent, Timed, WindowEvent
from replay.geometry import Display, Geometry, Rect
from replay.problems import Problem, Severity
from replay.session import MediaInfo, Session, SessionInfo
from replay.sync import SyncModel
from replay.timebase import NS_PER_S, TimeRange
from replay.video.frame_table import FrameTable
from widgets.timeline.model import Item, tracks_of
from widgets.timeline.view import TimelineView

Int64s = npt.NDArray[np.int64]

HOURS: Final = 4
FPS: Final = 30
SIZE: Final = (1440, 320)
_LENGTH_NS: Final = HOURS * 3600 * NS_PER_S
_KEYS, _WINDOWS, _TEXTS, _LABELS, _GAPS, _PROBLEMS = 200_000, 40_000, 40_000, 2_000, 500, 2_000


def main(events: str, paints: str) -> None:
    app = make_application(sys.argv[:1])
    session = session_of(int(events))
    started = time.perf_counter()
    tracks = tracks_of(session, Lifted())
    arranged_ms = (time.perf_counter() - started) * 1000
    view = TimelineView()
    view.resize(*SIZE)
    view.show()
    view.show_tracks(tracks)
    view.show_items(_items(), None)
    view.show_playhead(0, follow=False)
    app.processEvents()
    bench = _Bench(view, int(paints))
    found = {
        "zoom": bench.measured(bench.zooms()),
        **{f"pan_{name}": bench.measured(bench.pans(seconds)) for name, seconds in _ZOOMS.items()},
        "playhead": bench.measured(bench.plays()),
    }
    print(json.dumps({"arrange_ms": arranged_ms, "paints": found}))


_ZOOMS: Final = {"4h": 4 * 3600.0, "30min": 1800.0, "1min": 60.0, "1s": 1.0}


@dataclass
class _Bench:
    view: TimelineView
    paints: int

    def measured(self, moves: Iterator[Callable[[], None]]) -> tuple[float, float]:
        """CPU of this thread for a move with the paint that it causes, p50 and p99 in ms."""
        taken = []
        for move in moves:
            start = time.thread_time()
            move()
            taken.append((time.thread_time() - start) * 1e3)
        p50, p99 = np.percentile(np.array(taken), [50, 99])
        return float(p50), float(p99)

    def _repainted(self, act: Callable[[], None], area: QRect | None = None) -> Callable[[], None]:
        def move() -> None:
            act()
            self.view.repaint(area or self.view.rect())

        return move

    def zooms(self) -> Iterator[Callable[[], None]]:
        """In and out again over the whole range of zooms, at a place that wanders."""
        rng = np.random.default_rng(5)
        for n in range(self.paints):
            factor = 1.25 if n // 40 % 2 == 0 else 0.8
            x = float(rng.uniform(200, SIZE[0] - 50))
            yield self._repainted(lambda factor=factor, x=x: self.view.zoom(factor, x))  # type: ignore[misc]

    def pans(self, seconds: float) -> Iterator[Callable[[], None]]:
        """With `seconds` in sight, or nearly all of it, through the session."""
        self.view.show_whole()
        self.view.zoom(HOURS * 3600 / seconds * 1.02)
        rng = np.random.default_rng(6)
        for _ in range(self.paints):
            dx = float(rng.uniform(-400, 400))
            yield self._repainted(lambda dx=dx: self.view.pan(dx))  # type: ignore[misc]

    def plays(self) -> Iterator[Callable[[], None]]:
        self.view.show_whole()
        self.view.zoom(200.0)
        self.view.repaint()
        start = self.view.axis.t(100)
        for n in range(self.paints):
            t_ns = start + n * NS_PER_S // FPS
            strip = QRect(round(self.view.axis.x(t_ns)) + 100, 0, 40, SIZE[1])
            yield self._repainted(lambda t_ns=t_ns: self.view.show_playhead(t_ns, follow=True), strip)  # type: ignore[misc]


def _moments(n: int, seed: int) -> Int64s:
    """Sorted times in bursts, as people work."""
    rng = np.random.default_rng(seed)
    waits = rng.exponential(1.0, n) * np.where(rng.random(n) < 0.01, 40.0, 1.0)
    moments: Int64s = (np.cumsum(waits) / waits.sum() * (_LENGTH_NS - NS_PER_S)).astype(np.int64)
    return moments


def session_of(events: int) -> Session:
    """`events` events in all, most of them of the pointer; 30 frames a second, an I-frame every ten seconds."""
    n = max(0, events - _KEYS - _WINDOWS - _TEXTS)
    frames = np.arange(HOURS * 3600 * FPS, dtype=np.int64)
    table = FrameTable(
        "video", frames, frames * NS_PER_S // FPS, np.full(len(frames), NS_PER_S // FPS), frames % (10 * FPS) == 0
    )
    times = _moments(_WINDOWS, 3).tolist()
    windows = tuple(
        WindowEvent(t, i, f"w{i % 50}", f"app{i % 12}", f"title {i % 50}", None, None, True)
        for i, t in enumerate(times)
    )
    keys = tuple(
        KeyEvent(t, i, "down" if i % 2 == 0 else "up", "KeyA", "a", None, (), False, False)
        for i, t in enumerate(_moments(_KEYS, 4).tolist())
    )
    texts = tuple(
        TextEvent(t, t + NS_PER_S, i, "clipboard", "words", None) for i, t in enumerate(_moments(_TEXTS, 8).tolist())
    )
    gaps = tuple(Gap(t, t + NS_PER_S, "paused") for t in _moments(_GAPS, 9).tolist())
    whole = Rect(0, 0, 1920, 1080)
    return Session(
        SessionInfo(
            "A" * 26, None, None, _LENGTH_NS, 0, None, None, None, "bench", "1", "granted",
            media=(MediaInfo("video", "h264", 1920, 1080, "1/30", "0" * 64),),
        ),
        table,
        SyncModel(0, 0, 0.0, 10_000_000, "correlated"),
        Geometry([Display(0, "d", whole, is_main=True, capture_rect=whole)], (1920, 1080)),
        SessionEvents(
            _pointer(n),
            Timed(np.array([k.t_ns for k in keys], np.int64), keys),
            Timed(np.array(times, np.int64), windows),
            Timed(np.zeros(0, np.int64), ()),
            Timed(np.array([t.t_start_ns for t in texts], np.int64), texts),
            gaps,
        ),
        tuple(Problem("bench", Severity.WARNING, "A problem.", 1, t) for t in _moments(_PROBLEMS, 10).tolist()),
    )  # fmt: skip


def _pointer(n: int) -> PointerTrack:
    rng = np.random.default_rng(2)
    kind = np.zeros(n, np.int8)
    kind[::100], kind[10::100], kind[50::100] = 1, 2, 3
    button = np.where((kind == 1) | (kind == 2), 0, -1).astype(np.int8)
    place = rng.uniform(0, 1000, (2, n))
    return PointerTrack(
        _moments(n, 1), np.arange(n), kind, place[0], place[1], np.zeros(n), -(kind == 3).astype(np.float64), button
    )


def _items() -> tuple[Item, ...]:
    starts = _moments(_LABELS, 7).tolist()
    ranges = [TimeRange(t, t + 5 * NS_PER_S) for t in starts]
    return tuple(Item("labels", f"l{i}", r, "milestone", Label(f"l{i}", r, "milestone")) for i, r in enumerate(ranges))


if __name__ == "__main__":
    main(*sys.argv[1:])
