"""Where on the frames something was, and while when it may have been seen: elements, windows and typing.

Recorders tell of windows and elements at moments only. What lies between two moments is unknown, so everything here
errs towards hiding: a place holds from the moment before until something says that it is gone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from curation.focus import focus_changes
from curation.redaction.masks import Box, MaskTrack, frame_range, grown, still_track
from replay import schema
from replay.events import ElementEvent, WindowEvent
from replay.geometry import Display, FrameFromCapture, Geometry, Rect
from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs, TimeRange

# Recorders that poll do so at least once a second: what a row tells may be true for that long before it.
POLL_NS: Final = NS_PER_S
# Title, tab and address bars end within this distance of a window's upper edge (points, before display scaling).
TITLE_BARS_PT: Final = 144.0
# A recorder may read the field under the pointer a moment before it writes the press down.
_ROW_LEAD_NS: Final = NS_PER_S // 20
_PRESS: Final = schema.POINTER_KINDS.index("down")
_FOCUSED: Final = frozenset({"focused", "focus", "has_keyboard_focus"})


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle (capture px) that may be on screen during `range`; `rect_px` None: it may be anywhere."""

    range: TimeRange
    rect_px: Rect | None


class Places:
    """Maps places of one session to mask tracks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._margin_ns = 3 * session.sync.sigma_ns
        self._end_ns = session.extent.end_ns
        self._start_ns = session.extent.start_ns
        self._window_times = sorted({w.t_ns for w in session.events.windows.events})
        self._presses = np.flatnonzero(session.events.pointer.kind == _PRESS)
        self._press_times: list[TimeNs] = session.events.pointer.t_ns[self._presses].tolist()
        self._focus_times = focus_changes(session.events.windows)
        self._tab_times = [k.t_ns for k in session.events.keys.events if k.kind == "down" and k.code == "Tab"]
        self._snapshots = _snapshot_times(session.events.elements.events)
        self._snapshot_times = sorted(set(self._snapshots.values()))

    def tracks(self, place: Place) -> Iterator[MaskTrack]:
        """The masks that hide `place` on every frame that may show it."""
        frames, size = self._session.frames, self._session.geometry.frame_size
        if frames is None or size is None:
            return
        range_ = place.range.grown(self._margin_ns + 1)
        for r, boxes in self._boxes(range_, place.rect_px, size):
            for box in boxes:
                track = still_track(frame_range(frames, r), box)
                if track is not None:
                    yield track

    def _boxes(
        self, range_: TimeRange, rect_px: Rect | None, size: tuple[int, int]
    ) -> Iterator[tuple[TimeRange, list[Box]]]:
        changes = self._session.geometry.changes_ns
        if rect_px is None or not changes:
            yield range_, [Box(0, 0, *size)]
            return
        # Around a change of geometry the picture may still show the old one, or already the new: both are hidden.
        # The first state is no change: it holds before its row too.
        lead = POLL_NS + self._margin_ns
        bounds = [range_.start_ns - lead, *changes[1:], range_.end_ns + lead]
        for a, b in pairwise(sorted(bounds)):
            shown = TimeRange(a - lead, max(a, b) + lead).intersection(range_)
            if shown is not None:
                yield shown, self._boxes_at(a, rect_px, size)

    def _boxes_at(self, t_ns: TimeNs, rect_px: Rect, size: tuple[int, int]) -> list[Box]:
        boxes = []
        displays = self._session.geometry.displays_at(t_ns)
        maps = [m for d in displays for m in _shown_at(self._session.geometry, d)]
        if not maps:
            return [Box(0, 0, *size)]  # nobody told what the picture shows, so the place may be anywhere on it
        for to_frame in maps:
            shown = to_frame.capture_rect.intersection(rect_px)
            box = None if shown is None else grown(to_frame.rect(shown), size)
            if box is not None:
                boxes.append(box)
        return boxes

    def scale_at(self, t_ns: TimeNs) -> float:
        """Capture px per point: the largest scale of any display, so that bars are hidden on all of them."""
        return max((d.scale for d in self._session.geometry.displays_at(t_ns)), default=1.0)

    def element(self, e: ElementEvent) -> Place:
        """Where and while when an element may have looked as its row says: from the snapshot before to the one after.

        An element that was seen by itself tells nothing of what else is on screen, so it holds between window changes.
        """
        mine = self._snapshots.get(e.seq)
        times = self._window_times if mine is None else self._snapshot_times
        at = e.t_ns if mine is None else mine
        i, j = bisect_left(times, at), bisect_right(times, at)
        before = times[i - 1] if i else self._start_ns
        after = times[j] if j < len(times) else self._end_ns
        return Place(TimeRange(min(before, e.t_ns - POLL_NS), max(after, e.t_ns + POLL_NS)), e.rect_px)

    def title_bars(self, w: WindowEvent) -> Iterator[Place]:
        """The strip of a window where its title, tabs and address stand, while it may show them."""
        if w.rect_px is None:
            return
        height = min(w.rect_px.h, TITLE_BARS_PT * self.scale_at(w.t_ns))
        bars = Rect(w.rect_px.x, w.rect_px.y, w.rect_px.w, height)
        for place in self.window(w):
            yield Place(place.range, bars)

    def window(self, w: WindowEvent) -> Iterator[Place]:
        """While when a window may be seen as its row says.

        Where its rectangle is known: until another row of the same window, except while a window that covers it has the
        focus. Where it is not: the whole frame until another window gets the focus.
        """
        start: TimeNs | None = w.t_ns - POLL_NS
        for o in self._after(w):
            same = o.window_id is not None and o.window_id == w.window_id
            if same or (w.rect_px is None and o.focused):
                if start is not None:
                    yield Place(TimeRange(start, o.t_ns + POLL_NS), w.rect_px)
                return
            if not o.focused or w.rect_px is None:
                continue
            covers = o.rect_px is not None and o.rect_px.union(w.rect_px) == o.rect_px
            if covers and start is not None:
                yield Place(TimeRange(start, o.t_ns + POLL_NS), w.rect_px)
                start = None
            elif not covers and start is None:
                start = o.t_ns - POLL_NS
        if start is not None:
            yield Place(TimeRange(start, max(self._end_ns, w.t_ns) + POLL_NS), w.rect_px)

    def _after(self, w: WindowEvent) -> Iterator[WindowEvent]:
        windows = self._session.events.windows
        for o in windows.events[bisect_left(windows.t_ns, w.t_ns) :]:
            if (o.t_ns, o.seq) > (w.t_ns, w.seq):
                yield o

    def focus(self, w: WindowEvent) -> TimeRange:
        """From the row until another window gets the focus; keys in between went to this window."""
        end = next((o.t_ns for o in self._after(w) if _another(o, w)), None)
        return TimeRange(w.t_ns, max(w.t_ns + 1, self._end_ns if end is None else end))

    def typed_into(self, r: TimeRange) -> Place | None:
        """The field that was typed into during `r`, where the recorder tells; None where it does not.

        It tells by a row with the focus, or by a press on a known element, if nothing moved the focus after that.
        """
        moved_ns = self._focus_moved_before(r.start_ns)
        field = self._focused(TimeRange(moved_ns - _ROW_LEAD_NS, r.end_ns + 1)) or self._pressed(moved_ns)
        if field is None or field.rect_px is None:
            return None
        changes = [t for t in (*self._window_times, *self._snapshot_times) if t > r.end_ns + POLL_NS]
        end = min(changes, default=self._end_ns)
        return Place(TimeRange(r.start_ns - POLL_NS, max(end, r.end_ns + POLL_NS)), field.rect_px)

    def _focus_moved_before(self, t_ns: TimeNs) -> TimeNs:
        """The last press, Tab or window change at or before `t_ns`; the session's start where there was none."""
        latest = [self._start_ns]
        for times in (self._press_times, self._focus_times, self._tab_times):
            i = bisect_right(times, t_ns)
            latest += times[i - 1 : i]
        return max(latest)

    def _focused(self, r: TimeRange) -> ElementEvent | None:
        rows = self._session.events.elements.in_range(r)
        return next((e for e in reversed(rows) if any(s.casefold() in _FOCUSED for s in e.states)), None)

    def _pressed(self, t_ns: TimeNs) -> ElementEvent | None:
        """The smallest element known under the press at `t_ns`; None where what happened then was no press."""
        pointer = self._session.events.pointer
        at = bisect_left(self._press_times, t_ns)
        if at == len(self._press_times) or self._press_times[at] != t_ns:
            return None
        i = int(self._presses[at])
        x, y = float(pointer.x_px[i]), float(pointer.y_px[i])
        near = self._session.events.elements.in_range(TimeRange(t_ns - 2 * POLL_NS, t_ns + 2 * POLL_NS + 1))
        under = [e for e in near if e.rect_px is not None and e.rect_px.contains(x, y)]
        return min(under, key=lambda e: e.rect_px.w * e.rect_px.h if e.rect_px else 0.0, default=None)


def _another(o: WindowEvent, w: WindowEvent) -> bool:
    return o.focused and (o.window_id, o.app) != (w.window_id, w.app)


def _snapshot_times(elements: tuple[ElementEvent, ...]) -> dict[int, TimeNs]:
    """Row → time of its snapshot, for rows that belong to a snapshot of more than one element."""
    first: dict[str, TimeNs] = {}
    size: dict[str, int] = {}
    for e in elements:
        if e.snapshot_id is not None:
            first.setdefault(e.snapshot_id, e.t_ns)
            size[e.snapshot_id] = size.get(e.snapshot_id, 0) + 1
    return {e.seq: first[e.snapshot_id] for e in elements if e.snapshot_id is not None and size[e.snapshot_id] > 1}


def _shown_at(geometry: Geometry, display: Display) -> Iterator[FrameFromCapture]:
    """Where the video may show a display. Of one that is said to be turned, both places are hidden: a recorder may
    have written down how the monitor stands while it filmed the desktop upright."""
    shown = geometry.map_of(display)
    if shown is not None:
        turn = round(display.rotation / 90) % 4
        yield from (replace(shown, turn=t) for t in sorted({0, shown.turn, turn}))
