"""Whatever edits are made: undoing is the identity, the log folds to the state, and bytes come back as they were."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation import edits as e
from curation.edit_codec import decode, encode, kind_of
from curation.edit_log import EditLog
from curation.editor import Editor
from curation.model import (
    CurationState,
    Cut,
    Episode,
    KeysRedaction,
    Label,
    MaskKeyframe,
    Outcome,
    RectRedaction,
    SeqSpan,
    SessionState,
    TextLocator,
    TextRedaction,
    WindowRedaction,
)
from curation.reducer import apply, fold, inverse
from replay.errors import BadInput, Refused
from replay.geometry import Rect
from replay.sync import MeasuredSync
from replay.timebase import TimeRange
from tests.unsealed import UNSEALED

IDS = st.sampled_from([f"{kind}{i}" for kind in "abc" for i in range(3)])
TIMES = st.integers(-(10**13), 10**13)
LINES = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=20)
NOTES = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
MACS = st.text("0123456789abcdef", min_size=64, max_size=64)
SIZES = st.floats(0.5, 4000, allow_nan=False, width=64)
PLACES = st.floats(-4000, 4000, allow_nan=False)


@st.composite
def ranges(draw):
    start = draw(TIMES)
    return TimeRange(start, start + draw(st.integers(1, 10**12)))


def spans(table):
    made = st.tuples(st.integers(0, 10**6), st.integers(0, 50)).map(lambda p: SeqSpan(table, p[0], p[0] + p[1]))
    return st.lists(made, min_size=1, max_size=4).map(tuple)


LOCATORS = st.builds(
    lambda place, seq, start, length: TextLocator(*place[:1], seq, place[1], start, start + length),
    st.sampled_from([("windows", "title"), ("elements", "value"), ("texts", "text"), ("session", "task_goal")]),
    st.integers(0, 10**6),
    st.integers(0, 100),
    st.integers(1, 30),
)
KEYFRAMES = st.dictionaries(TIMES, st.builds(Rect, PLACES, PLACES, SIZES, SIZES), min_size=1, max_size=4).map(
    lambda d: tuple(MaskKeyframe(t, d[t]) for t in sorted(d))
)
LABELS = st.builds(Label, IDS, ranges(), LINES, LINES, NOTES)
EPISODES = st.builds(Episode, IDS, ranges(), NOTES, st.sampled_from(Outcome), st.none() | TIMES)
CUTS = st.builds(Cut, IDS, ranges(), NOTES)
REDACTIONS = st.one_of(
    st.builds(RectRedaction, IDS, ranges(), KEYFRAMES, LINES),
    st.builds(KeysRedaction, IDS, ranges(), spans("keys"), LINES),
    st.builds(
        TextRedaction,
        IDS,
        st.lists(LOCATORS, min_size=1, max_size=4).map(tuple),
        MACS,
        st.integers(1, 100),
        st.just(()) | spans("keys"),
        LINES,
    ),
    st.builds(WindowRedaction, IDS, spans("windows"), MACS, LINES),
)
BY_FIELD = {
    "label": LABELS,
    "episode": EPISODES,
    "cut": CUTS,
    "redaction": REDACTIONS,
    "state": st.sampled_from(SessionState),
    "delta_ns": st.integers(-(10**9), 10**9),
    "sync": st.none() | st.builds(MeasuredSync, TIMES, st.floats(-60_000, 60_000), st.integers(0, 10**9)),
    "reason": NOTES,
}
EDITS = st.one_of(
    *(st.builds(t, **{f.name: BY_FIELD.get(f.name, IDS) for f in dataclasses.fields(t)}) for t in get_args(e.Edit))
)


def reachable(wishes):
    """The state after those of `wishes` that are allowed, and the edits that were."""
    state, done = CurationState(), []
    for edit in wishes:
        try:
            state = apply(state, edit)
        except Refused:
            continue
        done.append(edit)
    return state, done


@given(EDITS)
def test_every_edit_comes_back_from_its_bytes(edit):
    assert decode(encode(edit)) == edit
    assert kind_of(decode(encode(edit))) == kind_of(edit)


@given(st.lists(EDITS, max_size=30), EDITS)
def test_undoing_an_edit_restores_the_state_before_it(wishes, edit):
    state, _ = reachable(wishes)
    try:
        after = apply(state, edit)
    except Refused:
        with pytest.raises(Refused):
            inverse(state, edit)
        return
    assert apply(after, inverse(state, edit)) == state


@given(st.lists(EDITS, max_size=40))
def test_folding_is_applying_one_after_another(wishes):
    state, done = reachable(wishes)
    assert fold(done) == state
    cut = len(done) // 2
    assert fold(done[cut:], fold(done[:cut])) == state


@given(st.lists(EDITS, min_size=1, max_size=10))
def test_applying_never_changes_the_state_it_was_given(wishes):
    state, done = reachable(wishes)
    for edit in wishes:
        with contextlib.suppress(Refused):
            apply(state, edit)
    assert state == fold(done)


SCRIPT = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(EDITS, min_size=1, max_size=3)),
        st.tuples(st.sampled_from(["undo", "redo", "restart", "other", "refresh"]), st.none()),
    ),
    max_size=25,
)


@given(SCRIPT)
def test_any_script_of_commits_undos_redos_and_restarts_is_the_fold_of_the_log(tmp_path_factory, script):
    path = tmp_path_factory.mktemp("log") / "edits.sqlite"
    logs = [EditLog(path, UNSEALED)]
    editors = [Editor(logs[0], "S", "ann"), Editor(logs[0], "S", "bob")]
    for step, wishes in script:
        with contextlib.suppress(Refused):
            if step == "commit":
                editors[0].commit(wishes, title="t")
            elif step in ("undo", "redo"):
                getattr(editors[0], step)()
            elif step == "refresh":
                editors[0].refresh()
            elif step == "restart":
                logs[-1].close()
                logs.append(EditLog(path, UNSEALED))
                editors[0] = Editor(logs[-1], "S", editors[0].author)
            else:
                editors.reverse()
    log = EditLog(path, UNSEALED)
    logged = log.read("S")
    expected = fold(x for t in logged for x in t.edits)
    assert Editor(log, "S", "ann").state == expected
    for editor in editors:
        if editor.head == len(logged):
            assert editor.state == expected
            reopened = Editor(log, "S", editor.author)
            assert (reopened.undo_title, reopened.redo_title) == (editor.undo_title, editor.redo_title)
    assert [t.head for t in logged] == list(range(1, len(logged) + 1))
    for used in (*logs, log):
        used.close()


@given(st.lists(st.lists(EDITS, min_size=1, max_size=3), max_size=6))
def test_undoing_everything_leads_back_to_nothing_and_redoing_everything_forward_again(tmp_path_factory, intents):
    log = EditLog(tmp_path_factory.mktemp("log") / "edits.sqlite", UNSEALED)
    editor = Editor(log, "S", "ann")
    states = [editor.state]
    for wishes in intents:
        try:
            editor.commit(wishes, title="t")
        except Refused:
            continue
        states.append(editor.state)
    for expected in reversed(states[:-1]):
        editor.undo()
        assert editor.state == expected
    assert editor.undo_title is None
    for expected in states[1:]:
        editor.redo()
        assert editor.state == expected
    assert editor.redo_title is None
    log.close()


@given(st.binary(max_size=200) | EDITS.map(encode).flatmap(lambda b: st.integers(0, len(b)).map(lambda n: b[:n])))
def test_foreign_bytes_are_refused_or_read_but_never_crash(data):
    try:
        edit = decode(data)
    except BadInput:
        return
    assert decode(encode(edit)) == edit
