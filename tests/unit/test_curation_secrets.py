"""Redactions of keys, texts and windows find every row and character that holds the secret, and keep no copy of it."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation import commands
from curation.commands import Edits, Refusal
from curation.edit_codec import encode
from curation.model import CurationState, KeysRedaction, TextRedaction, WindowRedaction
from curation.secret_text import occurrences, value_mac
from curation.typed_search import typed_rows
from curation.typed_text import typed_runs
from replay import schema
from replay.timebase import TimeRange
from tests.curation_sessions import element, session_with, text, window
from tests.typing_script import NO_POINTER, NO_WINDOWS, clicked_at, press_all

KEY = b"k" * 32
SECRET = "hunter2"
EMPTY = CurationState()


def redacted(session, secret=SECRET) -> TextRedaction:
    done = commands.redact_text(EMPTY, session, KEY, secret)
    assert isinstance(done, Edits), done
    (edit,) = done.edits
    return edit.redaction


def rows_of(spans):
    return {s for span in spans for s in range(span.first, span.last + 1)}


def hidden_keys(script, secret=SECRET):
    """The keys (as produced) whose down row is hidden, and those whose down row is not."""
    keys = press_all(script)
    rows = rows_of(typed_rows(keys, typed_runs(keys, NO_WINDOWS, NO_POINTER), secret))
    downs = [e for e in keys.events if e.kind == "down"]
    return [e.key for e in downs if e.seq in rows], [e.key for e in downs if e.seq not in rows]


def test_a_typed_secret_is_found_with_both_rows_of_every_key():
    keys = press_all("my hunter2 ok")
    rows = rows_of(typed_rows(keys, typed_runs(keys, NO_WINDOWS, NO_POINTER), SECRET))
    assert [e.key for e in keys.events if e.seq in rows and e.kind == "down"] == list(SECRET)
    assert [e.key for e in keys.events if e.seq in rows and e.kind == "up"] == list(SECRET)


@pytest.mark.parametrize(
    "script",
    [
        "hunter2",
        "HUNTER2",
        "hunyer<Backspace><Backspace><Backspace>ter2",
        "unter2<Home>h",
        "huntr2<ArrowLeft><ArrowLeft>e",
        "hunter2<Ctrl+a><Backspace>something else",
        "hunter2<Home>x<ArrowRight>y",
        "hunter2<Ctrl+Backspace>gone",
        "hunt<Ctrl+s>er2",
        "hunt<Tab>er2",
        "hunter<Ctrl+a>harmless",
        "hunter",
        "hunt<Backspace><Backspace><Backspace><Backspace>bye",
    ],
)
def test_no_letter_of_a_secret_stays_readable_however_it_was_typed(script):
    keys = press_all(script)
    rows = rows_of(typed_rows(keys, typed_runs(keys, NO_WINDOWS, NO_POINTER), SECRET))
    left = "".join(e.key.lower() for e in keys.events if e.kind == "down" and e.seq not in rows and len(e.key) == 1)
    assert rows
    assert not any(part in left for part in ("hunt", "unte", "nter", "ter2"))


def test_a_secret_typed_into_several_clicked_fields_is_found():
    keys = press_all("483920")
    t = [e.t_ns for e in keys.events if e.kind == "down"]
    runs = typed_runs(keys, NO_WINDOWS, clicked_at(t[2] - 1, t[4] - 1))
    assert [r.text for r in runs] == ["48", "39", "20"]
    assert rows_of(typed_rows(keys, runs, "483920")) == set(range(len(keys.events)))


def test_corrections_inside_a_secret_are_hidden_and_ordinary_words_are_not():
    hidden, shown = hidden_keys("ok hunx<Backspace>ter2 fine")
    assert "".join(k for k in hidden if len(k) == 1) == "hunxter2"
    assert "Backspace" in hidden
    assert "".join(shown) == "ok  fine"


def test_a_word_that_only_begins_like_the_secret_stays():
    assert hidden_keys("hunting season")[0] == []


def test_what_was_typed_elsewhere_between_two_parts_of_a_secret_stays():
    hidden, shown = hidden_keys("unter2 and then a lot<Home>h")
    assert sorted(hidden) == sorted("hunter2")
    assert "".join(k for k in shown if len(k) == 1) == " and then a lot"


def test_the_shift_that_made_a_secret_letter_capital_is_hidden_with_it():
    keys = press_all("a<Shift+h>unter2 <Shift+b>")
    rows = rows_of(typed_rows(keys, typed_runs(keys, NO_WINDOWS, NO_POINTER), SECRET))
    shifts = [e.seq for e in keys.events if e.key == "Shift"]
    assert len(shifts) == 4
    assert [s in rows for s in shifts] == [True, True, False, False]


def test_a_text_redaction_names_every_cell_of_every_text_column():
    session = session_with(
        "Hunter2",
        windows=[window(0, 0, app="Hunter2 Pro", title="hunter2 - hunter2", url="https://x/?q=h%75nter2#HUNTER2")],
        elements=[element(4, 1, name="pass: hunter2", value="hunter2")],
        texts=[text(2, 1, "a hunter2 b"), text(3, 2, "nothing")],
        goal="log in with hunter2",
    )
    redaction = redacted(session)
    found = {(x.table, x.seq, x.column, x.start, x.end) for x in redaction.locators}
    assert found == {
        ("session", 0, "task_goal", 12, 19),
        ("windows", 0, "app", 0, 7),
        ("windows", 0, "title", 0, 7),
        ("windows", 0, "title", 10, 17),
        ("windows", 0, "url", 13, 22),
        ("windows", 0, "url", 23, 30),
        ("elements", 4, "name", 6, 13),
        ("elements", 4, "value", 0, 7),
        ("texts", 2, "text", 2, 9),
    }
    assert rows_of(redaction.key_rows) == set(range(14))
    assert redaction.length == len(SECRET)


def test_the_search_covers_every_text_column_that_the_schema_declares():
    searched = {
        ("session", "task_goal"),
        *(
            (t, c.name)
            for t in ("windows", "elements", "texts")
            for c in schema.TABLES[t].of_surface(schema.Surface.TEXT)
        ),
    }
    declared = {(t.name, c.name) for t in schema.TABLES.values() for c in t.of_surface(schema.Surface.TEXT)}
    assert searched == declared


def test_an_edit_never_holds_the_secret_and_its_hash_needs_the_library_key():
    done = commands.redact_text(EMPTY, session_with("hunter2"), KEY, SECRET)
    payload = encode(done.edits[0])
    assert SECRET.encode() not in payload
    assert SECRET not in done.title
    mac = done.edits[0].redaction.value_mac
    assert mac == hmac.new(KEY, SECRET.encode(), hashlib.sha256).hexdigest()
    assert mac != value_mac(b"x" * 32, SECRET)
    assert mac == value_mac(KEY, "HUNTER2")


def test_a_text_that_is_nowhere_is_refused_with_what_to_do():
    refusal = commands.redact_text(EMPTY, session_with("hello"), KEY, SECRET)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "text_not_found"
    assert "rectangle" in refusal.remedy
    assert SECRET not in refusal.sentence + refusal.remedy


@pytest.mark.parametrize(
    ("cell", "secret", "url", "places"),
    [
        ("Straße 5", "STRASSE", False, [(0, 6)]),
        ("Jose\u0301 called", "josé", False, [(0, 4)]),
        ("José called", "jose\u0301", False, [(0, 4)]),
        ("Jose called", "josé", False, [(0, 4)]),
        ("hun\u00adter\u200b2", "hunter2", False, [(0, 9)]),
        ("ﬁnd", "find", False, [(0, 3)]),
        ("ﬁnd", "ind", False, []),
        ("ｈｕｎｔｅｒ２", "hunter2", False, [(0, 7)]),
        ("aaa", "aa", False, [(0, 2), (1, 3)]),
        ("q=a%40b.org&x=a@b.org", "a@b.org", True, [(2, 11), (14, 21)]),
        ("q=J%C3%B6rg+Meier", "jörg meier", True, [(2, 17)]),
        ("100%25%zz%FF", "100%", True, [(0, 4), (0, 6)]),
        ("", "x", True, []),
    ],
)
def test_a_string_is_found_whatever_its_case_form_or_encoding(cell, secret, url, places):
    assert list(occurrences(cell, secret, url=url)) == places


@given(st.text(max_size=30), st.text(min_size=1, max_size=3), st.booleans())
def test_every_place_found_has_the_hash_of_what_was_sought(cell, secret, url):
    for start, end in occurrences(cell, secret, url=url):
        found = cell[start:end]
        macs = {value_mac(KEY, found), value_mac(KEY, unquote_plus(found))} if url else {value_mac(KEY, found)}
        assert value_mac(KEY, secret) in macs


def test_redacting_keys_takes_both_rows_of_what_was_pressed_in_the_range():
    session = session_with("abcdef")
    t = [e.t_ns for e in session.events.keys.events if e.kind == "down"]
    done = commands.redact_keys(EMPTY, session, TimeRange(t[2], t[3] + 1))
    redaction = done.edits[0].redaction
    assert isinstance(redaction, KeysRedaction)
    hidden = rows_of(redaction.rows)
    assert [(e.key, e.kind) for e in session.events.keys.events if e.seq in hidden] == [
        ("c", "down"),
        ("c", "up"),
        ("d", "down"),
        ("d", "up"),
    ]
    assert done.ids == (redaction.id,)
    refused = commands.redact_keys(EMPTY, session, TimeRange(t[-1] + 10**10, t[-1] + 2 * 10**10))
    assert refused.code == "no_keys_in_range"


def test_redacting_windows_matches_app_title_and_url_without_case():
    session = session_with(
        windows=[
            window(0, 0, app="Signal"),
            window(1, 1, title="notes about SIGNALS"),
            window(2, 2, url="https://signal.org"),
            window(3, 3),
        ]
    )
    done = commands.redact_window(EMPTY, session, KEY, "signal")
    redaction = done.edits[0].redaction
    assert isinstance(redaction, WindowRedaction)
    assert rows_of(redaction.rows) == {0, 1, 2}
    assert commands.redact_window(EMPTY, session, KEY, "slack").code == "window_not_found"
