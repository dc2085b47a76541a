"""What is hidden in a session before anybody has looked at it: secrets known by their form, and credential windows.

It holds as long as the rows say it, like the keys of a password field: nobody has to ask for it, and no edit lifts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from curation.model import SeqSpan
from curation.redaction.patterns import matches
from curation.redaction.secrets import Secret
from curation.redaction.window_rules import WindowRules
from curation.seq_spans import as_spans
from curation.typed_text import typed_runs
from replay import schema
from replay.session import Session


@dataclass(frozen=True, slots=True)
class Automatic:
    """Texts that must not survive anywhere, and rows of `windows` that are hidden with all they show."""

    secrets: tuple[Secret, ...] = field(repr=False)
    windows: tuple[SeqSpan, ...]
    window_category: str


def automatic(session: Session) -> Automatic:
    """What the shipped rules hide in `session`; the same session gives the same."""
    rules = WindowRules.shipped()
    windows = as_spans("windows", (w.seq for w in session.events.windows.events if rules.match(w)))
    secrets = dict.fromkeys([*_typed(session), *_written(session)])
    return Automatic(tuple(secrets), windows, rules.category)


def _typed(session: Session) -> Iterator[Secret]:
    events = session.events
    for run in typed_runs(events.keys, events.windows, events.pointer):
        for text in dict.fromkeys((run.text, run.typed, *(s.text for s in run.states))):
            yield from (Secret(text[m.start : m.end], m.category, typed=True) for m in matches(text, typed=True))


def _written(session: Session) -> Iterator[Secret]:
    for text in dict.fromkeys(_cells(session)):
        yield from _secrets_in(text)
        if "%" in text or "+" in text:
            yield from _secrets_in(unquote_plus(text))


def _secrets_in(text: str) -> Iterator[Secret]:
    return (Secret(text[m.start : m.end], m.category) for m in matches(text))


def _cells(session: Session) -> Iterator[str]:
    """Every captured text: the goal, and the text cells of every event."""
    if session.info.task_goal:
        yield session.info.task_goal
    events = session.events
    for table, rows in (
        ("windows", events.windows.events),
        ("elements", events.elements.events),
        ("texts", events.texts.events),
    ):
        columns = [c.name for c in schema.TABLES[table].of_surface(schema.Surface.TEXT)]
        for row in rows:
            yield from (text for c in columns if (text := getattr(row, c)))
    yield from (e.text for e in events.keys.events if e.text)
