"""Playing as the window does it: asking a frame server for what is due, and noting which picture came when."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.registry import Result
from replay.overlay import OverlayIndex, overlay_at
from replay.problems import Problem
from replay.session import Session
from replay.transport import Transport
from replay.video.frame import Frame
from replay.video.frame_table import FrameTable
from replay.video.server import FrameServer

_TICKS: Final = 60
_NEVER_BLOCKS_MS: Final = 250.0


@dataclass(frozen=True, slots=True)
class Subject:
    """One video to play."""

    name: str
    path: Path
    frames: FrameTable


def is_fast(subject: Subject) -> bool:
    """Whether it has more than the usual 30 pictures a second."""
    return len(subject.frames) > subject.frames.end_ns / 1e9 * 45


class Viewer:
    """Asks a frame server as the window does and notes when pictures arrive."""

    def __init__(self, subject: Subject) -> None:
        self.arrived: dict[int, int] = {}
        self.came_ns: list[int] = []  # pictures of whatever frame
        self._event = threading.Event()
        self.server = FrameServer(subject.path.open("rb"), subject.frames, self._frame, self._problem)

    def _frame(self, frame: Frame) -> None:
        now = time.monotonic_ns()
        self.came_ns.append(now)
        if not frame.is_preview:
            self.arrived.setdefault(frame.index, now)
        self._event.set()

    def _problem(self, problem: Problem) -> None:
        raise RuntimeError(problem.code)

    def due(self, index: int, *, hurried: bool = False) -> None:
        """What the window does when a frame's time has come: paint it if it is ready, and ask for it."""
        if self.server.ready(index) is not None:
            self.arrived[index] = time.monotonic_ns()
            self.came_ns.append(self.arrived[index])
        self.server.request(index, hurried=hurried)

    def show(self, index: int) -> float:
        """Ask for a frame and wait for it; seconds."""
        self.arrived.pop(index, None)
        start = time.perf_counter()
        self.server.request(index)
        while index not in self.arrived:
            if not self._event.wait(30):
                raise TimeoutError(f"frame {index}")
            self._event.clear()
        return time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class _Played:
    """What was asked for when, in order (index, monotonic ns), the frames passed over, and who noted what came."""

    asked: list[tuple[int, int]]
    start_ns: int
    from_ns: int
    passed_over: int
    viewer: Viewer


def played_at_speed(subject: Subject, session: Session, rate: float, length_s: float) -> list[Result]:
    """At 1× either way, with overlays: a frame is late when it comes after its time on the screen."""
    played = _played(subject, session, rate, length_s)
    frames = subject.frames
    late = 0
    for index, _ in played.asked:
        edge = int(frames.t_ns[index]) + (int(frames.duration_ns[index]) if rate > 0 else 0)
        by = played.start_ns + int(abs(edge - played.from_ns) / abs(rate))
        late += played.viewer.arrived.get(index, by + 1) > by
    way = f"at {rate:g}×, {subject.name}"
    over = played.passed_over
    return [
        Result(f"late frames in {len(played.asked)} shown {way}", late, "frames", bar="0", met=late == 0),
        Result(f"frames passed over {way}", over, "frames", bar="0", met=over == 0),
    ]


def played_fast(subject: Subject, session: Session, rate: float, length_s: float) -> list[Result]:
    """Faster than pictures can be decoded: how long the screen stands still after a request, whatever comes then."""
    played = _played(subject, session, rate, length_s)
    came = np.array(sorted(played.viewer.came_ns))
    asked = np.array([at for _, at in played.asked])
    at = np.searchsorted(came, asked)
    end = np.append(came, asked[-1] + int(1e9))  # nothing came: a second at least
    p99 = float(np.percentile((end[at] - asked) / 1e6, 99))
    name, bar = f"request to some picture p99 at {rate:g}×, {subject.name}", f"≤ {_NEVER_BLOCKS_MS:.0f} ms"
    return [Result(name, p99, "ms", bar=bar, met=p99 <= _NEVER_BLOCKS_MS)]


def _played(subject: Subject, session: Session, rate: float, length_s: float) -> _Played:
    viewer = Viewer(subject)
    overlays = OverlayIndex(session)
    transport = Transport()
    transport.open(session.extent, subject.frames)
    transport.loaded()
    asked: list[tuple[int, int]] = []
    try:
        first = 0 if rate > 0 else len(subject.frames) - 2
        viewer.show(first)
        time.sleep(0.5)
        viewer.arrived.clear()
        viewer.came_ns.clear()
        start = time.monotonic_ns()
        transport.seek(int(subject.frames.t_ns[first]), start)
        from_ns = transport.state.t_ns
        transport.set_rate(rate, start)
        transport.play(start)
        while (now := time.monotonic_ns()) < start + length_s * 1e9:
            state = transport.tick(now)
            overlay_at(overlays, state.t_ns)
            if state.frame is not None and state.frame not in {i for i, _ in asked[-1:]}:
                asked.append((state.frame, time.monotonic_ns()))
                viewer.due(state.frame, hurried=abs(rate) > 1)
            time.sleep(max(0.0, 1 / _TICKS - (time.monotonic_ns() - now) / 1e9))
        time.sleep(0.3)
    finally:
        viewer.server.close()
    shown = {index for index, _ in asked}
    between = max(shown) - min(shown) + 1
    return _Played(asked, start, from_ns, between - len(shown), viewer)
