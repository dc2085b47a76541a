"""What lies under the pointer on the timeline; pure, so that it can be tested without a window."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from widgets.timeline.axis import TimeAxis
from widgets.timeline.lanes import HEADER_PX, MAP_PX, RULER_PX, Layout
from widgets.timeline.model import Item

EDGE_PX = 5.0


class Part(Enum):
    HEADER = "header"
    RULER = "ruler"
    MAP = "map"
    EMPTY = "empty"
    BODY = "body"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Hit:
    part: Part
    item: Item | None = None
    lane: str = ""


def hit(layout: Layout, axis: TimeAxis, height: int, scroll: int, x: float, y: float) -> Hit:
    """`x`, `y` in widget px; `scroll` is how far the lanes are moved up under the ruler."""
    if y >= height - MAP_PX:
        return Hit(Part.MAP)
    if x < HEADER_PX:
        return Hit(Part.HEADER)
    if y < RULER_PX:
        return Hit(Part.RULER)
    lane = layout.lane_at(y - RULER_PX + scroll)
    key = lane.spec.key if lane else ""
    found = _item(layout, axis, x - HEADER_PX, y - RULER_PX + scroll)
    return Hit(found[0], found[1], key) if found else Hit(Part.EMPTY, lane=key)


def _item(layout: Layout, axis: TimeAxis, x: float, y: float) -> tuple[Part, Item] | None:
    best: tuple[float, Part, Item] | None = None
    for p in layout.placed:
        if not p.top <= y < p.top + p.height:
            continue
        start, end = axis.x(p.item.range.start_ns), axis.x(p.item.range.end_ns)
        if not start - EDGE_PX <= x <= max(end, start + 3) + EDGE_PX:
            continue
        part, distance = _part(p.item, x, start, end)
        if best is None or distance < best[0]:
            best = (distance, part, p.item)
    return None if best is None else (best[1], best[2])


def _part(item: Item, x: float, start: float, end: float) -> tuple[Part, float]:
    """Edges reach inwards by at most a third of the item, so that short items keep a body."""
    inward = min(EDGE_PX, max(1.0, (end - start) / 3))
    if item.resizable and start - EDGE_PX <= x <= start + inward:
        return Part.START, abs(x - start)
    if item.resizable and end - inward <= x <= end + EDGE_PX:
        return Part.END, abs(x - end)
    return Part.BODY, 0.0 if start <= x <= end else min(abs(x - start), abs(x - end))
