"""What the timeline says about the thing under the pointer."""

from __future__ import annotations

from replay.timebase import TimeNs, format_t
from widgets.timeline.hit import Hit
from widgets.timeline.model import Tracks, nearest
from widgets.wording import span, words


def tip_of(found: Hit, tracks: Tracks, t_ns: TimeNs) -> str:
    """Plain words; empty where there is nothing to say."""
    if found.item is not None:
        r = found.item.range
        return f"{found.item.title}\n{format_t(r.start_ns)} – {format_t(r.end_ns)}  ({span(r.duration_ns)})"
    if found.lane == "windows":
        i = tracks.windows.spans.at(t_ns)
        return f"{tracks.windows.names[i]}\n{tracks.windows.titles[i]}" if i >= 0 else ""
    if found.lane == "texts":
        i = tracks.texts.at(t_ns)
        return words(tracks.text_channels[i]) if i >= 0 else ""
    if found.lane == "gaps":
        i = tracks.gaps.at(t_ns)
        return f"Gap: {words(tracks.gap_reasons[i])}" if i >= 0 else ""
    if found.lane == "problems" and tracks.problems:
        near = nearest(tracks.problems_t_ns, t_ns)
        return next(p.sentence for p in tracks.problems if p.t_ns == near)
    return ""
