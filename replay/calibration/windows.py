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


def everything(frames: FrameTable, length_s: float) -> list[tuple[Window, ...]]:
    """The whole video in one round, so that progress can be told."""
    step = max(1, round(length_s * 1e9 / max(frames.frame_ns, 1)))
    return [tuple((i, min(i + step, len(frames))) for i in range(0, len(frames), step))]


def rounds(frames: FrameTable, path: PointerPath, most: int, length_s: float = _LONGEST_S) -> list[tuple[Window, ...]]:
    """Windows in the order to look at them, `FIRST_ROUND` at a time and at most `most`; disjoint."""
    candidates = _candidates(frames, path, length_s)
    chosen = _spread(candidates, most, float(frames.end_ns) / 1e9)
    return [tuple(sorted(chosen[i : i + FIRST_ROUND])) for i in range(0, len(chosen), FIRST_ROUND)]


def _candidates(frames: FrameTable, path: PointerPath, length_s: float) -> list[tuple[float, Window]]:
    """Every window of a grid with its worth: the pointer's way in it for the time it takes to decode."""
    times = frames.t_ns / 1e9
    out = []
    for start_s, end_s in itertools.pairwise(_cuts(times, times[frames.iframe], length_s)):
        first, last = (int(i) for i in np.searchsorted(times, (start_s, end_s)))
        if last - first < min(_FEWEST, len(frames)):
            continue
        way = min(path.length_px(start_s, end_s), 4_000.0)
        cost = last - first + _SKIPPED * (first - frames.iframe_at_or_before(first))
        out.append((way / cost, (first, last)))
    return out


def _cuts(times: Floats, iframes: Floats, length_s: float) -> list[float]:
    """Where windows begin and end: at I-frames, where they come often enough, since nothing is decoded in vain then."""
    end_s = max(float(times[-1]), 0.001)
    cuts = [0.0]
    while cuts[-1] < end_s:
        a, b = np.searchsorted(iframes, (cuts[-1] + length_s / 2, cuts[-1] + length_s), side="right")
        cuts.append(float(iframes[b - 1]) if b > a else cuts[-1] + length_s)
    return cuts


def _spread(candidates: list[tuple[float, Window]], most: int, end_s: float) -> list[Window]:
    """The best window of each stretch of the recording in turn, so that a drift can be seen; then the rest."""
    if not candidates:
        return []
    parts = np.array_split(np.arange(len(candidates)), min(FIRST_ROUND, len(candidates)))
    ranked = [sorted(part.tolist(), key=lambda i: -candidates[i][0]) for part in parts]
    order = [part[n] for n in range(max(map(len, ranked))) for part in ranked if n < len(part)]
    return [candidates[i][1] for i in order[:most]]
