"""Which stretches of the video are worth decoding: where the pointer goes far, soon after an I-frame, early and late.

The clock is not known yet, so that the choice may be wrong by as much as the recorder is; later rounds therefore look
at what is left, evenly.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from replay.calibration.values import PointerPath
from replay.video.frame_table import FrameTable

WINDOW_S: Final = 4.0
FIRST_ROUND: Final = 8
_SKIPPED: Final = 0.7  # what decoding a frame without looking at it costs beside one that is looked at
_FEWEST: Final = 3  # frames

Window = tuple[int, int]
"""Frames [first, last)."""


def rounds(frames: FrameTable, path: PointerPath, most: int) -> list[tuple[Window, ...]]:
    """Windows in the order to look at them, `FIRST_ROUND` at a time and at most `most`; disjoint."""
    candidates = _candidates(frames, path)
    chosen = _spread(candidates, most, float(frames.end_ns) / 1e9)
    return [tuple(sorted(chosen[i : i + FIRST_ROUND])) for i in range(0, len(chosen), FIRST_ROUND)]


def _candidates(frames: FrameTable, path: PointerPath) -> list[tuple[float, Window]]:
    """Every window of a grid with its worth: the pointer's way in it for the time it takes to decode."""
    times = frames.t_ns / 1e9
    out = []
    for start_s in np.arange(0.0, max(float(times[-1]), 0.001), WINDOW_S):
        first, last = (int(i) for i in np.searchsorted(times, (start_s, start_s + WINDOW_S)))
        if last - first < min(_FEWEST, len(frames)):
            continue
        way = min(path.length_px(start_s, start_s + WINDOW_S), 4_000.0)
        cost = last - first + _SKIPPED * (first - frames.iframe_at_or_before(first))
        out.append((way / cost, (first, last)))
    return out


def _spread(candidates: list[tuple[float, Window]], most: int, end_s: float) -> list[Window]:
    """The best window of each stretch of the recording in turn, so that a drift can be seen; then the rest."""
    if not candidates:
        return []
    parts = np.array_split(np.arange(len(candidates)), min(FIRST_ROUND, len(candidates)))
    ranked = [sorted(part.tolist(), key=lambda i: -candidates[i][0]) for part in parts]
    order = [part[n] for n in range(max(map(len, ranked))) for part in ranked if n < len(part)]
    return [candidates[i][1] for i in order[:most]]
