"""When the focus goes to another window: it ends a text, a scroll and everything else that happens in one place."""

from __future__ import annotations

from replay.events import Timed, WindowEvent
from replay.timebase import TimeNs


def focus_changes(windows: Timed[WindowEvent]) -> list[TimeNs]:
    """The moments, ascending, at which another window than the one before took the focus."""
    times: list[TimeNs] = []
    last: tuple[str | None, ...] | None = None
    for w in windows.events:
        # A title that changes while its window keeps the focus (an unsaved mark, a counter) moves nothing.
        name = (w.window_id, w.app) if w.window_id or w.app else ((w.title or "").lstrip("*●• "),)
        if w.focused and name != last:
            last = name
            times.append(w.t_ns)
    return times
