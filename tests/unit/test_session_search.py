"""Search inside a session finds what may be read, nothing that a redaction hides, and says where a query goes wrong."""

from __future__ import annotations

import pytest

from curation.model import CurationState, KeysRedaction, Label, SeqSpan
from curation.redaction.plan import resolve
from curation.search.session_search import MOST_HITS, parse_query, search
from curation.search.session_words import Kind, SessionWords
from curation.search.terms import parse_terms, spelled
from curation.steps.reduce import reduce
from curation.veil import Veil
from replay.errors import BadInput
from replay.timebase import TimeRange
from tests.curation_sessions import element, session_with, text, window

KEY = b"k" * 32
S = 1_000_000_000


def words_of(session, state=None):
    state = state or CurationState()
    return SessionWords(session, state, reduce(session), Veil(resolve(session, state, KEY)))


def found(session, query, state=None):
    hits = [h for batch in search(words_of(session, state), parse_query(query)) for h in batch]
    return [(h.kind, h.snippet[h.start : h.end]) for h in hits]


SESSION = session_with(
    "send invoice 42<Pause>hello",
    windows=[
        window(0, 0, app="Mail", title="Inbox", url="https://mail.example/in"),
        window(1, 4 * S, app="Editor", title="notes.txt", window_id="w2"),
    ],
    texts=[text(0, S, "Invoice of March")],
    elements=[element(0, S, name="Send button"), element(1, 2 * S, name="Send button")],
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("inbox", [(Kind.WINDOW, "Inbox")]),
        ("app:mail", [(Kind.WINDOW, "Mail")]),
        ("url:example", [(Kind.WINDOW, "example")]),
        ("typed:invoice", [(Kind.TYPED, "invoice")]),
        ("typed:INVOICE", [(Kind.TYPED, "invoice")]),
        ('typed:"invoice 42"', [(Kind.TYPED, "invoice 42")]),
        ("typed:invoice app:mail", [(Kind.TYPED, "invoice")]),
        ("typed:invoice app:editor", []),
        ("typed:invoice -app:editor", [(Kind.TYPED, "invoice")]),
        ("text:invoice", [(Kind.TEXT, "Invoice")]),
        ("text:invoice -march", []),
        ("element:send", [(Kind.ELEMENT, "Send")]),
        ("title:notes app:editor", [(Kind.WINDOW, "notes")]),
        ("nowhere", []),
    ],
)
def test_terms_of_a_query_hold_together(query, expected):
    assert found(SESSION, query) == expected


def test_an_element_that_every_snapshot_repeats_is_found_once():
    session = session_with(elements=[element(i, i * S, name="Save") for i in range(5)])
    assert len(found(session, "element:save")) == 1


def test_labels_and_what_happened_under_them():
    label = Label("l1", TimeRange(0, 3 * S), "login", note="with a code")
    state = CurationState(labels={"l1": label})
    assert found(SESSION, "label:login", state) == [(Kind.LABEL, "login")]
    assert found(SESSION, "typed:invoice label:login", state) == [(Kind.TYPED, "invoice")]
    assert found(SESSION, "typed:invoice -label:login", state) == []


def test_steps_are_found_by_what_was_done():
    assert (Kind.STEP, "invoice") in found(SESSION, "step:invoice")


def test_nothing_that_is_hidden_is_found():
    last = SESSION.events.keys.events[-1].seq
    hidden = KeysRedaction("r1", TimeRange(0, 100 * S), (SeqSpan("keys", 0, last),))
    state = CurationState(redactions={"r1": hidden})
    assert found(SESSION, "typed:invoice") != []
    for query in ("typed:invoice", "send invoice", "step:invoice", "hello"):
        assert found(SESSION, query, state) == [], query


def test_part_of_a_hidden_run_is_read_around_what_is_hidden():
    rows = SESSION.events.keys.events[10:26]  # “invoice ”
    hidden = KeysRedaction("r1", TimeRange(0, 100 * S), (SeqSpan("keys", rows[0].seq, rows[-1].seq),))
    state = CurationState(redactions={"r1": hidden})
    assert found(SESSION, "typed:send", state) == [(Kind.TYPED, "send")]
    assert found(SESSION, "typed:invoice", state) == []


def test_what_was_typed_into_a_secure_field_is_not_there():
    session = session_with("open<Secure>hunter22<Insecure>", windows=[window(0, 0)])
    assert found(session, "hunter22") == []
    assert found(session, "typed:open") == [(Kind.TYPED, "open")]


def test_without_a_plan_no_captured_word_is_found():
    words = SessionWords(SESSION, CurationState(), (), Veil(None))
    for query in ("inbox", "typed:invoice", "text:invoice", "element:send"):
        assert [h for b in search(words, parse_query(query)) for h in b] == []


def test_a_second_search_of_the_same_words_finds_the_same():
    words = words_of(SESSION)
    for _ in range(2):
        assert len([h for b in search(words, parse_query("invoice")) for h in b]) == 2


def test_hits_end_at_a_bound():
    session = session_with(windows=[window(i, i * S, title=f"page {i}") for i in range(MOST_HITS + 10)])
    assert len(found(session, "title:page")) == MOST_HITS


@pytest.mark.parametrize(
    ("query", "character"),
    [
        ("nope:1", 1),
        ("app:mail nope:1", 10),
        ('app:mail typed:"open', 16),
        ("typed:", 7),
        ('say"so', 4),
        ('"a"b', 4),
        ("-mail", 1),
    ],
)
def test_a_query_that_is_not_understood_names_the_character(query, character):
    with pytest.raises(BadInput, match=f"at character {character}:") as refusal:
        parse_query(query)
    assert refusal.value.code == "bad_filter"
    assert "mail" not in refusal.value.sentence


@pytest.mark.parametrize(
    "text", ["mail", "-app:mail", 'typed:"two words"', r'"a \"quoted\" \\ word"', "a - b", "x;--'"]
)
def test_terms_read_as_they_are_spelled(text):
    terms = parse_terms(text, ("app", "typed"))
    again = parse_terms(" ".join(spelled(t) for t in terms), ("app", "typed"))
    assert [(t.field, t.value, t.negated) for t in again] == [(t.field, t.value, t.negated) for t in terms]
