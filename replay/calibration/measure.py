"""The whole measurement of one session: pictures in, an answer or “cannot tell” out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from av.video.frame import VideoFrame

from replay.calibration.motion import Luma, MotionDetector
from replay.calibration.values import PointerPath
from replay.calibration.verdict import Answer, CannotTell, judged
from replay.calibration.windows import Choice, Window, everything
from replay.errors import BadInput, Cancelled
from replay.events import PointerTrack
from replay.video.composed import VideoSource, open_pictures
from replay.video.frame_table import FrameTable

_ENOUGH_BURSTS: Final = 8
_SIGMA_S: Final = 0.009
_AGREEING: Final = 0.8  # of the movements; where fewer agree, the clock may step where too little was looked at
_HINTS: Final = 1.5  # of what a drift explains; a steady clock's movements reach it once in five times
_SHORTEST_PX: Final = 200.0
_SPARSE: Final = 8  # every so many-th pixel says whether a picture is black
_BLACK: Final = 32  # luma; black is 16, and codecs are noisy there
_WIDEST: Final = 1600  # px; larger pictures are looked at with every second pixel, or third, …

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Look:
    """One stretch of the video that was looked at: how many of its pictures changed nothing, how many were black, and
    how far the pointer went meanwhile by the clock that was found, capture px. `resized_s`: when the first of them had
    another size than the video's first picture, if one had."""

    start_s: float
    end_s: float
    pictures: int
    still: int
    black: int
    way_px: float = 0.0
    resized_s: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out, and the stretches it was read from, by time; `thinning` is how many px of a picture each one that
    was looked at stands for."""

    verdict: Answer | CannotTell
    looks: tuple[Look, ...] = ()
    thinning: int = 1

    @property
    def pictures(self) -> int:
        return sum(look.pictures for look in self.looks)

    @property
    def still_pictures(self) -> int:
        return sum(look.still for look in self.looks)


def pointer_path(pointer: PointerTrack) -> PointerPath:
    """The track's known positions, in seconds of the clock it was read with."""
    known = np.isfinite(pointer.x_px) & np.isfinite(pointer.y_px)
    return PointerPath(pointer.t_ns[known] / 1e9, pointer.x_px[known], pointer.y_px[known])


def measured(
    video: VideoSource,
    frames: FrameTable,
    path: PointerPath,
    report: Report = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    whole: bool = False,
) -> Measured:
    """Look at sampled windows, at more where the answer is not settled; at all of the video where `whole`.

    Raises Cancelled, and BadInput where the video cannot be opened; pictures that do not decode are passed over.
    """
    if len(path.t_s) < 2 or path.length_px(-np.inf, np.inf) < _SHORTEST_PX:
        return Measured(CannotTell("pointer_rests", "The pointer hardly moves in this session."))
    watcher = Watcher(video, frames, cancelled)
    try:
        choice = Choice(frames, path, watcher.pixels())
        first = everything(frames, choice.length_s) if whole else choice.first()
        looks = _looks(watcher, first, report)
        verdict = judged(watcher.detector.found(), path, watcher.width, frames.frame_ns / 1e9)
        if not whole and not _is_enough(verdict):
            looks += _looks(watcher, choice.further(at_ends=_hints_at_drift(verdict)), report)
            verdict = judged(watcher.detector.found(), path, watcher.width, frames.frame_ns / 1e9)
    finally:
        watcher.close()
    return Measured(verdict, _with_ways(looks, path, verdict), watcher.thinning)


def _looks(watcher: Watcher, windows: tuple[Window, ...], report: Report) -> list[Look]:
    looks: list[Look] = []
    total, done = sum(last - first for first, last in windows), 0
    for window in windows:
        report(done, total, "Looking at the pictures")
        looks.append(watcher.look(window))
        done += window[1] - window[0]
    report(total, total, "Looking at the pictures")
    return looks


