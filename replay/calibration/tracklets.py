"""Detections of one moving thing, linked through time."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from replay.calibration.values import Detections, Ints

_REACH: Final = 0.35  # of the picture's width between two detections
_GAP_S: Final = 0.25
_GAP_FRAMES: Final = 3.1
_LONGEST_S: Final = 4.0


def linked(seen: Detections, width: int, frame_s: float) -> list[Ints]:
    """Indexes into `seen` of each thing that was seen at least twice, nearest and most alike first."""
    gap_s = max(_GAP_S, _GAP_FRAMES * frame_s)
    alive: list[list[int]] = []
    done: list[list[int]] = []
    borders = np.flatnonzero(np.diff(seen.t_s, prepend=-np.inf, append=np.inf) > 0)
    for start, end in itertools.pairwise(borders.tolist()):
        t = seen.t_s[start]
        still = [a for a in alive if t - seen.t_s[a[-1]] <= gap_s and t - seen.t_s[a[0]] <= _LONGEST_S]
        done += [a for a in alive if a not in still]
        alive = still
        taken = _extend(alive, range(start, end), seen, _REACH * width)
        alive += [[k] for k in range(start, end) if k not in taken]
    return [np.array(a, np.int64) for a in done + alive if len(a) > 1]


def _extend(alive: list[list[int]], fresh: range, seen: Detections, reach: float) -> set[int]:
    """Add each fresh detection to at most one thing, best matches first; the detections that found one."""
    matches = []
    for n, thing in enumerate(alive):
        last = thing[-1]
        for k in fresh:
            distance = float(np.hypot(seen.x[k] - seen.x[last], seen.y[k] - seen.y[last]))
            unlike = abs(float(np.log(seen.size[k] / seen.size[last])))
            if distance <= reach:
                matches.append(((distance + 1.0) * (1.0 + unlike), n, k))
    used: set[int] = set()
    taken: set[int] = set()
    for _, n, k in sorted(matches):
        if n not in used and k not in taken:
            alive[n].append(k)
            used.add(n)
            taken.add(k)
    return taken
