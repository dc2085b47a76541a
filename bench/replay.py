"""Replay: opening, seeking, stepping and playing, on the real sample and on a rendered 1080p30 video with GOP 250."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np

from bench.footage import agentnet_video, write_screen_video
from bench.peers import pyav_seek
from bench.registry import Context, Result
from bench.timing import cpu_seconds, ms_percentiles, seconds
from replay.events import PointerTrack, SessionEvents, Timed
from replay.geometry import Display, Geometry, Rect
from replay.overlay import OverlayIndex, OverlayOptions, overlay_at
from replay.problems import Problem
from replay.session import Session, SessionInfo
from replay.sync import SyncModel
from replay.transport import Transport
from replay.video.decoder import GopDecoder
from replay.video.frame import Frame, bgra
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.server import FrameServer

_STEP_BAR_MS = 16.0
_SECONDS_OF_FOOTAGE = 24.0
_EVENTS = 2_000_000
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    path: Path
    frames: FrameTable


def run(context: Context) -> list[Result]:
    """Everything about replay; a few minutes, less with `quick`."""
    context.note("rendering the screen video")
    files = [("screen 1080p", write_screen_video(context.work / "screen.mp4", _SECONDS_OF_FOOTAGE))]
    sample = agentnet_video(context.data) if context.data else None
    if sample is not None:
        files.append(("agentnet", sample))
    results = []
    for name, path in files:
        with path.open("rb") as file:
            subject = _Subject(name, path, build_frame_table(file, "video")[0])
        for measure in (_index, _first_frame, _steps, _play):
            context.note(f"{name}: {measure.__name__.strip('_').replace('_', ' ')}")
            results += measure(subject, context)
    context.note("overlays over two million events")
    return [*results, _overlays()]


def _index(subject: _Subject, context: Context) -> list[Result]:
    """The frame table against decoding everything, which is what it must equal."""

    def full_decode() -> None:
        with av.open(str(subject.path)) as container:
            for _ in container.decode(video=0):
                pass

    def table() -> None:
        with subject.path.open("rb") as file:
            build_frame_table(file, "video")

    ours, peer = seconds(table), seconds(full_decode)
    return [Result(f"frame table, {subject.name}", ours, "s", peer, "PyAV full decode")]


def _first_frame(subject: _Subject, context: Context) -> list[Result]:
    def ours() -> None:
        with subject.path.open("rb") as file:
            decoder = GopDecoder(file, subject.frames)
            bgra(decoder.picture(0))
            decoder.close()

    def peer() -> None:
        with av.open(str(subject.path)) as container:
            next(container.decode(video=0)).to_ndarray(format="bgra")

    n = 3 if context.quick else 9
    a, b = (float(np.median([seconds(w) for _ in range(n)])) * 1e3 for w in (ours, peer))
    return [Result(f"open to first frame, {subject.name}", a, "ms", b, "PyAV", "≤ 300 ms", a <= 300)]


class _Viewer:
    """Asks a frame server as the window does and notes when pictures arrive."""

    def __init__(self, subject: _Subject) -> None:
        self.arrived: dict[int, int] = {}
        self._event = threading.Event()
        self.server = FrameServer(subject.path.open("rb"), subject.frames, self._frame, self._problem)

    def _frame(self, frame: Frame) -> None:
        self.arrived.setdefault(frame.index, time.monotonic_ns())
        self._event.set()

    def _problem(self, problem: Problem) -> None:
        raise RuntimeError(problem.code)

    def due(self, index: int) -> None:
        """What the window does when a frame's time has come: paint it if it is ready, and ask for it."""
        if self.server.ready(index) is not None:
            self.arrived[index] = time.monotonic_ns()
        self.server.request(index)

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


def _paced(viewer: _Viewer, indexes: Iterable[int]) -> list[float]:
    """One step every thirtieth of a second, as a held arrow key gives them."""
    times = []
    for index in indexes:
        took = viewer.show(index)
        times.append(took)
        time.sleep(max(0.0, 1 / 30 - took))
    return times


