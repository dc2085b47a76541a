"""Trials of the calibration on a recording whose clock is known: parts of it, altered clocks, and strangers' events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from curation.intake.job import ImportJob, ImportRequest
from replay.calibration.measure import Measured, Watcher, measured, pointer_path
from replay.calibration.values import Detections, PointerPath
from replay.calibration.verdict import Answer, CannotTell, judged
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore, unmasked
from replay.video.composed import VideoSource
from replay.video.frame_table import FrameTable

PURPOSE: Final = "benchmark"


@dataclass(frozen=True)
class Recording:
    """A session with the path of its pointer; `seen` is what moves in the whole video, `width` the picture's."""

    session: Session
    path: PointerPath
    frames: FrameTable
    seen: Detections
    width: int

    @property
    def frame_s(self) -> float:
        return self.frames.frame_ns / 1e9

    def part(self, start_s: float, end_s: float) -> Detections:
        return self.seen.at((self.seen.t_s >= start_s) & (self.seen.t_s < end_s))


def imported(library: Library, *sources: Path) -> SessionStore:
    """The sources' sessions in a library, as captured."""
    ImportJob(library, lambda *_: None, lambda: False).run(ImportRequest(sources, consent="granted", derive=False))
    return SessionStore(library, unmasked(PURPOSE))


def recording(store: SessionStore, session: Session) -> Recording:
    """A session with its whole video looked at."""
    assert session.frames is not None
    with store.open_video(session.id) as video:
        path = pointer_path(session.events.pointer)
        seen, width = watched(video, session.frames)
    return Recording(session, path, session.frames, seen, width)


def watched(video: VideoSource, frames: FrameTable) -> tuple[Detections, int]:
    """What moves in every picture of a video, and the width it was looked at."""
    watcher = Watcher(video, frames)
    try:
        watcher.look((0, len(frames)))
    finally:
        watcher.close()
    return watcher.detector.found(), watcher.width


def measure_file(file: BinaryIO, frames: FrameTable, path: PointerPath) -> Measured:
    return measured(file, frames, path)


def windows_of(r: Recording, length_s: float, count: int, seed: int) -> Iterator[Answer | CannotTell]:
    """Verdicts on random contiguous parts."""
    rng = np.random.default_rng(seed)
    end_s = r.frames.end_ns / 1e9
    for start_s in rng.uniform(0.0, end_s - length_s, count):
        yield judged(r.part(start_s, start_s + length_s), r.path, r.width, r.frame_s)


def moved(path: PointerPath, lag_s: float) -> PointerPath:
    return replace(path, t_s=path.t_s + lag_s)


def drifting(path: PointerPath, ppm: float) -> PointerPath:
    """The recorder's clock runs fast by `ppm` from its first event on."""
    return replace(path, t_s=path.t_s + (path.t_s - path.t_s[0]) * ppm / 1e6)


def stepping(path: PointerPath, step_s: float, at_s: float) -> PointerPath:
    return replace(path, t_s=np.maximum.accumulate(np.where(path.t_s < at_s, path.t_s, path.t_s + step_s)))


def strangers(own: PointerPath, others: list[PointerPath], seed: int) -> Iterator[tuple[str, PointerPath]]:
    """Events that are not this session's, without end: other people's, and its own reversed, mirrored or turned."""
    rng = np.random.default_rng(seed)
    span = float(own.t_s[-1])
    while True:
        for name, path in [("another session", p) for p in others] + _altered(own):
            start = rng.uniform(-span / 2, span / 2)
            yield name, replace(path, t_s=path.t_s - path.t_s[0] + start)


def _altered(own: PointerPath) -> list[tuple[str, PointerPath]]:
    backwards = PointerPath((own.t_s[-1] - own.t_s)[::-1], own.x[::-1], own.y[::-1])
    width, height = float(own.x.max()), float(own.y.max())
    return [
        ("its own, backwards", backwards),
        ("its own, mirrored", replace(own, x=width - own.x)),
        ("its own, turned", PointerPath(own.t_s, own.y, width - own.x)),
        ("its own, upside down", replace(own, y=height - own.y)),
    ]


Progress = Callable[[str], None]
