"""One drag on the timeline as a value, and what it does to a range."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from replay.timebase import TimeNs, TimeRange
from widgets.timeline.hit import Part
from widgets.timeline.model import Item


class DragKind(Enum):
    SCRUB = "scrub"
    PAN = "pan"
    MAP = "map"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Drag:
    """`x` is where the pointer was last used; `preview` is the range an edge drag would commit."""

    kind: DragKind
    x: float
    item: Item | None = None
    part: Part = Part.EMPTY
    preview: TimeRange | None = None


def resized_range(r: TimeRange, part: Part, t_ns: TimeNs) -> TimeRange:
    """The range with one edge at `t_ns`; an edge pulled past the other one stops a nanosecond before it."""
    if part is Part.START:
        return TimeRange(min(t_ns, r.end_ns - 1), r.end_ns)
    return TimeRange(r.start_ns, max(t_ns, r.start_ns + 1))