def _steps(subject: _Subject, context: Context) -> list[Result]:
    """Steps both ways through the server after a jump and half a second of looking, then warm seeks around there."""
    viewer = _Viewer(subject)
    middle = len(subject.frames) // 2 + 60
    n = 60 if context.quick else 140
    try:
        viewer.show(middle)
        time.sleep(0.5)
        back = _paced(viewer, range(middle - 1, middle - n, -1))
        forward = _paced(viewer, range(middle - n, middle + n))
        near = np.random.default_rng(6).integers(middle + n - 25, middle + n, 100).tolist()
        warm = [viewer.show(i) for i in near]
        held = viewer.server.nbytes / 2**20
    finally:
        viewer.server.close()
    rows = [("step back", back), ("step forward", forward), ("warm seek", warm)]
    bar = f"≤ {_STEP_BAR_MS:.0f} ms"
    results = []
    for name, samples in rows:
        p95 = ms_percentiles(samples)[1]
        results.append(Result(f"{name} p95, {subject.name}", p95, "ms", bar=bar, met=p95 <= _STEP_BAR_MS))
    peer = pyav_seek(subject.path, subject.frames.pts.tolist())
    peer_back = ms_percentiles([seconds(partial(peer, i)) for i in range(middle - 1, middle - 16, -1)])[1]
    results[0] = Result(results[0].name, results[0].ours, "ms", peer_back, "PyAV", bar, results[0].met)
    results.append(Result(f"pictures held, {subject.name}", held, "MiB", bar="≤ 1024 MiB", met=held <= 1024))
    return results


def _play(subject: _Subject, context: Context) -> list[Result]:
    """Playing at 1× with overlays, ticking at 60 Hz: a frame is late when it comes after its time on the screen."""
    viewer = _Viewer(subject)
    session = _session(subject.frames, events=100_000)
    overlays = OverlayIndex(session)
    transport = Transport()
    transport.open(session.extent, subject.frames)
    transport.loaded()
    due: dict[int, int] = {}
    length_ns = (4 if context.quick else 10) * 1_000_000_000
    try:
        viewer.show(0)
        viewer.arrived.clear()
        start = time.monotonic_ns()
        transport.play(start)
        while (now := time.monotonic_ns()) < start + length_ns:
            state = transport.tick(now)
            overlay_at(overlays, state.t_ns)
            if state.frame is not None and state.frame not in due:
                due[state.frame] = start + int(
                    subject.frames.t_ns[state.frame] + subject.frames.duration_ns[state.frame]
                )
                viewer.due(state.frame)
            time.sleep(max(0.0, 1 / 60 - (time.monotonic_ns() - now) / 1e9))
        time.sleep(0.1)
    finally:
        viewer.server.close()
    late = sum(1 for index, by in due.items() if viewer.arrived.get(index, by + 1) > by)
    shown = len(due)
    expected = subject.frames.index_at(transport.state.t_ns) + 1
    return [
        Result(f"late frames in {shown} shown at 1×, {subject.name}", late, "frames", bar="0", met=late == 0),
        Result(f"frames passed over at 1×, {subject.name}", expected - shown, "frames", bar="0", met=expected <= shown),
    ]


def _session(frames: FrameTable | None, events: int) -> Session:
    """A session of moves, clicks and scrolls spread over the video, or over an hour without one."""
    rng = np.random.default_rng(8)
    length = frames.end_ns if frames is not None else _HOUR_NS
    t_ns = np.sort(rng.integers(0, length, events))
    kind = rng.choice(4, events, p=[0.96, 0.01, 0.01, 0.02]).astype(np.int8)
    pressed = (kind == 1) | (kind == 2)
    pointer = PointerTrack(
        t_ns=t_ns,
        seq=np.arange(events),
        kind=kind,
        x_px=rng.uniform(0, 1900, events),
        y_px=rng.uniform(0, 1000, events),
        dx=np.zeros(events),
        dy=np.where(kind == 3, 1.0, 0.0),
        button=np.where(pressed, 0, -1).astype(np.int8),
    )
    nothing: Timed[object] = Timed(np.array([], np.int64), ())
    tracks = SessionEvents(pointer, nothing, nothing, nothing, nothing, ())  # type: ignore[arg-type]
    info = SessionInfo("bench", None, None, length, 0, None, None, None, "bench", "1", "unknown")
    screen = Rect(0, 0, 1920, 1080)
    geometry = Geometry([Display(0, "1", screen, is_main=True, capture_rect=screen)], (1920, 1080))
    return Session(info, frames, SyncModel(), geometry, tracks, ())


def _overlays() -> Result:
    index = OverlayIndex(_session(None, _EVENTS))
    options = OverlayOptions()
    moments = np.random.default_rng(9).integers(0, _HOUR_NS, 2_000).tolist()
    times = [cpu_seconds(partial(overlay_at, index, t, options)) for t in moments]
    p99 = float(np.percentile(times, 99)) * 1e3
    return Result("overlay p99 (CPU), 2 M events", p99, "ms", bar="≤ 1 ms", met=p99 <= 1)
