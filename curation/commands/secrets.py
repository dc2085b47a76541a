"""Redactions of what was typed, written and shown, bound to the rows they hide; the secret itself is never kept."""

from __future__ import annotations

from collections.abc import Iterator

from curation.commands.result import Edits, Refusal, checked, fresh_id
from curation.edits import RedactionAdded, RedactionLifted
from curation.model import CurationState, KeysRedaction, TextLocator, TextRedaction, WindowRedaction
from curation.placeholders import placeholder_spans
from curation.secret_text import occurrences, value_mac
from curation.seq_spans import as_spans
from curation.typed_search import spans_of, typed_rows
from curation.typed_text import paired_ups, typed_runs
from replay import schema
from replay.session import Session
from replay.timebase import TimeRange

_SHORTEST = 2
_TEXT_TABLES = ("windows", "elements", "texts")


def redact_keys(
    state: CurationState, session: Session, range: TimeRange, *, category: str = "typed"
) -> Edits | Refusal:
    """Hide the keys pressed in `range`, both rows of each; a key released later goes with its press."""
    keys = session.events.keys
    ups = set(paired_ups(keys).values())
    inside = keys.in_range(range)
    downs = {e.seq for e in inside if e.kind == "down"}
    lone_ups = {e.seq for e in inside if e.kind == "up" and e.seq not in ups}
    if not downs and not lone_ups:
        return Refusal("no_keys_in_range", "No key was pressed in this range.", "Choose a range with typing in it.")
    rows = {s for span in spans_of(keys, downs) for s in _seqs(span.first, span.last)} | lone_ups
    redaction = KeysRedaction(fresh_id(), range, as_spans("keys", rows), category)
    return checked(state, (RedactionAdded(redaction),), "Redact keys", redaction.id)


def redact_text(
    state: CurationState, session: Session, library_key: bytes, secret: str, *, category: str = "text"
) -> Edits | Refusal:
    """Hide one string on every surface of the session: titles, URLs, elements, texts, the goal, and the keys typing it.

    Case and Unicode form are ignored. Only places and a keyed hash are kept.
    """
    if len(secret.strip()) < _SHORTEST:
        return Refusal("text_too_short", f"The text to hide needs at least {_SHORTEST} characters.")
    events = session.events
    locators = tuple(_locators(session, secret))
    rows = typed_rows(events.keys, typed_runs(events.keys, events.windows, events.pointer), secret)
    if not locators and not rows:
        return Refusal(
            "text_not_found",
            "Nothing typed or written in this session holds this text.",
            "Where it is only seen on the screen, hide it with a rectangle; where it was typed, by its keys.",
        )
    mac = value_mac(library_key, secret)
    if any(
        isinstance(r, TextRedaction) and (r.value_mac, r.locators, r.key_rows) == (mac, locators, rows)
        for r in state.redactions.values()
    ):
        return Refusal("already_redacted", "This text is already hidden everywhere it was found.")
    redaction = TextRedaction(fresh_id(), locators, mac, len(secret), rows, category)
    return checked(state, (RedactionAdded(redaction),), "Redact text", redaction.id)


def redact_window(
    state: CurationState, session: Session, library_key: bytes, match: str, *, category: str = "window"
) -> Edits | Refusal:
    """Hide every window whose app, title or URL contains `match`, case ignored."""
    if len(match.strip()) < _SHORTEST:
        return Refusal("text_too_short", f"The text to match windows by needs at least {_SHORTEST} characters.")
    columns = [c.name for c in schema.WINDOWS.of_surface(schema.Surface.TEXT)]
    rows = as_spans(
        "windows",
        (
            w.seq
            for w in session.events.windows.events
            if any(occurrences(getattr(w, c) or "", match, url=c == "url") for c in columns)
        ),
    )
    if not rows:
        return Refusal(
            "window_not_found",
            "No window of this session has this in its app, title or URL.",
            "Check the spelling, or hide it with a rectangle.",
        )
    redaction = WindowRedaction(fresh_id(), rows, value_mac(library_key, match), category)
    return checked(state, (RedactionAdded(redaction),), "Redact window", redaction.id)


def lift(state: CurationState, redaction_id: str, *, reason: str = "") -> Edits | Refusal:
    """Take a redaction away. The editor asks for a reason once somebody else or an export has read it."""
    return checked(state, (RedactionLifted(redaction_id, reason),), "Lift redaction", redaction_id)


def _locators(session: Session, secret: str) -> Iterator[TextLocator]:
    for start, end in _places(session.info.task_goal or "", secret):
        yield TextLocator("session", 0, "task_goal", start, end)
    for table in _TEXT_TABLES:
        columns = [c.name for c in schema.TABLES[table].of_surface(schema.Surface.TEXT)]
        for event in getattr(session.events, table).events:
            for column in columns:
                text = getattr(event, column)
                for start, end in _places(text, secret, url=column == "url") if text else ():
                    yield TextLocator(table, event.seq, column, start, end)


def _places(text: str, secret: str, *, url: bool = False) -> Iterator[tuple[int, int]]:
    """Where `secret` stands in captured characters; those of a placeholder were never captured."""
    ours = tuple(placeholder_spans(text))
    for start, end in occurrences(text, secret, url=url):
        if not any(start < last and end > first for first, last in ours):
            yield start, end


def _seqs(first: int, last: int) -> range:
    return range(first, last + 1)
