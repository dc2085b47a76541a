"""Search inside one session: a query to hits in time, told as they are found, in the words that redactions leave.

A text is compared as it was read, which is cheap, and counts only if the same words are still there once the veil is
over it. Terms of one query hold together: `app:mail typed:invoice` is what was typed while a mail window had the focus.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from curation.search.session_words import FIELDS_OF, Entry, Kind, SessionWords, Text
from curation.search.terms import Term, parse_terms, refused
from replay.timebase import TimeNs

FIELDS: Final = ("app", "title", "url", "typed", "text", "element", "label", "problem", "step")
MOST_HITS: Final = 5000
_CONTEXT: Final = {"app": Kind.WINDOW, "title": Kind.WINDOW, "url": Kind.WINDOW, "label": Kind.LABEL}
"""Fields that other things can be sought under: the window that had the focus, the label that lasts."""
_TELL_EVERY_S: Final = 0.05
_LOOK_AT_CLOCK: Final = 256
_SNIPPET: Final = 160
_LEAD: Final = 40


@dataclass(frozen=True, slots=True)
class Hit:
    """One found text, worded as it may be read: `snippet[start:end]` is what was sought."""

    t_ns: TimeNs
    kind: Kind
    field: str
    snippet: str
    start: int
    end: int


def parse_query(text: str) -> tuple[Term, ...]:
    """The terms of a query of one session. Raises BadInput (bad_filter) naming the character that is not understood."""
    terms = parse_terms(text, FIELDS)
    if terms and all(t.negated for t in terms):
        raise refused(terms[0].at, "it says only what is not sought", "Add a word that is.")
    return terms


def search(words: SessionWords, terms: Sequence[Term]) -> Iterator[tuple[Hit, ...]]:
    """Hits in batches, each within a few hundredths of a second of the one before, at most MOST_HITS in all.

    Empty batches come where a stretch held nothing, so that whoever no longer wants the rest can stop.
    """
    return _Search(words, terms).batches()


class _Search:
    def __init__(self, words: SessionWords, terms: Sequence[Term]) -> None:
        self._words = words
        self._terms = terms
        positive = [t for t in terms if not t.negated]
        self._own = [t for t in positive if t.field not in _CONTEXT] or positive[:1]
        self._around: dict[Kind, tuple[np.ndarray, list[Entry]]] = {}

    def batches(self) -> Iterator[tuple[Hit, ...]]:
        batch: list[Hit] = []
        total = 0
        told_s = time.monotonic()
        for n, hit in enumerate(self._hits()):
            if hit is not None:
                batch.append(hit)
                total += 1
            if total == MOST_HITS:
                break
            if n % _LOOK_AT_CLOCK == 0 and time.monotonic() - told_s > _TELL_EVERY_S:
                yield tuple(batch)
                batch, told_s = [], time.monotonic()
        yield tuple(batch)

    def _hits(self) -> Iterator[Hit | None]:
        """A hit or None for every entry that was looked at."""
        for kind in Kind:
            if self._can_tell(kind):
                for entry in self._words.of(kind):
                    yield None if entry is None else self._hit(entry)

    def _can_tell(self, kind: Kind) -> bool:
        # A word alone would find what was typed twice, as the run and as the step that types it.
        return all(t.field in FIELDS_OF[kind] if t.field else kind is not Kind.STEP for t in self._own)

    def _hit(self, entry: Entry) -> Hit | None:
        found: tuple[Text, str, int] | None = None
        for term in self._own:
            there = _in(entry, term)
            if there is None:
                return None
            found = found or there
        for term in self._terms:
            if term not in self._own and self._holds(entry, term) == term.negated:
                return None
        if found is None:
            return None
        text, shown, at = found
        return _snippet(entry, text.name, shown, at, len(self._own[0].value))

    def _holds(self, entry: Entry, term: Term) -> bool:
        """Whether a term holds of an entry: by its own texts, or by what it happened under."""
        if _in(entry, term) is not None:
            return True
        kind = _CONTEXT.get(term.field)
        if kind is None or kind is entry.kind:
            return False
        return any(_in(around, term) is not None for around in self._over(kind, entry.t_ns))

    def _over(self, kind: Kind, t_ns: TimeNs) -> Sequence[Entry]:
        """The entries of a kind that last at a moment."""
        if kind not in self._around:
            entries = [e for e in self._words.of(kind) if e is not None]
            self._around[kind] = (np.array([e.t_ns for e in entries], np.int64), entries)
        starts, entries = self._around[kind]
        if kind is Kind.WINDOW:  # one has the focus at a time
            i = int(starts.searchsorted(t_ns, side="right")) - 1
            return entries[i : i + 1] if i >= 0 else ()
        return [e for e in entries if e.t_ns <= t_ns < e.end_ns]


def _in(entry: Entry, term: Term) -> tuple[Text, str, int] | None:
    """(the text, as it may be shown, where the term's value stands in it); None where it does not."""
    wanted = term.folded
    for text in entry.texts:
        if (not term.field or term.field == text.name) and wanted in text.folded:
            shown = text.shown()
            at = shown.casefold().find(wanted)
            if at >= 0:
                return text, shown, at
    return None


def _snippet(entry: Entry, name: str, shown: str, at: int, length: int) -> Hit:
    """A part of the text around what was sought, on one line."""
    # Folding may change lengths ("ß"); the mark then lies a little beside, the words are right all the same.
    first = max(0, at - _LEAD) if len(shown) > _SNIPPET else 0
    part = shown[first : first + _SNIPPET].translate(_ONE_LINE)
    lead = "…" if first else ""
    tail = "…" if first + _SNIPPET < len(shown) else ""
    start = len(lead) + at - first
    return Hit(entry.t_ns, entry.kind, name, f"{lead}{part}{tail}", start, start + length)


_ONE_LINE: Final = {ord("\n"): " ", ord("\r"): " ", ord("\t"): " "}
