"""Moments of a session at which an overlay has something to show, for pictures of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from replay import schema
from replay.overlay import OverlayIndex, OverlayOptions, overlay_at
from replay.timebase import TimeNs, TimeRange

_DOWN, _UP, _SCROLL = (schema.POINTER_KINDS.index(k) for k in ("down", "up", "scroll"))
_SOON_NS = 120_000_000

OVERLAYS = frozenset({"click", "scroll", "drag", "keys", "elements", "pointer"})


def moments_of(index: OverlayIndex) -> dict[str, TimeNs]:
    """By the name of the overlay; what a session has none of is left out."""
    events = index.session.events
    pointer = events.pointer
    found = {
        "click": _click(index),
        "scroll": _first(pointer.t_ns[pointer.kind == _SCROLL], _SOON_NS),
        "drag": _drag(index, pointer.t_ns[pointer.kind == _UP]),
        "keys": _caption(index),
        "elements": _first(events.elements.t_ns, _SOON_NS),
        "pointer": _busiest(index),
    }
    return {name: t_ns for name, t_ns in found.items() if t_ns is not None}


def _first(t_ns: np.ndarray, after_ns: int) -> TimeNs | None:
    return int(t_ns[0]) + after_ns if len(t_ns) else None


def _click(index: OverlayIndex) -> TimeNs | None:
    """The first double click, else the first click."""
    presses = index.presses(index.session.extent)
    best = next((p for p in presses if p.times > 1), presses[0] if presses else None)
    return None if best is None else best.t_ns + _SOON_NS


def _drag(index: OverlayIndex, releases_ns: np.ndarray) -> TimeNs | None:
    """The end of the longest way that a button was held."""
    best: tuple[float, TimeNs] | None = None
    for up_ns in releases_ns.tolist():
        held = overlay_at(index, up_ns - 1).drag
        if held is not None:
            first, last = held.path[0], held.path[-1]
            way = abs(last.x - first.x) + abs(last.y - first.y)
            best = max(best or (0.0, up_ns), (way, up_ns - 1))
    return None if best is None else best[1]


def _caption(index: OverlayIndex) -> TimeNs | None:
    """The first press that a caption of shortcuts shows, with the modifiers that are held."""
    presses = index.key_presses(index.session.extent)
    shown = (e.t_ns for e in presses if e.modifiers and overlay_at(index, e.t_ns).caption is not None)
    return next(shown, None)


def _busiest(index: OverlayIndex) -> TimeNs | None:
    """Where the pointer's recent path is longest."""
    extent = index.session.extent
    best: tuple[float, TimeNs] | None = None
    for t_ns in np.linspace(extent.start_ns, extent.end_ns - 1, 200).astype(np.int64).tolist():
        way = index.path(TimeRange(t_ns - OverlayOptions().path_ns, t_ns + 1), t_ns)
        if len(way) > 1:
            length = sum(abs(b.x - a.x) + abs(b.y - a.y) for a, b in pairwise(way))
            best = max(best or (0.0, t_ns), (length, t_ns))
    return None if best is None else best[1]
