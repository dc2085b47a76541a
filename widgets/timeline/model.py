"""What the timeline shows: the recorded tracks of a session as arrays, and the decided items as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from curation.model import (
    CurationState,
    Cut,
    Episode,
    KeysRedaction,
    Label,
    RectRedaction,
    Redaction,
    SeqSpan,
    TextRedaction,
)
from curation.veil import Veil
from replay import schema
from replay.events import SessionEvents, WindowEvent
from replay.problems import Problem, Severity
from replay.session import Session
from replay.timebase import TimeNs, TimeRange
from widgets.timeline.spans import Spans, spans_of
from widgets.wording import app_name, words

Int64s = npt.NDArray[np.int64]
_MOVE, _DOWN, _SCROLL = (schema.POINTER_KINDS.index(k) for k in ("move", "down", "scroll"))


@dataclass(frozen=True, slots=True)
class Series:
    """One row of the activity lane: sorted times; `full_rate` events a second fill the row's height."""

    name: str
    color: str
    t_ns: Int64s
    full_rate: float


@dataclass(frozen=True, slots=True)
class WindowSpans:
    """Who had the focus when: during span i it was `names[i]`; disjoint. `shades[i]` tells applications apart."""

    spans: Spans
    names: tuple[str, ...]
    titles: tuple[str, ...]
    shades: Int64s


@dataclass(frozen=True, slots=True)
class Tracks:
    """The recorded half of the timeline; never changes while a session is open, except by a re-sync."""

    extent: TimeRange
    frames_t_ns: Int64s | None
    activity: tuple[Series, ...]
    clicks_t_ns: Int64s
    stops_t_ns: Int64s  # what an edge snaps to: presses, keys, scrolls, windows and texts; sorted
    windows: WindowSpans
    texts: Spans
    text_channels: tuple[str, ...]
    gaps: Spans
    gap_reasons: tuple[str, ...]
    problems: tuple[Problem, ...]  # those with a place, by time
    problems_t_ns: Int64s
    problems_fatal: npt.NDArray[np.bool_]  # which of them are errors


@dataclass(frozen=True, slots=True)
class Item:
    """One decided thing on a lane. `value` is the model's own value; `marks` are keyframes or places, session time."""

    lane: str
    id: str
    range: TimeRange
    title: str
    value: Label | Episode | Cut | Redaction
    resizable: bool = True
    marks: tuple[TimeNs, ...] = ()


def window_spans(session: Session, veil: Veil) -> WindowSpans:
    """Who had the focus when, in the words that `veil` leaves."""
    focused: list[WindowEvent] = []
    for w in session.events.windows.events:
        same = bool(focused) and (w.app, w.title) == (focused[-1].app, focused[-1].title)
        if w.focused and not same:
            focused.append(w)
    starts = np.array([w.t_ns for w in focused], np.int64)
    spans = spans_of(starts, np.append(starts[1:], session.extent.end_ns).astype(np.int64)[: len(starts)])
    apps = [veil.text("windows", w.seq, "app", w.app) for w in focused]
    titles = [veil.text("windows", w.seq, "title", w.title) or "" for w in focused]
    names = tuple(app_name(app) if app else title or "Unknown" for app, title in zip(apps, titles, strict=True))
    shades = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return WindowSpans(spans, names, tuple(titles), np.array([shades[n] for n in names], np.int64))


def tracks_of(session: Session, veil: Veil) -> Tracks:
    """The recorded tracks of a session, ready for binning; one pass over the windows, none over the rest."""
    events, extent = session.events, session.extent
    pointer = events.pointer
    downs = np.array([k.kind == "down" for k in events.keys.events], bool)
    scrolls = pointer.kind == _SCROLL
    texts = [(t.t_start_ns, t.t_end_ns, t.channel) for t in events.texts.events]
    gaps = sorted((g.t_start_ns, g.t_end_ns, g.reason) for g in events.gaps if g.t_end_ns > g.t_start_ns)
    placed = sorted(((p.t_ns, p) for p in session.problems if p.t_ns is not None), key=lambda found: found[0])
    return Tracks(
        extent=extent,
        frames_t_ns=None if session.frames is None else session.frames.t_ns,
        activity=(
            Series("Pointer", "track.pointer", pointer.t_ns[~scrolls], 125.0),
            Series("Keys", "track.keys", events.keys.t_ns[downs], 14.0),
            Series("Scroll", "track.scroll", pointer.t_ns[scrolls], 30.0),
        ),
        clicks_t_ns=pointer.t_ns[pointer.kind == _DOWN],
        stops_t_ns=np.unique(
            np.concatenate(
                [pointer.t_ns[pointer.kind != _MOVE], events.keys.t_ns, events.windows.t_ns, events.texts.t_ns]
            )
        ).astype(np.int64),
        windows=window_spans(session, veil),
        texts=_spans(texts),
        text_channels=tuple(channel for _, _, channel in texts),
        gaps=_spans(gaps),
        gap_reasons=tuple(reason for _, _, reason in gaps),
        problems=tuple(p for _, p in placed),
        problems_t_ns=np.array([t for t, _ in placed], np.int64),
        problems_fatal=np.array([p.severity is Severity.ERROR for _, p in placed], np.bool_),
    )


