"""The rows of the event list: every recorded event of a session in one order, worded when a row is painted.

Building costs one sort over all times; words are made only for what is on screen, so millions of events are fine.
What a redaction hides is never worded: see `curation.veil`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from curation.veil import HIDDEN, Veil
from replay import schema
from replay.events import ElementEvent, KeyEvent, SessionEvents, TextEvent, WindowEvent
from widgets.wording import app_name, words


class EventKind(IntEnum):
    """The filters of the event list."""

    CLICK = 0
    MOVE = 1
    SCROLL = 2
    KEY = 3
    WINDOW = 4
    ELEMENT = 5
    TEXT = 6


TITLES = {
    EventKind.CLICK: "Clicks",
    EventKind.MOVE: "Moves",
    EventKind.SCROLL: "Scroll",
    EventKind.KEY: "Keys",
    EventKind.WINDOW: "Windows",
    EventKind.ELEMENT: "Elements",
    EventKind.TEXT: "Texts",
}
ICONS = {
    EventKind.CLICK: "mouse-pointer-2",
    EventKind.MOVE: "crosshair",
    EventKind.SCROLL: "mouse",
    EventKind.KEY: "keyboard",
    EventKind.WINDOW: "app-window",
    EventKind.ELEMENT: "layers",
    EventKind.TEXT: "text-cursor-input",
}
COLORS = {
    EventKind.CLICK: "track.pointer",
    EventKind.MOVE: "muted",
    EventKind.SCROLL: "track.scroll",
    EventKind.KEY: "track.keys",
    EventKind.WINDOW: "track.windows",
    EventKind.ELEMENT: "muted",
    EventKind.TEXT: "track.texts",
}
AT_FIRST = frozenset({EventKind.CLICK, EventKind.SCROLL, EventKind.KEY, EventKind.WINDOW, EventKind.TEXT})


@dataclass(frozen=True, slots=True)
class EventIndex:
    """All events in order of time: `kind[i]` says which track, `row[i]` which of its events; shape (n,)."""

    t_ns: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    row: npt.NDArray[np.int32]

    def places_of(self, kinds: frozenset[EventKind]) -> npt.NDArray[np.int64]:
        """The places of events of some kinds, ascending."""
        wanted = np.zeros(len(EventKind), np.bool_)
        wanted[[int(k) for k in kinds]] = True
        return np.flatnonzero(wanted[self.kind])

    def kinds_present(self) -> frozenset[EventKind]:
        counts = np.bincount(self.kind, minlength=len(EventKind))
        return frozenset(kind for kind in EventKind if counts[kind])


def index_of(events: SessionEvents) -> EventIndex:
    """The index over all tracks, sorted by time, then by kind."""
    pointer = events.pointer
    kinds = np.full(len(pointer), int(EventKind.CLICK), np.int8)
    kinds[pointer.kind == schema.POINTER_KINDS.index("move")] = EventKind.MOVE
    kinds[pointer.kind == schema.POINTER_KINDS.index("scroll")] = EventKind.SCROLL
    parts = [(pointer.t_ns, kinds)]
    times = (events.keys.t_ns, events.windows.t_ns, events.elements.t_ns, events.texts.t_ns)
    for t_ns, kind in zip(times, list(EventKind)[3:], strict=True):
        parts.append((t_ns, np.full(len(t_ns), int(kind), np.int8)))
    all_ns = np.concatenate([t for t, _ in parts])
    kind_of = np.concatenate([k for _, k in parts])
    rows = np.concatenate([np.arange(len(t), dtype=np.int32) for t, _ in parts])
    order = np.lexsort((kind_of, all_ns))
    return EventIndex(all_ns[order], kind_of[order], rows[order])


def address(events: SessionEvents, kind: EventKind, row: int) -> tuple[str, int]:
    """The table and the number by which steps and edits name an event."""
    if kind is EventKind.KEY:
        return "keys", events.keys.events[row].seq
    if kind is EventKind.WINDOW:
        return "windows", events.windows.events[row].seq
    if kind is EventKind.ELEMENT:
        return "elements", events.elements.events[row].seq
    if kind is EventKind.TEXT:
        return "texts", events.texts.events[row].seq
    return "pointer", int(events.pointer.seq[row])


def worded(events: SessionEvents, kind: EventKind, row: int, veil: Veil) -> str:
    """One event in a few words on one line; captured strings as far as `veil` leaves them."""
    if kind is EventKind.KEY:
        return _key(events.keys.events[row], veil)
    if kind is EventKind.WINDOW:
        return _window(events.windows.events[row], veil)
    if kind is EventKind.ELEMENT:
        return _element(events.elements.events[row], veil)
    if kind is EventKind.TEXT:
        return _text(events.texts.events[row], veil)
    return _pointer(events, row)


def _pointer(events: SessionEvents, row: int) -> str:
    p = events.pointer
    kind = schema.POINTER_KINDS[p.kind[row]]
    where = "" if np.isnan(p.x_px[row]) else f"  {p.x_px[row]:.0f}, {p.y_px[row]:.0f}"
    if kind == "scroll":
        sideways, up = p.dx[row], p.dy[row]
        parts = [f"{'right' if sideways > 0 else 'left'} {abs(sideways):g}"] if sideways else []
        parts += [f"{'up' if up > 0 else 'down'} {abs(up):g}"] if up else []
        return f"Scroll {' '.join(parts)}{where}"
    button = schema.POINTER_BUTTONS[p.button[row]].capitalize() if p.button[row] >= 0 else ""
    return f"{button} {kind}{where}".strip().capitalize() if kind != "move" else f"Move{where}"


def _key(event: KeyEvent, veil: Veil) -> str:
    if veil.key_hidden(event):
        return f"Key {event.kind}  {HIDDEN}"
    name = veil.text("keys", event.seq, "key", event.key) or event.code or "unknown"
    held = [m for m in event.modifiers if m != name]
    keys = "+".join([*held, "Space" if name == " " else name])
    return f"Key {event.kind}  {keys}" + ("  (repeat)" if event.repeat else "")


def _window(event: WindowEvent, veil: Veil) -> str:
    verb = "Focus" if event.focused else "Window"
    app, title = (veil.text("windows", event.seq, c, getattr(event, c)) for c in ("app", "title"))
    return _one_line(f"{verb}  {app_name(app)}  {title or ''}")


def _element(event: ElementEvent, veil: Veil) -> str:
    role, name = (veil.text("elements", event.seq, c, getattr(event, c)) for c in ("role", "name"))
    return _one_line(f"{words(role or 'element')}  {name or ''}")


def _text(event: TextEvent, veil: Veil) -> str:
    # Scrubbed whole, then shortened: half a secret would not be found.
    return _one_line(f"{words(event.channel)}  {veil.text('texts', event.seq, 'text', event.text) or ''}")[:300]


def _one_line(text: str) -> str:
    return " ".join(text.split("\n")).strip()
