"""Dragging across an hour of 1080p30 with an I-frame every 250 frames: previews from the skim, as the window asks."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from bench.footage import write_looped, write_screen_video
from bench.registry import Context, Result
from bench.timing import ms_percentiles
from replay.problems import Problem
from replay.video.composed import VideoFiles
from replay.video.decoder import iter_pictures
from replay.video.frame import Frame
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.preview_video import SKIM_RECIPE, PreviewWriter
from replay.video.server import FrameServer
from replay.video.side_files import PreviewVideo, SideFiles

_CLIP_S: Final = 24
_MOVES_A_SECOND: Final = 125
_DRAG_S: Final = 10.0
_MOST_MIB: Final = 1024
_PAINTED: Final = 60
_FIRST_MS: Final = 16.0


def run(context: Context) -> list[Result]:
    context.note("rendering the screen video and its skim, looped to an hour")
    clip_s = _CLIP_S // 3 if context.quick else _CLIP_S
    clip = write_screen_video(context.work / "clip.mp4", clip_s)
    times = 3600 // clip_s
    with clip.open("rb") as file:
        frames = build_frame_table(file, "video")[0]
    kept = _write_skim(clip, frames, context.work / "skim.mp4")
    hour = write_looped(clip, context.work / "hour.mp4", times)
    skim = write_looped(context.work / "skim.mp4", context.work / "hour-skim.mp4", times)
    with hour.open("rb") as file:
        frames = build_frame_table(file, "video")[0]
    with skim.open("rb") as file:
        small = build_frame_table(file, "video")[0]
    each = len(frames) // times
    source = np.concatenate([kept + n * each for n in range(times)])
    preview = PreviewVideo(skim.open("rb"), replace(small, t_ns=frames.t_ns[source]), source)
    drag = _Drag(VideoFiles(hour.open("rb"), side=SideFiles(skim=preview)), frames)
    try:
        context.note("dragging")
        return drag.results(_DRAG_S / 3 if context.quick else _DRAG_S, 20 if context.quick else 80)
    finally:
        drag.server.close()


def _write_skim(clip: Path, frames: FrameTable, path: Path) -> np.ndarray:
    """Returns which frames of the clip it shows."""
    with clip.open("rb") as source, path.open("w+b") as out:
        writer = PreviewWriter(out, frames, SKIM_RECIPE, SKIM_RECIPE.crfs[0], clip.stat().st_size)
        for index, picture in iter_pictures(source, frames):
            writer.take(index, picture)
        writer.finish()
    return writer.source_index


class _Drag:
    """Asks as the window does, and notes when which picture came."""

    def __init__(self, files: VideoFiles, frames: FrameTable) -> None:
        self._frames = frames
        self._came: list[tuple[float, Frame]] = []
        self.server = FrameServer(files, frames, self._take, self._fail)
        self.server.request(0)
        self._wait()

    def _take(self, frame: Frame) -> None:
        self._came.append((time.perf_counter(), replace(frame, bgra=frame.bgra[:1])))

    def _fail(self, problem: Problem) -> None:
        raise RuntimeError(problem.code)

    def _wait(self) -> float:
        """Until a picture comes; when it came."""
        deadline_s = time.perf_counter() + 60
        while not self._came:
            if time.perf_counter() > deadline_s:
                raise TimeoutError("no picture")
            time.sleep(0.0002)
        return self._came[0][0]

    def results(self, drag_s: float, singles: int) -> list[Result]:
        cpu_s = time.process_time()
        rate = self._dragged(drag_s)
        cpu_ms = (time.process_time() - cpu_s) * 1e3 / (rate * drag_s)
        held = self.server.nbytes / 2**20
        p50, p95 = ms_percentiles([self._single(i) for i in self._places(singles)])
        bar, often = f"≤ {_FIRST_MS:.0f} ms", f"≤ {1000 / _PAINTED:.1f} ms"
        return [
            Result("scrub: time a picture, across an hour", 1000 / rate, "ms", bar=often, met=rate >= _PAINTED),
            Result("scrub: the same, processor time of the whole drag", cpu_ms, "ms"),
            Result("scrub: first picture after a move p50", p50, "ms", bar=bar, met=p50 <= _FIRST_MS),
            Result("scrub: first picture after a move p95", p95, "ms"),
            Result("scrub: pictures held", held, "MiB", bar=f"≤ {_MOST_MIB} MiB", met=held <= _MOST_MIB),
        ]

    def _places(self, n: int) -> list[int]:
        places: list[int] = np.random.default_rng(3).integers(0, len(self._frames), n).tolist()
        return places

    def _dragged(self, drag_s: float) -> float:
        """Different pictures a second, from end to end."""
        moves = round(drag_s * _MOVES_A_SECOND)
        self._came.clear()
        start_s = time.perf_counter()
        for n in range(moves):
            self.server.request(n * (len(self._frames) - 1) // moves, hurried=True)
            time.sleep(max(0.0, start_s + (n + 1) / _MOVES_A_SECOND - time.perf_counter()))
        took_s = time.perf_counter() - start_s
        return len({f.index for _, f in self._came}) / took_s

    def _single(self, index: int) -> float:
        """From a move to the first picture, after a rest; seconds."""
        time.sleep(0.12)
        self._came.clear()
        asked_s = time.perf_counter()
        self.server.request(index, hurried=True)
        return self._wait() - asked_s
