"""Replay: opening, seeking, stepping and playing, on the real sample and on a rendered 1080p30 video with GOP 250."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import av
import numpy as np

from bench._player import Subject, Viewer, is_fast, played_at_speed, played_fast
from bench.footage import agentnet_video, write_screen_video
from bench.peers import pyav_seek
from bench.registry import Context, Result
from bench.timing import cpu_seconds, ms_percentiles, seconds
from replay.events import PointerTrack, SessionEvents, Timed
from replay.geometry import Display, Geometry, Rect
from replay.overlay import OverlayIndex, OverlayOptions, overlay_at
from replay.session import Session, SessionInfo
from replay.sync import SyncModel
from replay.video.decoder import GopDecoder
from replay.video.frame import bgra
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table

_STEP_BAR_MS = 16.0
_SECONDS_OF_FOOTAGE = 24.0
_EVENTS = 2_000_000
_HOUR_NS = 3_600_000_000_000
_MOST_MIB = 1024 + 256  # the pictures' budget, and everything else


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
            subject = Subject(name, path, build_frame_table(file, "video")[0])
        for measure in (_index, _first_frame, _steps, _play, _memory):
            context.note(f"{name}: {measure.__name__.strip('_').replace('_', ' ')}")
            results += measure(subject, context)
    results += _smooth(context)
    context.note("overlays over two million events")
    return [*results, _overlays()]


def _index(subject: Subject, context: Context) -> list[Result]:
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


def _first_frame(subject: Subject, context: Context) -> list[Result]:
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


def _paced(viewer: Viewer, indexes: Iterable[int]) -> list[float]:
    """One step every thirtieth of a second, as a held arrow key gives them."""
    times = []
    for index in indexes:
        took = viewer.show(index)
        times.append(took)
        time.sleep(max(0.0, 1 / 30 - took))
    return times


def _steps(subject: Subject, context: Context) -> list[Result]:
    """Steps both ways through the server after a jump and half a second of looking, then warm seeks around there."""
    viewer = Viewer(subject)
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


def _play(subject: Subject, context: Context) -> list[Result]:
    """At 1× both ways, with overlays, and as fast as it goes."""
    session, length_s = _session(subject.frames, events=100_000), 4.0 if context.quick else 10.0
    forward = played_at_speed(subject, session, 1.0, length_s)
    if is_fast(subject):
        return forward
    return [
        *forward,
        *played_at_speed(subject, session, -1.0, length_s),
        *played_fast(subject, session, 16.0, length_s / 4),
    ]


def _smooth(context: Context) -> list[Result]:
    """1080p60, as it is played at 1×."""
    context.note("rendering 60 pictures a second")
    path = write_screen_video(context.work / "smooth.mp4", 6.0 if context.quick else 12.0, 60)
    with path.open("rb") as file:
        return _play(Subject("screen 1080p60", path, build_frame_table(file, "video")[0]), context)


def _memory(subject: Subject, context: Context) -> list[Result]:
    """What seeking and playing adds to a process at most: pictures within their budget, decoders and tables."""
    command = [sys.executable, "-m", "bench._memory_child", str(subject.path), "20" if context.quick else "80"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent)
    most = float(told.stdout)
    bar = f"≤ {_MOST_MIB} MiB"
    return [Result(f"peak memory of seeking and playing, {subject.name}", most, "MiB", bar=bar, met=most <= _MOST_MIB)]


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
