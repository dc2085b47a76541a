"""Resolves what was decided about a session into what is hidden: cut ranges, masks per frame, rows, cells and secrets.

Pure: the same session, state and key give the same plan. A plan holds secrets in memory for as long as it lives; it is
never stored. Where a hidden thing has no known place on screen, the plan says so in `unplaced` instead of guessing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

import numpy as np
import numpy.typing as npt

from curation.model import (
    CurationState,
    KeysRedaction,
    RectRedaction,
    SeqSpan,
    TextLocator,
    TextRedaction,
    WindowRedaction,
)
from curation.placeholders import hidden_as, placeholder_spans
from curation.redaction.automatic import automatic
from curation.redaction.hidden_typing import HiddenRun, HiddenTyping, SeqSpans, hidden_typing
from curation.redaction.masks import FrameMasks, MaskTrack, rect_track
from curation.redaction.matcher import Matcher
from curation.redaction.places import POLL_NS, Place, Places
from curation.redaction.secrets import STRONG_CHARS, Secret
from curation.secret_text import value_mac
from replay import schema
from replay.errors import Refused
from replay.events import ElementEvent, TextEvent, WindowEvent
from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs, TimeRange, merged
from replay.video.frame_table import FrameTable

Int64s = npt.NDArray[np.int64]
# How long after its last key a half-typed value may still be told by a late snapshot.
_ECHO_NS: Final = 10 * NS_PER_S


@dataclass(frozen=True, slots=True)
class RedactionPlan:
    """What one session's export hides. Frame indexes are the source's; `hidden_cells`: table → (seq, column) → why.

    An event at t is cut when [t − margin, t + margin] touches a cut (margin = 3 sigma of the clock); a frame when its
    presentation overlaps one.
    """

    session_id: str
    cuts: tuple[TimeRange, ...]
    margin_ns: int
    kept_frames: Int64s
    frame_size: tuple[int, int] | None
    masks: FrameMasks
    hidden_keys: Mapping[int, str]
    hidden_runs: tuple[HiddenRun, ...]
    hidden_cells: Mapping[str, Mapping[tuple[int, str], str]]
    secrets: tuple[Secret, ...] = field(repr=False)
    matcher: Matcher = field(repr=False)
    unplaced: Mapping[str, int] = field(default_factory=dict)

    def touches_cut(self, start_ns: TimeNs, end_ns: TimeNs) -> bool:
        """Whether something that lasted from `start_ns` to `end_ns`, inclusive, is cut."""
        return any(end_ns + self.margin_ns >= c.start_ns and start_ns - self.margin_ns < c.end_ns for c in self.cuts)

    def cut_mask(self, start_ns: Int64s, end_ns: Int64s | None = None) -> npt.NDArray[np.bool_]:
        """`touches_cut` for arrays, shape (n,)."""
        ends = start_ns if end_ns is None else end_ns
        out = np.zeros(len(start_ns), bool)
        for c in self.cuts:
            out |= (ends + self.margin_ns >= c.start_ns) & (start_ns - self.margin_ns < c.end_ns)
        return out

    def edges(self) -> frozenset[int]:
        """Frames (source indexes) at which the encoder must begin anew: both edges of every mask and of every cut."""
        after_gap = self.kept_frames[1:][np.diff(self.kept_frames) > 1]
        return self.masks.edges | frozenset(after_gap.tolist())


def resolve(session: Session, state: CurationState, library_key: bytes) -> RedactionPlan:
    """The plan of a session at one state of its edits.

    Raises Refused `redaction_unreadable` where a redaction names a text that is no longer there: what cannot be
    reread cannot be hidden.
    """
    cuts = merged([c.range for c in state.cuts.values()])
    return _Resolver(session, state, library_key).plan(cuts)


def kept_frames(frames: FrameTable | None, cuts: tuple[TimeRange, ...]) -> Int64s:
    """Indexes of the frames no moment of whose presentation is cut; a frame without duration is a moment."""
    if frames is None:
        return np.zeros(0, np.int64)
    return np.flatnonzero(frames.outside(cuts)).astype(np.int64)


class _Resolver:
    def __init__(self, session: Session, state: CurationState, library_key: bytes) -> None:
        self._session = session
        self._library_key = library_key
        self._redactions = tuple(state.redactions.values())
        self._automatic = automatic(session)
        self._places = Places(session)
        self._margin_ns = 3 * session.sync.sigma_ns
        self._cells: dict[str, dict[tuple[int, str], str]] = {"windows": {}, "elements": {}, "texts": {}}
        self._half_typed: set[tuple[str, int]] = set()
        self._tracks: list[MaskTrack] = []
        self._unplaced: Counter[str] = Counter()

    def plan(self, cuts: tuple[TimeRange, ...]) -> RedactionPlan:
        texts = [s for r in self._redactions if isinstance(r, TextRedaction) for s in self._located(r)]
        texts += [s for r in self._redactions if isinstance(r, WindowRedaction) for s in self._hide_windows(r)]
        texts += self._automatic.secrets
        for w in self._credential_windows():
            self._hide_window(w, self._automatic.window_category)
        typing = hidden_typing(self._session, self._marked_keys(), texts)
        secrets = tuple(dict.fromkeys([*texts, *typing.secrets]))
        matcher = Matcher(secrets)
        self._rect_masks()
        self._hide_half_typed(typing, matcher)
        self._mask_places(matcher, typing)
        return RedactionPlan(
            session_id=self._session.id,
            cuts=cuts,
            margin_ns=self._margin_ns,
            kept_frames=kept_frames(self._session.frames, cuts),
            frame_size=self._session.geometry.frame_size,
            masks=FrameMasks(self._tracks),
            hidden_keys=typing.rows,
            hidden_runs=typing.runs,
            hidden_cells=self._cells,
            secrets=secrets,
            matcher=matcher,
            unplaced=dict(self._unplaced),
        )

    def _located(self, redaction: TextRedaction) -> Iterator[Secret]:
        for locator in redaction.locators:
            found = self._reread(redaction, locator)
            if found is not None:
                yield Secret(found, redaction.category)

    def _reread(self, redaction: TextRedaction, locator: TextLocator) -> str | None:
        """The characters a locator names; None where a mask took them before. Raises Refused where they are gone.

        Masked and raw cells of a row differ in length, so what is not at its place is sought by its hash elsewhere in
        the same cell.
        """
        text = _cell(self._session, locator) or ""
        length = locator.end - locator.start
        for start in (locator.start, *range(len(text) - length + 1)) if length > 0 else ():
            found = text[start : start + length]
            if len(found) == length and redaction.value_mac in (self._mac(found), self._mac(unquote_plus(found))):
                return found
        if any(placeholder_spans(text)):
            return None
        raise _unreadable()

    def _mac(self, text: str) -> str:
        return value_mac(self._library_key, text)

    def _marked_keys(self) -> dict[int, str]:
        named = [(s, r.category) for r in self._redactions for s in _key_spans(r)]
        spans = SeqSpans(named)
        marked: dict[int, str] = {}
        for e in self._session.events.keys.events:
            category = spans.category(e.seq)
            if category is None and e.secure:
                category = "secure"  # a password field is hidden whether or not anybody has looked at it yet
            category = category or hidden_as(e.code)
            if category is not None:
                marked[e.seq] = category
        for redaction in self._redactions:
            if isinstance(redaction, WindowRedaction):
                matched = self._matched(redaction)
                marked = dict.fromkeys(self._typed_into_windows(matched), redaction.category) | marked
        automatic_ = self._typed_into_windows(self._credential_windows())
        return dict.fromkeys(automatic_, self._automatic.window_category) | marked

    def _matched(self, redaction: WindowRedaction) -> list[WindowEvent]:
        return self._windows_of(redaction.rows)

    def _credential_windows(self) -> list[WindowEvent]:
        return self._windows_of(self._automatic.windows)

    def _windows_of(self, rows: tuple[SeqSpan, ...]) -> list[WindowEvent]:
        spans = SeqSpans((s, "") for s in rows)
        return [w for w in self._session.events.windows.events if spans.category(w.seq) is not None]

    def _typed_into_windows(self, windows: list[WindowEvent]) -> Iterator[int]:
        keys = self._session.events.keys
        for w in windows:
            if w.focused:
                during = self._places.focus(w).grown(self._margin_ns + 1)
                yield from (e.seq for e in keys.in_range(during))

    def _hide_windows(self, redaction: WindowRedaction) -> Iterator[Secret]:
        """Hide the matched windows' cells, pixels and contents; their titles and addresses become secrets."""
        for w in self._matched(redaction):
            self._hide_window(w, redaction.category)
            for text in (w.title, w.url):
                if text and len(text.strip()) >= STRONG_CHARS and hidden_as(text) is None:
                    yield Secret(text.strip(), redaction.category)

    def _hide_window(self, w: WindowEvent, category: str) -> None:
        self._hide("windows", w.seq, category)
        self._unplaced["window_without_rectangle"] += w.rect_px is None
        for place in self._places.window(w):
            self._tracks += self._places.tracks(place)
            self._hide_contents(place, w, category)

    def _hide_contents(self, place: Place, window: WindowEvent, category: str) -> None:
        during = place.range.grown(self._margin_ns + 1)
        for e in self._session.events.elements.in_range(during):
            inside = e.rect_px is None or place.rect_px is None or e.rect_px.intersection(place.rect_px) is not None
            if inside:
                self._hide("elements", e.seq, category)
        for t in self._session.events.texts.events:
            if (
                t.window_id in (None, window.window_id)
                and t.t_start_ns < during.end_ns
                and t.t_end_ns > during.start_ns
            ):
                self._hide("texts", t.seq, category)

    def _hide(self, table: str, seq: int, category: str) -> None:
        """Hide every text of a row."""
        columns = schema.TABLES[table].of_surface(schema.Surface.TEXT)
        self._cells[table].update({(seq, c.name): category for c in columns})

    def _rect_masks(self) -> None:
        frames, size = self._session.frames, self._session.geometry.frame_size
        if frames is None or size is None:
            return
        for redaction in self._redactions:
            if isinstance(redaction, RectRedaction):
                track = rect_track(redaction, frames, size)
                if track is not None:
                    self._tracks.append(track)

    def _hide_half_typed(self, typing: HiddenTyping, matcher: Matcher) -> None:
        """Hide what snapshots and titles told of a value while it was being typed."""
        events = self._session.events
        for run in typing.runs:
            r = TimeRange(run.range.start_ns - self._margin_ns - POLL_NS, run.range.end_ns + self._margin_ns + _ECHO_NS)
            rows: list[tuple[str, WindowEvent | ElementEvent | TextEvent]] = []
            rows += [("elements", e) for e in events.elements.in_range(r)]
            rows += [("windows", w) for w in events.windows.in_range(r)]
            rows += [("texts", t) for t in events.texts.events if t.t_start_ns < r.end_ns and t.t_end_ns >= r.start_ns]
            for table, row in rows:
                for column in schema.TABLES[table].of_surface(schema.Surface.TEXT):
                    text = getattr(row, column.name)
                    if text and run.partly_in(matcher.scrub(text)):
                        self._cells[table][row.seq, column.name] = run.category
                        self._half_typed.add((table, row.seq))

    def _mask_places(self, matcher: Matcher, typing: HiddenTyping) -> None:
        """Mask the pixels of every element, title bar and field that shows a hidden text."""
        for e in self._session.events.elements.events:
            if ("elements", e.seq) in self._half_typed or any(_hit(matcher, t) for t in (e.name, e.value)):
                self._mask_element(e)
        for w in self._session.events.windows.events:
            if ("windows", w.seq) in self._half_typed or any(_hit(matcher, t) for t in (w.title, w.url)):
                places = list(self._places.title_bars(w))
                self._unplaced["title_without_rectangle"] += not places
                self._mask(places)
        texts = self._session.events.texts.events
        self._unplaced["text_without_place"] += sum(_hit(matcher, t.text) for t in texts)
        for run in typing.runs:
            field_ = self._places.typed_into(run.range)
            self._unplaced["typing_without_field"] += field_ is None
            self._mask([] if field_ is None else [field_])

    def _mask_element(self, e: ElementEvent) -> None:
        if e.rect_px is None:
            self._unplaced["element_without_rectangle"] += 1
        else:
            self._mask([self._places.element(e)])

    def _mask(self, places: list[Place]) -> None:
        for place in places:
            self._tracks += self._places.tracks(place)


def _hit(matcher: Matcher, text: str | None) -> bool:
    return bool(text) and matcher.scrub(text or "") != text


def _key_spans(redaction: object) -> tuple[SeqSpan, ...]:
    if isinstance(redaction, KeysRedaction):
        return tuple(s for s in redaction.rows if s.table == "keys")
    if isinstance(redaction, TextRedaction):
        return tuple(s for s in redaction.key_rows if s.table == "keys")
    return ()


def _unreadable() -> Refused:
    return Refused(
        "redaction_unreadable",
        "A text redaction names a place where this session has no such text, so what it hides cannot be found.",
        "Remove the redaction and add it again.",
    )


def _cell(session: Session, locator: TextLocator) -> str | None:
    if locator.table == "session":
        return session.info.task_goal if locator.column == "task_goal" else None
    rows: Mapping[str, tuple[WindowEvent | ElementEvent | TextEvent, ...]] = {
        "windows": session.events.windows.events,
        "elements": session.events.elements.events,
        "texts": session.events.texts.events,
    }
    for row in rows.get(locator.table, ()):
        if row.seq == locator.seq:
            value = getattr(row, locator.column, None)
            return value if isinstance(value, str) else None
    return None
