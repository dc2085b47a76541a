"""What an overlay needs to find in a session, arranged once so that every question is a binary search.

Sizes: a few arrays of the pointer track's length; key, window and element rows are walked once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from replay import schema
from replay.capture_map import CaptureMap, capture_map_at
from replay.events import ElementEvent, KeyEvent, PointerTrack, Timed, WindowEvent, in_range, latest_at
from replay.geometry import FrameFromCapture, Rect
from replay.key_caption import MODIFIERS, modifier_of
from replay.session import Session
from replay.timebase import TimeNs, TimeRange

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MOVE, _DOWN, _UP, _SCROLL = (schema.POINTER_KINDS.index(k) for k in ("move", "down", "up", "scroll"))
# Windows' default double-click time and distance (GetDoubleClickTime, SM_CXDOUBLECLK), doubled for high-DPI pixels.
_MULTI_CLICK_NS: Final = 500_000_000
_MULTI_CLICK_PX: Final = 8.0
_PATH_POINTS: Final = 48
_DRAG_PX: Final = 6.0


class PathPoint(NamedTuple):
    """Frame px, and how long ago it was as a share of the path's length in time (0 now, 1 oldest)."""

    x: float
    y: float
    age: float


@dataclass(frozen=True, slots=True)
class Press:
    """A button press; `row` is the pointer row that knows where it was, `times` is 2 for a double click."""

    t_ns: TimeNs
    seq: int
    row: int
    button: str
    times: int


@dataclass(frozen=True, slots=True)
class _Held:
    """Presses and releases of one key or button, each sorted by time."""

    down_ns: Int64s
    up_ns: Int64s
    down_seq: Int64s

    def since(self, t_ns: TimeNs) -> tuple[TimeNs, int] | None:
        """When the press that still holds at `t_ns` happened, and its seq."""
        down, up = latest_at(self.down_ns, t_ns), latest_at(self.up_ns, t_ns)
        if down < 0 or (up >= 0 and self.up_ns[up] >= self.down_ns[down]):
            return None
        return int(self.down_ns[down]), int(self.down_seq[down])


