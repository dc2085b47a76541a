"""Where a string was typed: the key rows behind every occurrence, also corrected, erased or only half typed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from curation.keyboard import modifier_of
from curation.model import SeqSpan
from curation.secret_text import occurrences, prefix_occurrences
from curation.seq_spans import as_spans
from curation.typed_text import TypedRun, TypedState, paired_ups
from replay.events import KeyEvent, Timed

# A beginning of this length that was erased or left standing counts as the string half typed; shorter ones are
# beginnings of ordinary words.
_HALF_TYPED: Final = 6
_SHORTEST_HALF: Final = 3
# Strings shorter than this are not sought across fields, where unrelated characters meet.
_SHORTEST_ACROSS: Final = 4


def typed_rows(keys: Timed[KeyEvent], runs: Sequence[TypedRun], secret: str) -> tuple[SeqSpan, ...]:
    """The rows of `keys` (down and up) by which `secret` was typed anywhere in `runs`, case ignored; () for never.

    Includes what was typed and erased in between, dead keys, and modifiers that served nothing else.
    """
    downs: set[int] = set()
    for run in runs:
        for found in _found_in(run, secret):
            downs.update(_with_corrections(run, found))
    if len(secret) >= _SHORTEST_ACROSS:
        downs.update(_found_across(runs, secret))
    return spans_of(keys, downs)


def spans_of(keys: Timed[KeyEvent], downs: Collection[int]) -> tuple[SeqSpan, ...]:
    """Spans of `keys` rows for these presses (named by their down rows): downs, ups and modifiers that served only
    them."""
    ups = paired_ups(keys)
    rows = {*downs, *(ups[d] for d in downs if d in ups), *_own_modifiers(keys, ups, downs)}
    return as_spans("keys", rows)


def _found_in(run: TypedRun, secret: str) -> Iterator[tuple[int, ...]]:
    standing = frozenset(run.seqs)
    half = max(_SHORTEST_HALF, min(_HALF_TYPED, (len(secret) + 1) // 2))
    for state in run.states:
        for start, end in occurrences(state.text, secret):
            yield state.seqs[start:end]
        for start, end in prefix_occurrences(state.text, secret, half):
            if _given_up(state, end, standing):
                yield state.seqs[start:end]
    # What the rows spell when read one after another, wherever the caret was.
    for start, end in occurrences(run.typed, secret):
        yield run.typed_seqs[start:end]


def _given_up(state: TypedState, end: int, standing: frozenset[int]) -> bool:
    """Whether a beginning that ends at `end` was erased again, or was the last thing typed."""
    follows = state.seqs[end] if end < len(state.seqs) else None
    return (
        end == state.caret or state.seqs[end - 1] not in standing or (follows is not None and follows not in standing)
    )


def _with_corrections(run: TypedRun, seqs: Collection[int]) -> Iterator[int]:
    """These presses, and everything between two of them unless something that still stands was typed there."""
    standing = frozenset(run.seqs)
    wanted = frozenset(seqs)
    between: list[int] = []
    started = False
    for press in run.presses:
        if press.seq in wanted:
            yield from between
            yield press.seq
            between, started = [], True
        elif press.text and press.seq in standing:
            between, started = [], False
        elif started or press.composes:
            between.append(press.seq)
        else:
            between = []


def _found_across(runs: Sequence[TypedRun], secret: str) -> Iterator[int]:
    # One value typed into several fields (a code in six boxes), or a field left and taken up again.
    texts = ((r.text, r.seqs) for r in runs), ((r.typed, r.typed_seqs) for r in runs)
    for parts in map(list, texts):
        text = "".join(t for t, _ in parts)
        seqs = [s for _, part in parts for s in part]
        for start, end in occurrences(text, secret):
            yield from seqs[start:end]


def _own_modifiers(keys: Timed[KeyEvent], ups: dict[int, int], downs: Collection[int]) -> Iterator[int]:
    """Rows of modifier presses during which nothing but `downs` was pressed: they tell which letters were capital."""
    wanted = frozenset(downs)
    open_presses: dict[str, tuple[list[int], set[int]]] = {}
    for event in keys.events:
        modifier = modifier_of(event.code) or modifier_of(event.key)
        name = event.code or event.key or ""
        if modifier is None:
            if event.kind == "down":
                for _, served in open_presses.values():
                    served.add(event.seq)
        elif event.kind == "down":
            open_presses.setdefault(name, ([], set()))[0].append(event.seq)
        elif name in open_presses:
            rows, served = open_presses.pop(name)
            if served and served <= wanted:
                yield from (*rows, event.seq)
    for rows, served in open_presses.values():
        if served and served <= wanted:
            yield from rows
