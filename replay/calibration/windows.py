"""Which stretches of the video are worth decoding: where the pointer goes far, soon after an I-frame, early and late.

The clock is not known yet, so that the choice may be wrong by as much as the recorder is; later rounds therefore look
at what is left, evenly.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from replay.calibration.values import Floats, PointerPath
from replay.video.frame_table import FrameTable

FIRST_ROUND: Final = 10
FURTHER: Final = 6
MOST_PIXELS: Final = 2.4e9  # looked at in all: 5 s of a processor core at 2 ns each
_LONGEST_S: Final = 4.0
_SHORTEST_S: Final = 1.5
_PIXELS_A_SECOND: Final = 30 * 1e6  # of pictures for which the longest windows are cheap
_SKIPPED: Final = 0.7  # what decoding a frame without looking at it costs beside one that is looked at
_FEWEST: Final = 3  # frames

Window = tuple[int, int]
"""Frames [first, last)."""


def window_s(frames: FrameTable, pixels: int) -> float:
    """How long a window is: shorter where pictures of `pixels` each are large or many, so that all cost about alike."""
    a_second = pixels * 1e9 / max(frames.frame_ns, 1)
    return float(np.clip(_LONGEST_S * _PIXELS_A_SECOND / max(a_second, 1.0), _SHORTEST_S, _LONGEST_S))


def everything(frames: FrameTable, length_s: float) -> tuple[Window, ...]:
    """The whole video in parts, so that progress can be told."""
    step = max(1, round(length_s * 1e9 / max(frames.frame_ns, 1)))
    return tuple((i, min(i + step, len(frames))) for i in range(0, len(frames), step))


class Choice:
    """The windows of one video in the order of their worth, as many as let themselves be looked at in about 5 s."""

    def __init__(self, frames: FrameTable, path: PointerPath, pixels: int) -> None:
        self.length_s = window_s(frames, pixels)
        self._frames = frames
        self._most = MOST_PIXELS / max(pixels, 1)
        candidates = _candidates(frames, path, self.length_s)
        self._ranked = [candidates[i] for i in _spread(candidates)]

    def first(self) -> tuple[Window, ...]:
        """Some of every stretch of the recording, by time."""
        return tuple(sorted(window for _, window in self._ranked[:FIRST_ROUND]))

    def further(self, *, at_ends: bool) -> tuple[Window, ...]:
        """What else may be looked at after `first`: everywhere, or at both ends, where a drift shows most."""
        left = self._ranked[FIRST_ROUND:]
        if at_ends:
            left = sorted(left, key=lambda candidate: -candidate[0] * self._lever(candidate[1]))
        spent = sum(_cost(self._frames, window) for window in self.first())
        chosen: list[Window] = []
        for _, window in left[:FURTHER]:
            spent += _cost(self._frames, window)
            if spent <= self._most:
                chosen.append(window)
        return tuple(sorted(chosen))

    def _lever(self, window: Window) -> float:
        """How much a movement there says about a drift: the square of its distance from the middle, 0 to 1."""
        middle_s = float(self._frames.t_ns[window[0]] + self._frames.t_ns[window[1] - 1]) / 2e9
        return (2.0 * middle_s * 1e9 / max(float(self._frames.t_ns[-1]), 1.0) - 1.0) ** 2


def _candidates(frames: FrameTable, path: PointerPath, length_s: float) -> list[tuple[float, Window]]:
    """Every window of a grid with its worth: the pointer's way in it for the time it takes to decode."""
    times = frames.t_ns / 1e9
    out = []
    for start_s, end_s in itertools.pairwise(_cuts(times, times[frames.iframe], length_s)):
        first, last = (int(i) for i in np.searchsorted(times, (start_s, end_s)))
        if last - first < min(_FEWEST, len(frames)):
            continue
        way = min(path.length_px(start_s, end_s), 4_000.0)
        out.append((way / _cost(frames, (first, last)), (first, last)))
    return out


def _cost(frames: FrameTable, window: Window) -> float:
    """How many looked-at frames it costs to look at a window, those before it that must be decoded included."""
    first, last = window
    return last - first + _SKIPPED * (first - frames.iframe_at_or_before(first))


def _cuts(times: Floats, iframes: Floats, length_s: float) -> list[float]:
    """Where windows begin and end: at I-frames, where they come often enough, since nothing is decoded in vain then."""
    end_s = max(float(times[-1]), 0.001)
    cuts = [0.0]
    while cuts[-1] < end_s:
        a, b = np.searchsorted(iframes, (cuts[-1] + length_s / 2, cuts[-1] + length_s), side="right")
        cuts.append(float(iframes[b - 1]) if b > a else cuts[-1] + length_s)
    return cuts


def _spread(candidates: list[tuple[float, Window]]) -> list[int]:
    """The best window of each stretch of the recording in turn, so that a drift can be seen; then the rest."""
    if not candidates:
        return []
    parts = np.array_split(np.arange(len(candidates)), min(FIRST_ROUND, len(candidates)))
    ranked = [sorted(part.tolist(), key=lambda i: -candidates[i][0]) for part in parts]
    return [part[n] for n in range(max(map(len, ranked))) for part in ranked if n < len(part)]
