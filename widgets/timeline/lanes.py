"""Where each lane lies: fixed ones for what was recorded, ones that grow with overlaps for what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from widgets.timeline.model import Item

Int64s = npt.NDArray[np.int64]

HEADER_PX = 116
RULER_PX = 26
MAP_PX = 16
ROW_PX = 18
GAP_PX = 1
ACTIVITY_ROW_PX = 15
FILM_PX = 44


@dataclass(frozen=True, slots=True)
class LaneSpec:
    key: str
    title: str
    icon: str
    height: int  # of one row; item lanes stack rows
    stacks: bool = False


LANES = (
    LaneSpec("film", "Frames", "film", FILM_PX),
    LaneSpec("activity", "Activity", "activity", ACTIVITY_ROW_PX * 3 + 6),
    LaneSpec("windows", "Windows", "app-window", 20),
    LaneSpec("texts", "Texts", "text-cursor-input", 16),
    LaneSpec("episodes", "Episodes", "flag", ROW_PX + 4, stacks=True),
    LaneSpec("labels", "Labels", "tag", ROW_PX + 4, stacks=True),
    LaneSpec("cuts", "Cuts", "scissors", ROW_PX + 4, stacks=True),
    LaneSpec("redactions", "Redactions", "eye-off", ROW_PX + 4, stacks=True),
    LaneSpec("problems", "Problems", "triangle-alert", 18),
    LaneSpec("gaps", "Gaps", "ban", 16),
)


@dataclass(frozen=True, slots=True)
class Lane:
    spec: LaneSpec
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with the row of its lane that it takes."""

    item: Item
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a lane as arrays, by start: `index[i]` is the place in `Layout.placed`; shape (n,)."""

    lane: str
    top: int
    index: Int64s
    starts: Int64s
    ends: Int64s


@dataclass(frozen=True, slots=True)
class Layout:
    """All lanes below the ruler; y = 0 is the ruler's bottom."""

    lanes: tuple[Lane, ...]
    placed: tuple[Placed, ...]
    height: int
    rows: tuple[Row, ...] = field(compare=False)  # of `placed`

    def lane_at(self, y: float) -> Lane | None:
        return next((lane for lane in self.lanes if lane.top <= y < lane.top + lane.height), None)

    def lane(self, key: str) -> Lane:
        """The lane of that key, one of `LANES`."""
        return next(lane for lane in self.lanes if lane.spec.key == key)


def stacked(items: list[Item]) -> list[tuple[Item, int]]:
    """Each item with the first row that is free at its start."""
    rows_end: list[int] = []
    out = []
    for item in sorted(items, key=lambda i: i.range):
        row = next((r for r, end in enumerate(rows_end) if end <= item.range.start_ns), len(rows_end))
        if row == len(rows_end):
            rows_end.append(0)
        rows_end[row] = item.range.end_ns
        out.append((item, row))
    return out


def layout(items: tuple[Item, ...]) -> Layout:
    lanes: list[Lane] = []
    placed: list[Placed] = []
    top = 0
    for spec in LANES:
        rows = stacked([i for i in items if i.lane == spec.key]) if spec.stacks else []
        n = 1 + max((row for _, row in rows), default=0)
        height = spec.height if not spec.stacks else n * ROW_PX + 4
        lanes.append(Lane(spec, top, height))
        placed += [Placed(item, top + 2 + row * ROW_PX, ROW_PX - 2) for item, row in rows]
        top += height + GAP_PX
    return Layout(tuple(lanes), tuple(placed), top, _rows(placed))


def _rows(placed: list[Placed]) -> tuple[Row, ...]:
    found: dict[int, list[int]] = {}
    for i, p in enumerate(placed):
        found.setdefault(p.top, []).append(i)
    out = []
    for top, indices in found.items():
        ranges = [placed[i].item.range for i in indices]
        starts = np.array([r.start_ns for r in ranges], np.int64)
        ends = np.array([r.end_ns for r in ranges], np.int64)
        out.append(Row(placed[indices[0]].item.lane, top, np.array(indices, np.int64), starts, ends))
    return tuple(out)
