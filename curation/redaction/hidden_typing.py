"""Which key rows are hidden, and what was typed with them: the secrets that key redactions and password fields make.

A redaction names rows. Hidden with them are their releases, the modifiers held meanwhile (Shift tells which letters
were capitals) and every other place where the same text was typed, erased forms included.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from curation.keyboard import modifier_of
from curation.model import SeqSpan
from curation.placeholders import UNREAD
from curation.redaction.secrets import SHORTEST_TOKEN, Secret, is_strong
from curation.typed_search import typed_rows
from curation.typed_text import TypedRun, paired_ups, typed_runs
from replay.events import KeyEvent, Timed
from replay.session import Session
from replay.timebase import TimeRange

# What was typed once is sought elsewhere in the keys from this length on; shorter strings are parts of other words.
_SHORTEST_AGAIN: Final = 4
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class HiddenRun:
    """Typing that is hidden: when, as what, and every text its field held meanwhile."""

    range: TimeRange
    category: str
    states: tuple[str, ...] = field(repr=False)

    def partly_in(self, text: str) -> bool:
        """Whether `text` shows a half-typed form: the whole of it or a word of it is one, or it holds a long one."""
        shown = text.strip().casefold()
        if not shown:
            return False
        words = [w for w in _WORD.findall(shown) if len(w) >= SHORTEST_TOKEN]
        for state in self.states:
            whole = state.strip().casefold()
            if whole.startswith((shown, *words)) or any(p in shown for p in _strong_beginnings(whole)):
                return True
        return False


def _strong_beginnings(text: str) -> Iterator[str]:
    """The shortest beginning of `text` that is strong by itself; longer ones contain it."""
    for end in range(1, len(text) + 1):
        if is_strong(text[:end]):
            yield text[:end]
            return


@dataclass(frozen=True, slots=True)
class HiddenTyping:
    """Hidden rows of `keys` with their category, what was typed with them, and when."""

    rows: dict[int, str]
    secrets: tuple[Secret, ...] = field(repr=False)
    runs: tuple[HiddenRun, ...]


class SeqSpans:
    """Membership in a set of row spans of one table, each with a category."""

    def __init__(self, spans: Iterable[tuple[SeqSpan, str]]) -> None:
        self._spans = sorted(((s.first, s.last, c) for s, c in spans))
        self._firsts = [s[0] for s in self._spans]

    def category(self, seq: int) -> str | None:
        for first, last, category in reversed(self._spans[: bisect_right(self._firsts, seq)]):
            if first <= seq <= last:
                return category
        return None


def hidden_typing(session: Session, marked: dict[int, str], known: Sequence[Secret]) -> HiddenTyping:
    """Everything hidden in `keys` when the rows `marked` (seq → category) and the texts `known` must not survive."""
    events = session.events
    runs = typed_runs(events.keys, events.windows, events.pointer)
    rows = dict(marked)
    typed = [s for run in runs for s in _typed_secrets(run, rows)]
    for secret in dict.fromkeys([*known, *typed]):
        if secret.strong or len(secret.value) >= _SHORTEST_AGAIN:
            for span in typed_rows(events.keys, runs, secret.value):
                rows.update((seq, secret.category) for seq in range(span.first, span.last + 1) if seq not in rows)
    typed = [s for run in runs for s in _typed_secrets(run, rows)]
    hidden_runs = tuple(h for run in runs if (h := _hidden_run(run, rows)) is not None)
    return HiddenTyping(with_companions(events.keys, rows), tuple(dict.fromkeys(typed)), hidden_runs)


def _pieces(text: str, seqs: Sequence[int], rows: dict[int, str]) -> Iterator[tuple[str, str]]:
    """(piece, category) of every stretch of `text` that was typed with hidden rows alone and can be read."""
    start: int | None = None
    for i in range(len(text) + 1):
        hidden = i < len(text) and seqs[i] in rows and text[i] != UNREAD
        if hidden and start is None:
            start = i
        elif not hidden and start is not None:
            yield text[start:i], rows[seqs[start]]
            start = None


def _forms(run: TypedRun) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield run.text, run.seqs
    yield run.typed, run.typed_seqs
    for state in run.states:
        yield state.text, state.seqs


def _typed_secrets(run: TypedRun, rows: dict[int, str]) -> Iterator[Secret]:
    for text, seqs in _forms(run):
        for piece, category in _pieces(text, seqs, rows):
            if piece.strip():
                yield Secret(piece.strip(), category, typed=True)
            lines = piece.split("\n")
            if len(lines) > 1:
                yield from (Secret(line.strip(), category, typed=True) for line in lines if is_strong(line.strip()))


def _hidden_run(run: TypedRun, rows: dict[int, str]) -> HiddenRun | None:
    seqs = [p.seq for p in run.presses if p.seq in rows]
    if not seqs:
        return None
    times = {p.seq: p.t_ns for p in run.presses}
    states = {piece for text, of in _forms(run) for piece, _ in _pieces(text, of, rows)}
    return HiddenRun(
        TimeRange(min(times[s] for s in seqs), max(times[s] for s in seqs) + 1), rows[seqs[0]], tuple(sorted(states))
    )


def with_companions(keys: Timed[KeyEvent], rows: dict[int, str]) -> dict[int, str]:
    """`rows` with their releases and with every modifier that was down while one of them was pressed."""
    out = dict(rows)
    from_keys = _Events(keys)
    for down, up in from_keys.ups.items():
        if down in out:
            out.setdefault(up, out[down])
        elif up in out:
            out.setdefault(down, out[up])
    for down, start, end in from_keys.modifier_holds():
        during = from_keys.hidden_between(start, end, rows)
        if during is not None:
            out.setdefault(down, during)
            if down in from_keys.ups:
                out.setdefault(from_keys.ups[down], during)
    return out


class _Events:
    def __init__(self, keys: Timed[KeyEvent]) -> None:
        self._events = keys.events
        self._times = [e.t_ns for e in keys.events]
        self._time_of = {e.seq: e.t_ns for e in keys.events}
        self.ups = paired_ups(keys)

    def modifier_holds(self) -> Iterator[tuple[int, int, int]]:
        """(down row, from, to) of every modifier press; one without a release lasts no time."""
        for e in self._events:
            if e.kind == "down" and (modifier_of(e.code) or modifier_of(e.key)):
                up = self.ups.get(e.seq)
                yield e.seq, e.t_ns, e.t_ns if up is None else self._time_of[up]

    def hidden_between(self, start: int, end: int, rows: dict[int, str]) -> str | None:
        for e in self._events[bisect_left(self._times, start) : bisect_right(self._times, end)]:
            if e.seq in rows and e.kind == "down":
                return rows[e.seq]
        return None