class OverlayIndex:
    """The arranged events of one session. Immutable once made; safe to ask from any thread."""

    def __init__(self, session: Session) -> None:
        self.session = session
        pointer = session.events.pointer
        known = ~np.isnan(pointer.x_px) & ~np.isnan(pointer.y_px)
        self._pointer = pointer
        self._moved = np.flatnonzero(known)
        self._moved_ns = pointer.t_ns[self._moved]
        self._buttons = _held_buttons(pointer)
        self._press_rows = np.flatnonzero(pointer.kind == _DOWN)
        self._press_ns = pointer.t_ns[self._press_rows]
        self._press_at = self._positions_of(self._press_rows)
        self._press_counts = self._click_counts()
        self._scroll_rows = np.flatnonzero(pointer.kind == _SCROLL)
        self._scroll_ns = pointer.t_ns[self._scroll_rows]
        self._key_presses = _key_presses(session.events.keys)
        self._modifiers = _held_modifiers(session.events.keys)
        self._focus = _focus(session.events.windows)
        self._snapshots = _snapshots(session.events.elements)
        self._element_rects = _rects(session.events.elements)
        self._without_video = _all_displays(session) if session.geometry.frame_size is None else None
        self._maps = [capture_map_at(session.geometry, t) for t in session.geometry.changes_ns]
        self.canvas = self._canvas_size()

    # -- geometry ----------------------------------------------------------------------------------------------------

    def map_at(self, t_ns: TimeNs) -> CaptureMap | None:
        """From capture px to frame px at `t_ns`; without video, to a canvas of all displays. None where unknown."""
        if self._without_video is not None:
            size = Rect(0, 0, self._without_video.w, self._without_video.h)
            return CaptureMap((FrameFromCapture(self._without_video, size),))
        return self._maps[max(0, bisect_right(self.session.geometry.changes_ns, t_ns) - 1)] if self._maps else None

    def frame_points(self, rows: Sequence[int] | Int64s, t_ns: TimeNs) -> list[tuple[float, float]]:
        """Positions of pointer rows in frame px by the geometry at `t_ns`; empty where that is unknown."""
        if len(rows) == 0:
            return []
        capture_map = self.map_at(t_ns)
        if capture_map is None:
            return []
        x, y = capture_map.points(self._pointer.x_px[rows], self._pointer.y_px[rows])
        return list(zip(x.tolist(), y.tolist(), strict=True))

    def frame_rect(self, rect_px: Rect, t_ns: TimeNs) -> Rect | None:
        """A rectangle of capture px in frame px."""
        capture_map = self.map_at(t_ns)
        if capture_map is None:
            return None
        row = np.array([[rect_px.x, rect_px.y, rect_px.w, rect_px.h]])
        return Rect(*capture_map.rects(row)[0].tolist())

    def _canvas_size(self) -> tuple[int, int] | None:
        if self._without_video is not None:
            return round(self._without_video.w), round(self._without_video.h)
        return self.session.geometry.frame_size

    # -- pointer -----------------------------------------------------------------------------------------------------

    def position_row(self, t_ns: TimeNs) -> int:
        """The last pointer row at or before `t_ns` that knows its position; -1 where there is none."""
        i = latest_at(self._moved_ns, t_ns)
        return int(self._moved[i]) if i >= 0 else -1

    def path(self, r: TimeRange, t_ns: TimeNs) -> tuple[PathPoint, ...]:
        """The pointer's way within `r`, at most 48 points, oldest first. It begins anew where the geometry changes:
        positions before belong to another picture."""
        start = max((c for c in self.session.geometry.changes_ns if c <= t_ns), default=r.start_ns)
        if start >= r.end_ns:
            return ()
        span = in_range(self._moved_ns, TimeRange(max(start, r.start_ns), r.end_ns))
        n = span.stop - span.start
        if n <= 0:
            return ()
        picked = self._moved[span]
        if n > _PATH_POINTS:
            picked = picked[(n - 1) * np.arange(_PATH_POINTS) // (_PATH_POINTS - 1)]
        capture_map = self.map_at(t_ns)
        if capture_map is None:
            return ()
        x, y = capture_map.points(self._pointer.x_px[picked], self._pointer.y_px[picked])
        ages = (r.end_ns - 1 - self._pointer.t_ns[picked]) / r.duration_ns
        return tuple(map(PathPoint._make, zip(x.tolist(), y.tolist(), ages.tolist(), strict=True)))

    def held_buttons(self, t_ns: TimeNs) -> tuple[str, ...]:
        return tuple(name for name, held in self._buttons.items() if held.since(t_ns) is not None)

    def drag_since(self, t_ns: TimeNs) -> tuple[str, TimeNs] | None:
        """The button held longest at `t_ns` whose pointer has left the place of the press, and since when."""
        for button, held in self._buttons.items():
            since = held.since(t_ns)
            if since is None:
                continue
            start, now = self.position_row(since[0]), self.position_row(t_ns)
            x, y = self._pointer.x_px, self._pointer.y_px
            if start >= 0 and max(abs(x[now] - x[start]), abs(y[now] - y[start])) >= _DRAG_PX:
                return button, since[0]
        return None

    def presses(self, r: TimeRange) -> tuple[Press, ...]:
        """Button presses within `r` whose place is known."""
        found = in_range(self._press_ns, r)
        if found.start == found.stop:
            return ()
        at = self._press_at[found]
        rows = self._press_rows[found]
        columns = (self._press_ns[found], self._pointer.seq[rows], at, self._press_counts[found])
        buttons = self._pointer.button[rows].tolist()
        return tuple(
            Press(t_ns, seq, row, _button_name(button), times)
            for t_ns, seq, row, times, button in zip(*(c.tolist() for c in columns), buttons, strict=True)
            if row >= 0
        )

    def scrolled(self, r: TimeRange) -> tuple[int, TimeNs, float, float] | None:
        """What was scrolled within `r`: the pointer row that knows where, when last, and the notches added up."""
        found = in_range(self._scroll_ns, r)
        if found.start == found.stop:
            return None
        rows = self._scroll_rows[found]
        last_ns = int(self._scroll_ns[found.stop - 1])
        return (
            self.position_row(last_ns), last_ns,
            float(self._pointer.dx[rows].sum()), float(self._pointer.dy[rows].sum()),
        )  # fmt: skip

    def _positions_of(self, rows: Int64s) -> Int64s:
        """The row that knows the position at each of `rows`: itself, else the last before it; -1 where none does."""
        at = np.searchsorted(self._moved, rows, side="right") - 1
        return np.where(at >= 0, self._moved[np.maximum(at, 0)] if len(self._moved) else -1, -1).astype(np.int64)

    def _click_counts(self) -> Int64s:
        """1 for a click, 2 for a double click, and so on, for every press."""
        counts = np.ones(len(self._press_rows), np.int64)
        rows, at = self._press_rows, np.maximum(self._press_at, 0)
        if len(rows) < 2 or not len(self._moved):
            return counts
        pointer = self._pointer
        x, y = pointer.x_px[at], pointer.y_px[at]
        near = (np.abs(np.diff(x)) <= _MULTI_CLICK_PX) & (np.abs(np.diff(y)) <= _MULTI_CLICK_PX)
        soon = np.diff(self._press_ns) <= _MULTI_CLICK_NS
        again = near & soon & (np.diff(pointer.button[rows]) == 0)
        for i in np.flatnonzero(again).tolist():
            counts[i + 1] = counts[i] + 1
        return counts

    # -- keys, windows, elements -------------------------------------------------------------------------------------

    def key_presses(self, r: TimeRange) -> tuple[KeyEvent, ...]:
        """Keys pressed within `r`; those in password fields are left out."""
        return self._key_presses.in_range(r)

    def held_modifiers(self, t_ns: TimeNs, hidden: frozenset[int]) -> tuple[str, ...]:
        """Modifiers held at `t_ns`, except by key events whose seq is hidden."""
        found = set()
        for name, held in self._modifiers:
            since = held.since(t_ns)
            if since is not None and since[1] not in hidden:
                found.add(name)
        return tuple(m for m in MODIFIERS if m in found)

    def focused_window(self, t_ns: TimeNs) -> WindowEvent | None:
        i = latest_at(self._focus[0], t_ns)
        return self._focus[1][i] if i >= 0 else None

    def elements(self, t_ns: TimeNs, at_most: int) -> list[tuple[ElementEvent, Rect]]:
        """The newest snapshot's elements that touch the picture, with their place in frame px."""
        starts_ns, firsts = self._snapshots
        i = latest_at(starts_ns, t_ns)
        capture_map = self.map_at(t_ns)
        if i < 0 or capture_map is None or self.canvas is None:
            return []
        events = self.session.events.elements.events
        first, last = firsts[i], firsts[i + 1] if i + 1 < len(firsts) else len(events)
        rects = capture_map.rects(self._element_rects[first:last])
        x, y, w, h = rects.T
        seen = (x < self.canvas[0]) & (y < self.canvas[1]) & (x + w > 0) & (y + h > 0)
        picked = np.flatnonzero(seen)[:at_most]
        return [(events[first + n], Rect(*row)) for n, row in zip(picked.tolist(), rects[picked].tolist(), strict=True)]


def _button_name(code: int) -> str:
    return schema.POINTER_BUTTONS[code] if code >= 0 else "other"


def _held_buttons(pointer: PointerTrack) -> dict[str, _Held]:
    held = {}
    for code, name in enumerate(schema.POINTER_BUTTONS):
        down = np.flatnonzero((pointer.kind == _DOWN) & (pointer.button == code))
        up = np.flatnonzero((pointer.kind == _UP) & (pointer.button == code))
        if len(down):
            held[name] = _Held(pointer.t_ns[down], pointer.t_ns[up], pointer.seq[down])
    return held


def _key_presses(keys: Timed[KeyEvent]) -> Timed[KeyEvent]:
    presses = tuple(e for e in keys.events if e.kind == "down" and not e.secure)
    return Timed(np.array([e.t_ns for e in presses], np.int64), presses)


def _held_modifiers(keys: Timed[KeyEvent]) -> tuple[tuple[str, _Held], ...]:
    """Presses and releases per physical modifier key; those in secure fields are left out."""
    rows: dict[tuple[str, str | None], tuple[list[int], list[int], list[int]]] = {}
    for event in keys.events:
        name = modifier_of(event)
        if name is None or event.secure:
            continue
        downs, ups, seqs = rows.setdefault((name, event.code), ([], [], []))
        if event.kind == "up":
            ups.append(event.t_ns)
        elif not event.repeat:
            downs.append(event.t_ns)
            seqs.append(event.seq)
    return tuple(
        (name, _Held(np.array(downs, np.int64), np.array(ups, np.int64), np.array(seqs, np.int64)))
        for (name, _), (downs, ups, seqs) in rows.items()
    )


def _focus(windows: Timed[WindowEvent]) -> tuple[Int64s, tuple[WindowEvent | None, ...]]:
    """Who has the focus from when on: a focused row takes it, an unfocused row of the same window gives it up."""
    times: list[int] = []
    focused: list[WindowEvent | None] = []
    for event in windows.events:
        current = focused[-1] if focused else None
        if event.focused:
            after: WindowEvent | None = event
        elif current is not None and current.window_id == event.window_id:
            after = None
        else:
            continue
        times.append(event.t_ns)
        focused.append(after)
    return np.array(times, np.int64), tuple(focused)


def _snapshots(elements: Timed[ElementEvent]) -> tuple[Int64s, tuple[int, ...]]:
    """Where each snapshot begins: rows of one moment and one snapshot id belong together."""
    times: list[int] = []
    firsts: list[int] = []
    previous: tuple[int, str | None] | None = None
    for i, event in enumerate(elements.events):
        key = (event.t_ns, event.snapshot_id)
        if key != previous:
            times.append(event.t_ns)
            firsts.append(i)
            previous = key
    return np.array(times, np.int64), tuple(firsts)


def _rects(elements: Timed[ElementEvent]) -> Floats:
    """Rows (x, y, w, h) of capture px, NaN where an element has no place; shape (n, 4)."""
    nowhere = (np.nan,) * 4
    rows = [
        nowhere if e.rect_px is None else (e.rect_px.x, e.rect_px.y, e.rect_px.w, e.rect_px.h) for e in elements.events
    ]
    return np.array(rows, np.float64).reshape(-1, 4)


def _all_displays(session: Session) -> Rect | None:
    """The canvas of a session without video: all displays, else the box of all pointer positions; capture px."""
    bounds = [d.bounds_px for d in session.geometry.displays]
    if bounds:
        whole = bounds[0]
        for rect in bounds[1:]:
            whole = whole.union(rect)
        return whole
    x, y = session.events.pointer.x_px, session.events.pointer.y_px
    known = ~np.isnan(x) & ~np.isnan(y)
    if not known.any():
        return None
    left, top = float(x[known].min()), float(y[known].min())
    return Rect(left, top, max(1.0, float(x[known].max()) + 1 - left), max(1.0, float(y[known].max()) + 1 - top))
