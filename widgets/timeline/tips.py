"""What the timeline says about the thing under the pointer."""

from __future__ import annotations

from replay.events import latest_at
from replay.timebase import TimeNs, format_t
from widgets.timeline.hit import Hit
from widgets.timeline.model import Tracks
from widgets.wording import span


def tip_of(found: Hit, tracks: Tracks, t_ns: TimeNs) -> str:
    """Plain words; empty where there is nothing to say."""
    if found.item is not None:
        r = found.item.range
        return f"{found.item.title}\n{format_t(r.start_ns)} – {format_t(r.end_ns)}  ({span(r.duration_ns)})"
    if found.lane == "windows":
        i = latest_at(tracks.windows.starts, t_ns)
        return f"{tracks.windows.names[i]}\n{tracks.windows.titles[i]}" if i >= 0 else ""
    if found.lane == "problems":
        near = min(tracks.problems, key=lambda p: abs((p.t_ns or 0) - t_ns), default=None)
        gap = next((reason for r, reason in tracks.gaps if r.contains(t_ns)), None)
        return f"Gap: {gap}" if gap else near.sentence if near is not None else ""
    return ""
