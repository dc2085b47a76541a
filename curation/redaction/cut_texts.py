"""Texts that were captured inside cuts and nowhere else: none of them may stand in an export as a cell of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from curation.redaction.plan import RedactionPlan
from replay import schema
from replay.session import Session

_SHORTEST: Final = 6


@dataclass(frozen=True, slots=True)
class CutTexts:
    """Captured cells of one session as `cell_key` gives them: of cut rows, and of all others."""

    inside: frozenset[str] = field(repr=False)
    outside: frozenset[str] = field(repr=False)


def cut_texts(session: Session, plan: RedactionPlan) -> CutTexts:
    inside: set[str] = set()
    outside: set[str] = {cell_key(session.info.task_goal or "")}
    for start, end, text in _cells(session):
        (inside if plan.touches_cut(start, end) else outside).add(cell_key(text))
    return CutTexts(frozenset(inside), frozenset(outside))


def texts_of_cuts(sessions: Iterable[CutTexts]) -> frozenset[str]:
    """What stood in cuts alone, in none of the sessions anywhere else."""
    known = tuple(sessions)
    inside = frozenset(t for s in known for t in s.inside if len(t) >= _SHORTEST)
    return inside.difference(*(s.outside for s in known))


def cell_key(text: str) -> str:
    return text.strip().casefold()


def _cells(session: Session) -> Iterator[tuple[int, int, str]]:
    """(from, to, text) of every text cell of every event."""
    events = session.events
    for table, rows in (("windows", events.windows.events), ("elements", events.elements.events)):
        columns = [c.name for c in schema.TABLES[table].of_surface(schema.Surface.TEXT)]
        for row in rows:
            yield from ((row.t_ns, row.t_ns, t) for c in columns if (t := getattr(row, c)))
    yield from ((t.t_start_ns, t.t_end_ns, t.text) for t in events.texts.events if t.text)