def _with_ways(looks: list[Look], path: PointerPath, verdict: Answer | CannotTell) -> tuple[Look, ...]:
    lag_s = verdict.clock.lag_s if isinstance(verdict, Answer) else 0.0
    in_time = sorted(looks, key=lambda look: look.start_s)
    return tuple(replace(k, way_px=path.length_px(k.start_s + lag_s, k.end_s + lag_s)) for k in in_time)


def _is_enough(verdict: Answer | CannotTell) -> bool:
    if isinstance(verdict, CannotTell):
        return False
    clock = verdict.clock
    settled = clock.step_at_s is None and clock.drift_ppm == 0.0 and clock.drift_hint < _HINTS
    many = len(verdict.bursts) >= _ENOUGH_BURSTS and clock.sigma_s <= _SIGMA_S
    return settled and many and clock.agreeing >= _AGREEING


def _hints_at_drift(verdict: Answer | CannotTell) -> bool:
    if isinstance(verdict, CannotTell) or verdict.clock.step_at_s is not None:
        return False
    return verdict.clock.agreeing >= _AGREEING and (
        verdict.clock.drift_ppm != 0.0 or verdict.clock.drift_hint >= _HINTS
    )


class Watcher:
    """Hands the pictures of windows to a detector; `width` is of the pictures as looked at, `thinning` how many px
    each of theirs stands for."""

    def __init__(self, video: VideoSource, frames: FrameTable, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._pictures = open_pictures(video, frames)
        self._frames = frames
        self._cancelled = cancelled
        self.detector = MotionDetector()
        self._next = -1
        self._size: tuple[int, int] | None = None
        self._resized_s: float | None = None
        self.width = 0
        self.thinning = 1

    def pixels(self) -> int:
        """Of one picture, as far as the first one decodes."""
        try:
            picture = self._pictures.picture(0, lambda: not self._cancelled())
        except BadInput:
            return 0
        self._size = (picture.width, picture.height)
        return int(picture.width * picture.height)

    def look(self, window: Window) -> Look:
        """Every picture of the window; those that do not decode are passed over. Raises Cancelled."""
        seen, still, black = self.detector.pictures, self.detector.still_pictures, 0
        self._resized_s = None
        for index in range(*window):
            if self._cancelled():
                raise Cancelled("The calibration")
            try:
                luma = self._luma(index)
            except BadInput:
                self.detector.restart()
                continue
            if index != self._next:
                self.detector.restart()
            self._next = index + 1
            self.detector.take(float(self._frames.t_ns[index]) / 1e9, luma)
            black += int(luma[::_SPARSE, ::_SPARSE].max(initial=0)) <= _BLACK
        start_s, end_s = (float(self._frames.t_ns[i]) / 1e9 for i in (window[0], window[1] - 1))
        pictures, still = self.detector.pictures - seen, self.detector.still_pictures - still
        return Look(start_s, end_s, pictures, still, black, resized_s=self._resized_s)

    def _luma(self, index: int) -> Luma:
        picture = self._in_one_size(index, self._pictures.picture(index, lambda: not self._cancelled()))
        if not picture.format.name.startswith(("yuv", "gray", "nv12")) or "p1" in picture.format.name:
            picture = picture.reformat(format="gray")
        plane = picture.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * picture.height]
        luma = rows.reshape(picture.height, plane.line_size)[:, : picture.width]
        self.thinning = max(1, -(-picture.width // _WIDEST))
        self.width = -(-picture.width // self.thinning)
        return luma[:: self.thinning, :: self.thinning]

    def _in_one_size(self, index: int, picture: VideoFrame) -> VideoFrame:
        """Stretched to the first picture's size, as frame px are everywhere."""
        self._size = self._size or (picture.width, picture.height)
        if (picture.width, picture.height) == self._size:
            return picture
        if self._resized_s is None:
            self._resized_s = float(self._frames.t_ns[index]) / 1e9
        return picture.reformat(width=self._size[0], height=self._size[1])

    def close(self) -> None:
        """Let go of the decoder."""
        self._pictures.close()
