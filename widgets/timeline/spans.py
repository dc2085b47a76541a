"""Level of detail for spans of time: what is wide enough to be told apart, and where there is only a crowd.

Costs binary searches and a few passes over what is in sight; what comes back is bounded by the width in px.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from replay.timebase import TimeNs
from widgets.timeline.axis import TimeAxis

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_PX = 2.0


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of session time [starts[i], ends[i]), sorted by start; they may overlap. `latest_end[i]` is the latest
    end of the first i + 1 of them. Shape (n,) each."""

    starts: Int64s
    ends: Int64s
    latest_end: Int64s

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, t_ns: TimeNs) -> int:
        """The last one begun that lasts at `t_ns`; -1 where there is none."""
        i = int(np.searchsorted(self.starts, t_ns, side="right")) - 1
        while i >= 0 and self.latest_end[i] > t_ns:
            if self.ends[i] > t_ns:
                return i
            i -= 1
        return -1


def spans_of(starts: Int64s, ends: Int64s) -> Spans:
    """Sorted by start; a span without length lasts a nanosecond."""
    order = np.argsort(starts, kind="stable")
    begun, over = starts[order], np.maximum(ends, starts + 1)[order]
    return Spans(begun, over, np.maximum.accumulate(over) if len(over) else over)


@dataclass(frozen=True, slots=True)
class InSight:
    """What to paint of some spans: `index` of those at least two px wide with their px `x0` and `x1`, cut to the width;
    and the px ranges (start, end) of the crowds, in which single ones cannot be told apart."""

    index: Int64s
    x0: Floats
    x1: Floats
    crowds: tuple[tuple[float, float], ...]


def in_sight(spans: Spans, axis: TimeAxis) -> InSight:
    lo = int(np.searchsorted(spans.latest_end, axis.start_ns, side="right"))
    hi = int(np.searchsorted(spans.starts, axis.end_ns))
    index = np.arange(lo, max(lo, hi), dtype=np.int64)
    x0, x1 = np.maximum(axis.xs(spans.starts[index]), -50.0), np.minimum(axis.xs(spans.ends[index]), axis.width + 50.0)
    seen = x1 > 0
    wide = seen & (x1 - x0 >= LEAST_PX)
    return InSight(index[wide], x0[wide], x1[wide], crowded(x0[seen & ~wide]))


def crowded(x: Floats) -> tuple[tuple[float, float], ...]:
    """The px ranges that ascending places fill, each place two px wide and neighbours joined."""
    if not len(x):
        return ()
    cells = (x // LEAST_PX).astype(np.int64)
    breaks = np.flatnonzero(np.diff(cells) > 1)
    firsts = cells[np.concatenate([[0], breaks + 1])]
    lasts = cells[np.concatenate([breaks, [len(cells) - 1]])]
    return tuple(zip((firsts * LEAST_PX).tolist(), ((lasts + 1) * LEAST_PX).tolist(), strict=True))