def _spans(rows: Sequence[tuple[TimeNs, TimeNs, str]]) -> Spans:
    """Rows (start, end, word), sorted by start."""
    starts, ends = (np.array([r[i] for r in rows], np.int64) for i in (0, 1))
    return spans_of(starts, ends)


def items_of(state: CurationState, events: SessionEvents, extent: TimeRange) -> tuple[Item, ...]:
    """Everything decided, in lane order and by start."""
    items = [Item("episodes", e.id, e.range, e.goal or "Episode", e) for e in state.episodes.values()]
    items += [Item("labels", v.id, v.range, words(v.name), v) for v in state.labels.values()]
    items += [Item("cuts", c.id, c.range, c.reason or "Cut", c) for c in state.cuts.values()]
    for r in state.redactions.values():
        item = _redaction_item(r, events, extent)
        if item is not None:
            items.append(item)
    return tuple(sorted(items, key=lambda i: (i.lane, i.range)))


def _redaction_item(r: Redaction, events: SessionEvents, extent: TimeRange) -> Item | None:
    if isinstance(r, RectRedaction):
        return Item("redactions", r.id, r.range, "Mask", r, marks=tuple(k.t_ns for k in r.keyframes))
    if isinstance(r, KeysRedaction):
        return Item("redactions", r.id, r.range, "Keys", r, resizable=False)
    if isinstance(r, TextRedaction):
        marks = [t for v in r.locators if (t := _time_of(events, v.table, v.seq)) is not None]
        marks += [t for s in r.key_rows if (t := _time_of(events, "keys", s.first)) is not None]
        return _hull("Text", r, sorted(marks))
    spans = _window_ranges(r.rows, events, extent)
    return _hull("Window", r, sorted(t for span in spans for t in (span.start_ns, span.end_ns)))


def _hull(title: str, r: Redaction, marks: list[TimeNs]) -> Item | None:
    if not marks:
        return None
    hull = TimeRange(marks[0], max(marks[-1], marks[0] + 1))
    return Item("redactions", r.id, hull, title, r, resizable=False, marks=tuple(marks))


def _time_of(events: SessionEvents, table: str, seq: int) -> TimeNs | None:
    if table == "texts":
        return next((t.t_start_ns for t in events.texts.events if t.seq == seq), None)
    if table == "keys":
        return next((e.t_ns for e in events.keys.events if e.seq == seq), None)
    if table == "windows":
        return next((e.t_ns for e in events.windows.events if e.seq == seq), None)
    return next((e.t_ns for e in events.elements.events if e.seq == seq), None) if table == "elements" else None


def _window_ranges(rows: tuple[SeqSpan, ...], events: SessionEvents, extent: TimeRange) -> list[TimeRange]:
    wanted = [(s.first, s.last) for s in rows if s.table == "windows"]
    windows = events.windows.events
    out = []
    for w, after in pairwise((*windows, None)):
        end = extent.end_ns if after is None else after.t_ns
        if w is not None and end > w.t_ns and any(a <= w.seq <= b for a, b in wanted):
            out.append(TimeRange(w.t_ns, end))
    return out


def density(t_ns: Int64s, edges: Int64s, full_rate: float) -> npt.NDArray[np.float64]:
    """How full each bin's bar is, in [0, 1]: logarithmic in events per second.

    Costs O(bins · log events), whatever the zoom: that is the level of detail.
    """
    counts = np.diff(np.searchsorted(t_ns, edges))
    seconds = np.maximum(np.diff(edges), 1) / 1e9
    filled: npt.NDArray[np.float64] = np.log1p(counts / seconds) / np.log1p(full_rate)
    return np.clip(filled, 0.0, 1.0)


def edges_of(items: Sequence[Item], *, besides: Item) -> tuple[TimeNs, ...]:
    """Where items begin and end, those of `besides` left out."""
    return tuple(t for i in items if i.id != besides.id for t in (i.range.start_ns, i.range.end_ns))


def nearest(t_ns_sorted: Int64s, t_ns: TimeNs) -> TimeNs | None:
    """The entry nearest to `t_ns`; None where there is none."""
    i = int(np.searchsorted(t_ns_sorted, t_ns))
    around = t_ns_sorted[max(0, i - 1) : i + 1]
    return int(around[np.argmin(np.abs(around - t_ns))]) if len(around) else None


def snapped(
    t_ns: TimeNs, frames_t_ns: Int64s | None, others: tuple[TimeNs, ...], events_t_ns: Int64s, reach_ns: float
) -> TimeNs:
    """The nearest of `others` within `reach_ns`, else the nearest event there, else the nearest frame's start, else
    `t_ns` itself."""
    for near in (min(others, key=lambda o: abs(o - t_ns), default=None), nearest(events_t_ns, t_ns)):
        if near is not None and abs(near - t_ns) <= reach_ns:
            return near
    frame = None if frames_t_ns is None else nearest(frames_t_ns, t_ns)
    if frames_t_ns is None or frame is None:
        return t_ns
    # Past the last frame's start there is still that frame's own length, and events without a picture.
    return frame if t_ns <= int(frames_t_ns[-1]) else t_ns
