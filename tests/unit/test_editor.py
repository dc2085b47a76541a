"""The editor: one transaction an intent, undo that is durable and careful, merging with what others did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation import commands
from curation.changes import FROM_LOG, Change
from curation.edit_log import EditLog, Purpose
from curation.editor import Editor
from curation.edits import CutAdded, LabelAdded, LabelChanged, LabelRemoved, RedactionAdded, RedactionLifted, SyncNudged
from curation.model import CurationState, Cut, Label, MaskKeyframe, RectRedaction
from curation.touches import Kind
from replay.errors import Refused
from replay.geometry import Rect
from replay.timebase import TimeRange
from tests.unsealed import UNSEALED

LABEL = Label("l1", TimeRange(10, 20), "milestone")
CUT = Cut("c1", TimeRange(0, 5))
MASK = RectRedaction("r1", TimeRange(0, 9), (MaskKeyframe(0, Rect(0, 0, 10, 10)),))


@pytest.fixture
def log(tmp_path):
    made = EditLog(tmp_path / "edits.sqlite", UNSEALED)
    yield made
    made.close()


@pytest.fixture
def ann(log):
    return Editor(log, "S", "ann")


def refused(call, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


def test_a_commit_is_in_the_state_in_the_log_and_in_a_typed_change(log, ann):
    heard: list[Change] = []
    ann.subscribe(heard.append)
    done = ann.commit([LabelAdded(LABEL), CutAdded(CUT)], title="Label and cut", origin="timeline")
    assert ann.state.labels == {"l1": LABEL}
    assert log.read("S") == (done,)
    assert heard == [
        Change(
            frozenset({Kind.LABEL, Kind.CUT}),
            frozenset({"l1", "c1"}),
            (TimeRange(0, 5), TimeRange(10, 20)),
            "timeline",
            1,
        )
    ]


def test_a_change_tells_where_things_were_and_where_they_are(ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    heard: list[Change] = []
    stop = ann.subscribe(heard.append)
    ann.commit([LabelChanged(replace(LABEL, range=TimeRange(100, 110)))], title="Move label")
    assert heard[0].ranges == (TimeRange(10, 20), TimeRange(100, 110))
    stop()
    ann.undo()
    assert len(heard) == 1


def test_an_edit_that_a_rule_refuses_is_neither_logged_nor_published(log, ann):
    heard: list[Change] = []
    ann.subscribe(heard.append)
    assert refused(ann.commit, [LabelRemoved("nope")], title="Remove label").code == "no_such_label"
    assert refused(ann.commit, [], title="Nothing").code == "nothing_to_change"
    half = [LabelAdded(LABEL), LabelAdded(LABEL)]
    assert refused(ann.commit, half, title="Twice").code == "id_in_use"
    assert (log.head("S"), ann.state, heard) == (0, CurationState(), [])


def test_undo_and_redo_append_name_what_they_do_and_survive_a_restart(log, ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    ann.commit([CutAdded(CUT)], title="Add cut")
    assert (ann.undo_title, ann.redo_title) == ("Add cut", None)
    ann.undo()
    later = Editor(log, "S", "ann")
    assert (later.undo_title, later.redo_title, later.head) == ("Add label", "Add cut", 3)
    assert later.state.cuts == {}
    later.undo()
    assert later.state == CurationState()
    later.redo()
    later.redo()
    assert (later.state.labels, later.state.cuts) == ({"l1": LABEL}, {"c1": CUT})
    assert [t.intent.kind for t in later.history] == ["edit", "edit", "undo", "undo", "redo", "redo"]
    assert later.undone == frozenset()


def test_a_new_edit_ends_what_could_be_redone(ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    ann.undo()
    ann.commit([CutAdded(CUT)], title="Add cut")
    assert ann.redo_title is None
    assert refused(ann.redo).code == "nothing_to_redo"


def test_one_undoes_ones_own_edits_only(log, ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    bob = Editor(log, "S", "bob")
    assert bob.undo_title is None
    assert refused(bob.undo).code == "nothing_to_undo"
    bob.commit([CutAdded(CUT)], title="Add cut")
    ann.refresh()
    ann.undo()
    assert (ann.state.labels, ann.state.cuts) == ({}, {"c1": CUT})


def test_undo_is_refused_while_a_later_edit_depends_on_it_and_names_that_edit(log, ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    bob = Editor(log, "S", "bob")
    change = bob.commit([LabelChanged(replace(LABEL, name="recovery"))], title="Rename label")
    ann.refresh()
    blocked = refused(ann.undo)
    assert blocked.code == "undo_blocked"
    assert "Rename label" in blocked.sentence
    assert "bob" in blocked.sentence
    assert change.id in blocked.sentence
    bob.undo()
    ann.undo()
    assert ann.state == CurationState()


def test_undo_notices_a_dependent_edit_that_another_process_just_made(log, ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    Editor(log, "S", "bob").commit([LabelRemoved("l1")], title="Remove label")
    assert refused(ann.undo).code == "undo_blocked"
    assert ann.state.labels == {}


def test_redo_is_refused_where_somebody_changed_the_thing_meanwhile(log, ann):
    ann.commit([SyncNudged(5)], title="Nudge sync")
    ann.undo()
    Editor(log, "S", "bob").commit([SyncNudged(7)], title="Nudge sync")
    ann.refresh()
    assert refused(ann.redo).code == "redo_blocked"
    assert ann.state.sync_nudge_ns == 7


def test_edits_of_two_processes_that_do_not_meet_are_merged(log, ann):
    bob = Editor(log, "S", "bob")
    ann.commit([LabelAdded(LABEL)], title="Add label")
    heard: list[Change] = []
    bob.subscribe(heard.append)
    done = bob.commit([CutAdded(CUT)], title="Add cut", origin="timeline")
    assert (done.head, done.intent.base) == (2, 0)
    assert (bob.state.labels, bob.state.cuts) == ({"l1": LABEL}, {"c1": CUT})
    assert [(c.origin, set(c.ids)) for c in heard] == [(FROM_LOG, {"l1"}), ("timeline", {"c1"})]


def test_edits_of_two_processes_to_the_same_thing_are_a_conflict_that_names_the_other(log, ann):
    ann.commit([LabelAdded(LABEL)], title="Add label")
    bob = Editor(log, "S", "bob")
    other = ann.commit([LabelChanged(replace(LABEL, note="mine"))], title="Change label")
    conflict = refused(bob.commit, [LabelRemoved("l1")], title="Remove label")
    assert conflict.code == "edit_conflict"
    assert other.id in conflict.sentence
    assert bob.state.labels["l1"].note == "mine", "the other's edit is shown"
    assert bob.commit([LabelRemoved("l1")], title="Remove label").head == 3, "and can then be decided upon"


def test_refresh_takes_in_what_others_did_as_one_change(log, ann):
    bob = Editor(log, "S", "bob")
    ann.commit([LabelAdded(LABEL)], title="Add label")
    ann.commit([CutAdded(CUT)], title="Add cut")
    heard: list[Change] = []
    bob.subscribe(heard.append)
    assert len(bob.refresh()) == 2
    assert bob.state == ann.state
    assert [(c.origin, c.head) for c in heard] == [(FROM_LOG, 2)]
    assert bob.refresh() == ()
    assert len(heard) == 1


def test_undoing_a_redaction_is_free_until_somebody_else_has_read_it(log, ann):
    ann.commit([RedactionAdded(MASK)], title="Add mask")
    ann.mark_seen(Purpose.OPEN)
    assert not ann.reason_needed("r1")
    ann.undo()
    ann.redo()
    Editor(log, "S", "bob").mark_seen(Purpose.OPEN)
    assert ann.reason_needed("r1")
    assert refused(ann.undo).code == "lift_needed"
    silent = [RedactionLifted("r1")]
    assert refused(ann.commit, silent, title="Lift redaction").code == "lift_needed"
    ann.commit([RedactionLifted("r1", "It hid the wrong field.")], title="Lift redaction")
    assert ann.state.redactions == {}


def test_an_export_counts_as_a_reader_even_by_the_same_person(ann):
    ann.commit([RedactionAdded(MASK)], title="Add mask")
    ann.mark_seen(Purpose.EXPORT)
    ann.commit([RedactionAdded(replace(MASK, id="r2"))], title="Add mask")
    assert (ann.reason_needed("r1"), ann.reason_needed("r2")) == (True, False)
    ann.undo()
    assert refused(ann.undo).code == "lift_needed"


def test_a_command_carried_out_by_the_editor_can_be_taken_back(ann):
    wish = commands.add_label(ann.state, TimeRange(1, 2), "milestone")
    ann.commit(wish.edits, title=wish.title)
    assert set(ann.state.labels) == set(wish.ids)
    assert ann.undo_title == "Add label"
