"""What of a session somebody looked at, as few ranges as tell it: for the log, which gets no line per frame."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

JOINED_MS: Final = 1000
"""Ranges nearer than this are one: nobody looks at a second without its neighbours."""
MOST: Final = 8

RangeMs = tuple[int, int]


class ViewedRanges:
    """Collects moments of session time and hands them out as ascending, disjoint ranges in ms."""

    def __init__(self) -> None:
        self._ranges: list[RangeMs] = []

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def add(self, t_ms: int) -> None:
        """Join `t_ms` to the range that it continues, or begin another."""
        low, high = t_ms, t_ms
        kept = []
        for start, end in self._ranges:
            if start - JOINED_MS <= t_ms <= end + JOINED_MS:
                low, high = min(low, start), max(high, end)
            else:
                kept.append((start, end))
        self._ranges = sorted([*kept, (low, high)])
        if len(self._ranges) > MOST:
            self._join_nearest()

    def _join_nearest(self) -> None:
        """Rather one range too wide than a view that nobody reads of."""
        gaps = [b[0] - a[1] for a, b in pairwise(self._ranges)]
        at = gaps.index(min(gaps))
        self._ranges[at : at + 2] = [(self._ranges[at][0], self._ranges[at + 1][1])]

    def take(self) -> tuple[RangeMs, ...]:
        """The ranges so far; the next begin anew."""
        out = tuple(self._ranges)
        self._ranges = []
        return out
