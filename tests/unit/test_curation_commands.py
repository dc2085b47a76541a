"""Commands answer with edits that the state takes, or with a refusal that says why and what to do."""

from __future__ import annotations

import math

import pytest

from curation import commands
from curation.commands import Edits, Refusal
from curation.edits import LabelAdded, RedactionAdded
from curation.labels.schemas import load_schemas
from curation.model import (
    CurationState,
    Cut,
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
from curation.reducer import apply, fold
from replay.errors import Refused
from replay.geometry import Rect
from replay.sync import MeasuredSync, SyncModel
from replay.timebase import TimeRange

EMPTY = CurationState()
BOX = Rect(10, 10, 20, 20)
SCHEMAS = load_schemas()


def made(answer: Edits | Refusal, state: CurationState = EMPTY) -> CurationState:
    assert isinstance(answer, Edits), answer
    return fold(answer.edits, state)


def code(answer: Edits | Refusal) -> str:
    assert isinstance(answer, Refusal), answer
    assert answer.sentence.endswith(".")
    return answer.code


def only(mapping):
    (value,) = mapping.values()
    return value


def test_labels_are_added_changed_and_removed():
    state = made(commands.add_label(EMPTY, TimeRange(1, 5), "milestone", note="n", schemas=SCHEMAS))
    label = only(state.labels)
    assert (label.range, label.name, label.note) == (TimeRange(1, 5), "milestone", "n")
    state = made(commands.change_label(state, label.id, name="recovery"), state)
    assert only(state.labels).name == "recovery"
    assert code(commands.change_label(state, label.id, name="recovery")) == "nothing_to_change"
    assert code(commands.add_label(state, TimeRange(1, 5), "recovery", note="n")) == "label_exists"
    assert made(commands.remove_label(state, label.id), state) == EMPTY
    assert code(commands.remove_label(state, "nope")) == "no_such_label"
    assert code(commands.change_label(state, "nope", note="")) == "no_such_label"


def test_a_label_must_be_one_that_its_schema_allows():
    assert code(commands.add_label(EMPTY, TimeRange(0, 1), "x", schema="nope", schemas=SCHEMAS)) == "no_such_schema"
    closed = commands.add_label(EMPTY, TimeRange(0, 1), "x", schema="step", schemas=SCHEMAS)
    assert code(closed) == "label_not_in_schema"
    assert "correct" in closed.remedy
    made(commands.add_label(EMPTY, TimeRange(0, 1), "our own word", schemas=SCHEMAS))


def test_episodes_have_a_goal_and_evidence_inside_them():
    state = made(commands.mark_episode(EMPTY, TimeRange(0, 9), "Send it", outcome=Outcome.SUCCESS, evidence_t_ns=8))
    episode = only(state.episodes)
    assert code(commands.mark_episode(EMPTY, TimeRange(0, 9), " ")) == "goal_missing"
    assert code(commands.mark_episode(EMPTY, TimeRange(0, 9), "x", evidence_t_ns=9)) == "evidence_outside_episode"
    assert code(commands.change_episode(state, episode.id, evidence_t_ns=99)) == "evidence_outside_episode"
    shorter = made(commands.change_episode(state, episode.id, range=TimeRange(0, 5), outcome=Outcome.PARTIAL), state)
    assert (only(shorter.episodes).evidence_t_ns, only(shorter.episodes).outcome) == (None, "partial")
    assert made(commands.remove_episode(state, episode.id), state) == EMPTY


def test_cuts_and_trimming_from_in_and_out_points():
    state = made(commands.add_cut(EMPTY, TimeRange(2, 6), reason="private"))
    cut = only(state.cuts)
    assert code(commands.add_cut(state, TimeRange(3, 5))) == "already_cut"
    assert only(made(commands.change_cut(state, cut.id, range=TimeRange(2, 7)), state).cuts).range == TimeRange(2, 7)
    trimmed = commands.trim(EMPTY, TimeRange(-5, 100), in_ns=10, out_ns=90)
    assert [e.cut.range for e in trimmed.edits] == [TimeRange(-5, 10), TimeRange(90, 100)]
    assert len(trimmed.ids) == 2
    assert [e.cut.range for e in commands.trim(EMPTY, TimeRange(0, 9), out_ns=5).edits] == [TimeRange(5, 9)]
    assert code(commands.trim(made(trimmed), TimeRange(-5, 100), in_ns=10, out_ns=90)) == "nothing_to_change"
    assert code(commands.trim(EMPTY, TimeRange(0, 9), in_ns=5, out_ns=5)) == "nothing_left"
    assert code(commands.trim(EMPTY, TimeRange(0, 9), in_ns=50, out_ns=60)) == "nothing_left"


def test_a_mask_moves_by_keyframes():
    state = made(commands.redact_rect(EMPTY, TimeRange(0, 100), [MaskKeyframe(0, BOX)], frame_size=(100, 100)))
    mask = only(state.redactions)
    state = made(commands.set_keyframe(state, mask.id, 50, Rect(60, 10, 20, 20)), state)
    assert only(state.redactions).rect_at(25) == Rect(35, 10, 20, 20)
    state = made(commands.set_keyframe(state, mask.id, 50, Rect(30, 10, 20, 20)), state)
    assert [k.rect.x for k in only(state.redactions).keyframes] == [10, 30]
    state = made(commands.move_mask(state, mask.id, 5, -5), state)
    assert [(k.rect.x, k.rect.y) for k in only(state.redactions).keyframes] == [(15, 5), (35, 5)]
    state = made(commands.change_range(state, mask.id, TimeRange(0, 200)), state)
    state = made(commands.change_category(state, mask.id, "password"), state)
    assert (only(state.redactions).range.end_ns, only(state.redactions).category) == (200, "password")
    assert code(commands.remove_keyframe(state, mask.id, 7)) == "no_such_keyframe"
    state = made(commands.remove_keyframe(state, mask.id, 50), state)
    assert code(commands.remove_keyframe(state, mask.id, 0)) == "last_keyframe"
    assert code(commands.move_mask(state, mask.id, 0, 0)) == "nothing_to_change"
    assert made(commands.lift(state, mask.id), state) == EMPTY


def test_a_mask_outside_the_picture_would_hide_nothing():
    outside = [MaskKeyframe(0, Rect(200, 0, 20, 20))]
    assert code(commands.redact_rect(EMPTY, TimeRange(0, 9), outside, frame_size=(100, 100))) == "mask_outside_frame"
    entering = [*outside, MaskKeyframe(5, BOX)]
    made(commands.redact_rect(EMPTY, TimeRange(0, 9), entering, frame_size=(100, 100)))


def test_only_rectangles_have_keyframes():
    redaction = KeysRedaction("k", TimeRange(0, 1), (SeqSpan("keys", 0, 1),))
    state = apply(EMPTY, RedactionAdded(redaction))
    assert code(commands.set_keyframe(state, "k", 0, BOX)) == "not_a_mask"
    assert code(commands.set_keyframe(state, "nope", 0, BOX)) == "no_such_redaction"


def test_splitting_keeps_everything_where_it_was():
    state = made(
        commands.redact_rect(EMPTY, TimeRange(0, 100), [MaskKeyframe(0, BOX), MaskKeyframe(80, Rect(90, 10, 20, 20))])
    )
    whole = only(state.redactions)
    done = commands.split(state, whole.id, 40)
    first, second = (made(done, state).redactions[i] for i in done.ids)
    assert (first.range, second.range) == (TimeRange(0, 40), TimeRange(40, 100))
    assert all(first.rect_at(t) == whole.rect_at(t) for t in (0, 20, 39))
    assert all(second.rect_at(t) == whole.rect_at(t) for t in (40, 60, 90))
    assert code(commands.split(state, whole.id, 0)) == "split_outside"
    assert code(commands.split(state, "nope", 0)) == "no_such_thing"


def test_splitting_an_episode_leaves_the_evidence_in_its_part():
    state = made(commands.mark_episode(EMPTY, TimeRange(0, 9), "Send it", evidence_t_ns=8))
    done = commands.split(state, only(state.episodes).id, 4)
    first, second = (made(done, state).episodes[i] for i in done.ids)
    assert (first.evidence_t_ns, second.evidence_t_ns) == (None, 8)
    label = Label("l", TimeRange(0, 9), "milestone")
    labelled = apply(EMPTY, LabelAdded(label))
    parts = made(commands.split(labelled, "l", 4), labelled).labels.values()
    assert [x.range for x in parts] == [TimeRange(0, 4), TimeRange(4, 9)]


def test_the_clock_is_nudged_and_the_state_moved():
    assert made(commands.nudge_sync(EMPTY, -7)).sync_nudge_ns == -7
    assert code(commands.nudge_sync(EMPTY, 0)) == "nothing_to_change"
    assert code(commands.nudge_sync(EMPTY, 10**16)) == "nudge_too_large"
    assert made(commands.move_state(EMPTY, SessionState.DONE)).state is SessionState.DONE
    assert code(commands.move_state(EMPTY, SessionState.NEW)) == "nothing_to_change"


def test_a_measured_clock_replaces_the_nudge_that_was_made_against_the_one_before():
    nudged = made(commands.nudge_sync(EMPTY, 40))
    measured = MeasuredSync(-49_000_000, 12.5, 4_600_000)
    after = made(commands.measure_sync(nudged, measured), nudged)
    assert (after.measured_sync, after.sync_nudge_ns) == (measured, 0)
    clock = after.correction.of(SyncModel(source_zero_ns=9, offset_ns=3, sigma_ns=150, method="recorder_event"))
    assert clock == SyncModel(9, -49_000_000, 12.5, 4_600_000, "correlated")
    assert code(commands.measure_sync(after, measured)) == "nothing_to_change"
    assert code(commands.measure_sync(EMPTY, MeasuredSync(0, math.nan, 1))) == "bad_sync"
    assert code(commands.measure_sync(EMPTY, MeasuredSync(0, 0.0, 1, "guessed"))) == "bad_sync"


SPAN = TimeRange(0, 9)
MAC = "0" * 64
KEY_ROWS = (SeqSpan("keys", 0, 0),)
LOCATOR = TextLocator("windows", 0, "title", 0, 1)


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (RectRedaction("../x", SPAN, (MaskKeyframe(0, BOX),)), "bad_id"),
        (RectRedaction("r", SPAN, ()), "mask_without_keyframe"),
        (RectRedaction("r", SPAN, (MaskKeyframe(5, BOX), MaskKeyframe(5, BOX))), "keyframes_out_of_order"),
        (RectRedaction("r", SPAN, (MaskKeyframe(0, Rect(0, 0, math.nan, 1)),)), "bad_rectangle"),
        (RectRedaction("r", SPAN, (MaskKeyframe(0, Rect(0, 0, 0, 1)),)), "bad_rectangle"),
        (RectRedaction("r", TimeRange(0, 2**70), (MaskKeyframe(0, BOX),)), "time_out_of_range"),
        (RectRedaction("r", SPAN, (MaskKeyframe(0, BOX),), "two\nlines"), "bad_category"),
        (KeysRedaction("k", SPAN, ()), "redaction_hides_nothing"),
        (KeysRedaction("k", SPAN, (SeqSpan("windows", 0, 0),)), "bad_rows"),
        (KeysRedaction("k", SPAN, (SeqSpan("keys", 5, 4),)), "bad_rows"),
        (TextRedaction("t", (), MAC, 3), "redaction_hides_nothing"),
        (TextRedaction("t", (LOCATOR,), "hunter2", 3), "bad_mac"),
        (TextRedaction("t", (TextLocator("raw", 0, "raw", 0, 1),), MAC, 3), "bad_locator"),
        (TextRedaction("t", (TextLocator("windows", 0, "title", 4, 4),), MAC, 3), "bad_locator"),
        (WindowRedaction("w", KEY_ROWS, MAC), "bad_rows"),
    ],
)
def test_what_cannot_mean_anything_is_refused(thing, expected):
    with pytest.raises(Refused) as refused:
        apply(EMPTY, RedactionAdded(thing))
    assert refused.value.code == expected


def test_a_redaction_cannot_become_one_of_another_kind():
    from curation.edits import CutAdded, RedactionChanged

    state = apply(EMPTY, RedactionAdded(RectRedaction("r", SPAN, (MaskKeyframe(0, BOX),))))
    with pytest.raises(Refused) as refused:
        apply(state, RedactionChanged(KeysRedaction("r", SPAN, KEY_ROWS)))
    assert refused.value.code == "redaction_kind_changed"
    with pytest.raises(Refused):
        apply(state, CutAdded(Cut("c", TimeRange(0, 1), "x" * 20_000)))
