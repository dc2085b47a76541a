"""Every text of one session that may be sought: what kind of thing says it, when, and how it may be read.

Gathered as it is asked for and kept, so that the first search of a long session need not wait for the last of its
events, and the next one starts at once. A text that an application repeats (a title at every move of its window, a
button in every snapshot) is told when it appears, not each time it is still there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from curation.model import CurationState
from curation.steps.model import Action, Step
from curation.typed_text import runs_as_typed
from curation.veil import Veil
from replay.session import Session
from replay.timebase import TimeNs

_PAUSE_EVERY: Final = 4096


class Kind(StrEnum):
    """What a found text is; the order in which kinds are looked through, those with many rows last."""

    LABEL = "label"
    PROBLEM = "problem"
    WINDOW = "window"
    TEXT = "text"
    STEP = "step"
    TYPED = "typed"
    ELEMENT = "element"


FIELDS_OF: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.LABEL: ("label",),
    Kind.PROBLEM: ("problem",),
    Kind.WINDOW: ("app", "title", "url"),
    Kind.TEXT: ("text",),
    Kind.STEP: ("step",),
    Kind.TYPED: ("typed",),
    Kind.ELEMENT: ("element",),
}


@dataclass(frozen=True, slots=True)
class Text:
    """One text: the field it is sought by, folded to be compared, and as it may be shown, asked for when it fits."""

    name: str
    folded: str = field(repr=False)
    shown: Callable[[], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the session with the texts that it carries; `end_ns` is after it where it lasts."""

    kind: Kind
    t_ns: TimeNs
    end_ns: TimeNs
    texts: tuple[Text, ...]


class SessionWords:
    """The texts of one session, at one state of what is decided and hidden. Safe to use from any thread."""

    def __init__(self, session: Session, state: CurationState, steps: Sequence[Step], veil: Veil) -> None:
        """`steps` as reduced from the session; the veil is put over them here."""
        self._session, self._state, self._steps, self._veil = session, state, steps, veil
        self._lock = threading.Lock()
        gather = {
            Kind.LABEL: self._labels,
            Kind.PROBLEM: self._problems,
            Kind.WINDOW: self._windows,
            Kind.TEXT: self._texts,
            Kind.STEP: self._stepped,
            Kind.TYPED: self._typed,
            Kind.ELEMENT: self._elements,
        }
        self._found: dict[Kind, list[Entry]] = {k: [] for k in Kind}
        self._left: dict[Kind, Iterator[Entry | None]] = {k: gather[k]() for k in Kind}
        self._ended: set[Kind] = set()

    def of(self, kind: Kind) -> Iterator[Entry | None]:
        """The entries of a kind in the order of their tracks; None now and then where a long stretch holds none."""
        found = self._found[kind]
        at = 0
        while True:
            if at < len(found):
                yield found[at]
                at += 1
            elif kind in self._ended:
                return
            elif not self._gather_one(kind, at):
                yield None

    def _gather_one(self, kind: Kind, at: int) -> bool:
        """Go one on in a track, unless somebody else was there; False where that held no entry."""
        with self._lock:
            if at < len(self._found[kind]) or kind in self._ended:
                return True
            for entry in self._left[kind]:
                if entry is None:
                    return False
                self._found[kind].append(entry)
                return True
            self._ended.add(kind)
            return True

    def _cell(self, name: str, table: str, seq: int, column: str, text: str) -> Text:
        return Text(name, text.casefold(), lambda: self._veil.text(table, seq, column, text) or "")

    # -- what there is ---------------------------------------------------------------------------------------------

    def _labels(self) -> Iterator[Entry]:
        for label in self._state.labels.values():
            texts = tuple(_plain("label", t) for t in (label.name, label.note) if t)
            yield Entry(Kind.LABEL, label.range.start_ns, label.range.end_ns, texts)
        for episode in self._state.episodes.values():
            texts = tuple(_plain("label", t) for t in (episode.goal, episode.outcome.value) if t)
            yield Entry(Kind.LABEL, episode.range.start_ns, episode.range.end_ns, texts)

    def _problems(self) -> Iterator[Entry]:
        start = self._session.extent.start_ns
        for p in self._session.problems:
            at = start if p.t_ns is None else p.t_ns
            yield Entry(Kind.PROBLEM, at, at + 1, (_plain("problem", p.code), _plain("problem", p.sentence)))

    def _windows(self) -> Iterator[Entry]:
        events = self._session.events.windows.events
        last: tuple[str | None, ...] | None = None
        for i, w in enumerate(events):
            now = (w.window_id, w.app, w.title, w.url)
            if not w.focused or now == last:
                continue
            last = now
            end = events[i + 1].t_ns if i + 1 < len(events) else self._session.extent.end_ns
            cells = (("app", w.app), ("title", w.title), ("url", w.url))
            texts = tuple(self._cell(c, "windows", w.seq, c, t) for c, t in cells if t)
            yield Entry(Kind.WINDOW, w.t_ns, max(end, w.t_ns + 1), texts)

    def _texts(self) -> Iterator[Entry]:
        for e in self._session.events.texts.events:
            if e.text:
                yield Entry(Kind.TEXT, e.t_start_ns, e.t_end_ns, (self._cell("text", "texts", e.seq, "text", e.text),))

    def _stepped(self) -> Iterator[Entry]:
        for step in self._steps:
            said = step_words(self._veil.step(step).action)
            yield Entry(Kind.STEP, step.t_start_ns, step.t_end_ns, (_plain("step", said),))

    def _typed(self) -> Iterator[Entry]:
        events = self._session.events
        for run in runs_as_typed(events.keys, events.windows, events.pointer):
            if run.secure or not run.text:
                continue
            said = self._veil.typed(run.text, run.seqs)
            yield Entry(Kind.TYPED, run.range.start_ns, run.range.end_ns, (_plain("typed", said),))

    def _elements(self) -> Iterator[Entry | None]:
        before: set[tuple[str | None, ...]] = set()
        now: set[tuple[str | None, ...]] = set()
        snapshot: str | None = None
        for n, e in enumerate(self._session.events.elements.events):
            if n % _PAUSE_EVERY == 0:
                yield None
            if e.snapshot_id != snapshot:
                before, now, snapshot = now, set(), e.snapshot_id
            if not e.name and not e.value:
                continue
            said = (e.role, e.name, e.value)
            is_known = said in before or said in now
            now.add(said)
            if not is_known:
                cells = (("name", e.name), ("value", e.value))
                texts = tuple(self._cell("element", "elements", e.seq, c, t) for c, t in cells if t)
                yield Entry(Kind.ELEMENT, e.t_ns, e.t_ns + 1, texts)


def step_words(action: Action) -> str:
    """An action in words that can be sought: what was done, with which keys, which text."""
    keys = "+".join((*action.modifiers, *action.keys))
    parts = (action.type.value, action.button, keys, action.text)
    return " ".join(p for p in parts if p)


def _plain(name: str, text: str) -> Text:
    """A text that hides nothing, or from which what is hidden was taken already."""
    return Text(name, text.casefold(), lambda: text)
