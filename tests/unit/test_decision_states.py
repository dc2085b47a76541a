"""Other states of a session's decisions: as they once were, and as one person alone decided."""

from __future__ import annotations

import pytest

from curation.decision_states import authors_of, state_at, state_of
from curation.edit_log import EditLog
from curation.editor import Editor
from curation.edits import CutAdded, LabelAdded, LabelChanged, LabelRemoved, StateMoved, SyncNudged
from curation.model import Cut, Label, SessionState
from replay.timebase import TimeRange
from tests.unsealed import UNSEALED

HERS = Label("hers", TimeRange(10, 20), "milestone")
HIS = Label("his", TimeRange(30, 40), "waiting")


@pytest.fixture
def log(tmp_path):
    made = EditLog(tmp_path / "edits.sqlite", UNSEALED)
    yield made
    made.close()


def both(log) -> tuple[Editor, Editor]:
    ann, bo = Editor(log, "S", "ann"), Editor(log, "S", "bo")
    ann.commit([LabelAdded(HERS)], title="label")
    bo.commit([LabelAdded(HIS), StateMoved(SessionState.IN_PROGRESS)], title="label")
    ann.refresh()
    return ann, bo


def of(editor: Editor, author: str):
    editor.refresh()
    return state_of(editor.history, editor.undone, author)


def test_a_state_at_a_head_is_what_stood_then(log):
    ann, _ = both(log)
    ann.commit([LabelRemoved("his")], title="remove")
    assert dict(state_at(ann.history, 0).labels) == {}
    assert dict(state_at(ann.history, 1).labels) == {"hers": HERS}
    assert set(state_at(ann.history, 2).labels) == {"hers", "his"}
    assert state_at(ann.history, ann.head) == ann.state


def test_each_person_has_what_they_decided_and_nothing_of_others(log):
    ann, _ = both(log)
    ann.commit([LabelRemoved("his"), SyncNudged(5)], title="remove")
    assert authors_of(ann.history) == ("ann", "bo")
    assert (dict(of(ann, "ann").labels), of(ann, "ann").sync_nudge_ns) == ({"hers": HERS}, 5)
    assert (dict(of(ann, "bo").labels), of(ann, "bo").sync_nudge_ns) == ({"his": HIS}, 0)
    assert of(ann, "bo").state is SessionState.IN_PROGRESS
    assert of(ann, "ann").state is SessionState.NEW


def test_what_somebody_changed_of_anothers_is_theirs_as_changed(log):
    ann, _ = both(log)
    longer = Label("his", TimeRange(30, 60), "waiting")
    ann.commit([LabelChanged(longer)], title="longer")
    assert of(ann, "ann").labels["his"] == longer
    assert of(ann, "bo").labels["his"] == HIS


def test_what_was_undone_is_nobodys_and_what_was_redone_is(log):
    ann, bo = both(log)
    bo.commit([CutAdded(Cut("c", TimeRange(0, 5)))], title="cut")
    bo.undo()
    assert not of(ann, "bo").cuts
    ann.commit([LabelRemoved("his")], title="remove")
    ann.undo()
    assert dict(of(ann, "ann").labels) == {"hers": HERS}
    bo.refresh()
    bo.redo()
    assert set(of(ann, "bo").cuts) == {"c"}
