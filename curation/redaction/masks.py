"""Masks as boxes per frame: exact in time, grown in space, held over what cannot be known.

Boxes are integers in frame px, half-open. A codec smears what it is not given an I-frame for, so boxes lie on its
16-pixel grid and every start, end and jump of a mask is an edge at which the encoder must begin anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from curation.model import RectRedaction
from replay.geometry import Rect
from replay.timebase import TimeRange
from replay.video.frame_table import FrameTable

GRID: Final = 16
# The deblocking filter mixes up to 3 pixels across a block's border; a mask that keeps 4 pixels between what it
# hides and its own border stays flat where it matters.
BORDER: Final = 4
DILATION: Final = 2


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Pixels [x0, x1) × [y0, y1) of a frame."""

    x0: int
    y0: int
    x1: int
    y1: int

    def covers(self, other: Box) -> bool:
        return self.x0 <= other.x0 and self.y0 <= other.y0 and self.x1 >= other.x1 and self.y1 >= other.y1

    def contains(self, x: float, y: float) -> bool:
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1

    def overlap(self, other: Box) -> int:
        """Pixels that both cover."""
        w = min(self.x1, other.x1) - max(self.x0, other.x0)
        h = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0, w) * max(0, h)

    @property
    def area(self) -> int:
        return (self.x1 - self.x0) * (self.y1 - self.y0)


def grown(rect: Rect, frame_size: tuple[int, int]) -> Box | None:
    """The box that hides `rect` (frame px): border added, outward to the grid, clamped; None where it is outside."""
    width, height = frame_size
    if not all(math.isfinite(v) for v in (rect.x, rect.y, rect.w, rect.h)):
        return Box(0, 0, width, height)
    x0 = max(0, math.floor((rect.x - BORDER) / GRID) * GRID)
    y0 = max(0, math.floor((rect.y - BORDER) / GRID) * GRID)
    x1 = min(width, math.ceil((rect.right + BORDER) / GRID) * GRID)
    y1 = min(height, math.ceil((rect.bottom + BORDER) / GRID) * GRID)
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


@dataclass(frozen=True, slots=True)
class MaskSpan:
    """One box on frames [first, last)."""

    first: int
    last: int
    box: Box


@dataclass(frozen=True, slots=True)
class MaskTrack:
    """One mask over its life: spans in order."""

    spans: tuple[MaskSpan, ...]

    @property
    def first(self) -> int:
        return self.spans[0].first

    @property
    def last(self) -> int:
        return self.spans[-1].last

    def edges(self) -> Iterator[int]:
        """Frames at which the encoder must not look back: start, end, and where the box jumps."""
        yield self.first
        yield self.last
        for a, b in zip(self.spans, self.spans[1:], strict=False):
            # A mask that glides uncovers and covers strips the codec redraws; one that jumps covers old pixels at once.
            if a.last != b.first:
                yield a.last
                yield b.first
            elif a.box.overlap(b.box) < 0.75 * b.box.area:
                yield b.first


def dilated(indexes: range, n: int) -> range:
    """`indexes` with `DILATION` frames more at both ends, within [0, n)."""
    if not indexes:
        return indexes
    return range(max(0, indexes.start - DILATION), min(n, indexes.stop + DILATION))


def rect_track(mask: RectRedaction, frames: FrameTable, frame_size: tuple[int, int]) -> MaskTrack | None:
    """The boxes of a rectangle redaction; None where none of it is on any frame."""
    indexes = dilated(frames.indexes_in(mask.range), len(frames))
    boxes = (grown(_swept(mask, *_presented(frames, i)), frame_size) for i in indexes)
    return track_of(indexes.start, boxes)


def still_track(indexes: range, box: Box | None) -> MaskTrack | None:
    """One box on all of `indexes`."""
    if not indexes or box is None:
        return None
    return MaskTrack((MaskSpan(indexes.start, indexes.stop, box),))


def track_of(first: int, boxes: Iterable[Box | None]) -> MaskTrack | None:
    """Run-length spans of one box a frame from frame `first` on."""
    spans: list[MaskSpan] = []
    for i, box in enumerate(boxes, first):
        if box is None:
            continue
        if spans and spans[-1].last == i and spans[-1].box == box:
            spans[-1] = MaskSpan(spans[-1].first, i + 1, box)
        else:
            spans.append(MaskSpan(i, i + 1, box))
    return MaskTrack(tuple(spans)) if spans else None


def _presented(frames: FrameTable, i: int) -> tuple[int, int]:
    start = int(frames.t_ns[i])
    return start, start + int(frames.duration_ns[i])


def _swept(mask: RectRedaction, start_ns: int, end_ns: int) -> Rect:
    """Everything the mask covers during [start, end]; motion is linear, so the corners of the path suffice."""
    times = {start_ns, end_ns, *(k.t_ns for k in mask.keyframes if start_ns < k.t_ns < end_ns)}
    times |= {min(max(t, mask.range.start_ns), mask.range.end_ns) for t in times}
    rects = [mask.rect_at(t) for t in sorted(times)]
    swept = rects[0]
    for r in rects[1:]:
        swept = swept.union(r)
    return swept


class FrameMasks:
    """All masks of a session by frame."""

    def __init__(self, tracks: Sequence[MaskTrack]) -> None:
        self.tracks = tuple(tracks)
        spans = [s for t in tracks for s in t.spans]
        starts = sorted({s.first for s in spans} | {s.last for s in spans})
        self._starts = starts
        self._boxes = [()] * len(starts) if not starts else _swept_boxes(starts, spans)
        self.edges = frozenset(e for t in tracks for e in t.edges())

    def at(self, index: int) -> tuple[Box, ...]:
        """The boxes to paint on frame `index`."""
        i = bisect_right(self._starts, index) - 1
        return self._boxes[i] if i >= 0 else ()

    def spans(self) -> Iterator[tuple[int, int, tuple[Box, ...]]]:
        """(first, last, boxes) of every run of frames with the same boxes, masked ones only, in order."""
        for first, last, boxes in zip(self._starts, self._starts[1:], self._boxes, strict=False):
            if boxes:
                yield first, last, boxes

    def count(self, indexes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
        """How many of `indexes` have a mask."""
        return sum(1 for i in indexes.tolist() if self.at(i))


def _swept_boxes(starts: list[int], spans: Sequence[MaskSpan]) -> list[tuple[Box, ...]]:
    beginning: dict[int, list[Box]] = {}
    ending: dict[int, list[Box]] = {}
    for s in spans:
        beginning.setdefault(s.first, []).append(s.box)
        ending.setdefault(s.last, []).append(s.box)
    active: list[Box] = []
    out: list[tuple[Box, ...]] = []
    for at in starts:
        for box in ending.get(at, ()):
            active.remove(box)
        active += beginning.get(at, ())
        out.append(_without_covered(active))
    return out


def _without_covered(boxes: Sequence[Box]) -> tuple[Box, ...]:
    unique = sorted(set(boxes))
    return tuple(b for b in unique if not any(o != b and o.covers(b) for o in unique))


def frame_range(frames: FrameTable, r: TimeRange) -> range:
    """The frames on which something visible during `r` must be hidden."""
    return dilated(frames.indexes_in(r), len(frames))
