"""What two states of a session's decisions differ in, and how far two annotators agree."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from curation.model import (
    CurationState,
    Cut,
    Episode,
    Label,
    MaskKeyframe,
    Outcome,
    RectRedaction,
    SessionState,
    TextLocator,
    TextRedaction,
)
from curation.state_diff import Where, agreement, differences
from curation.touches import Kind
from replay.geometry import Rect
from replay.timebase import NS_PER_S, TimeRange


def span(start_s: float, end_s: float) -> TimeRange:
    return TimeRange(round(start_s * NS_PER_S), round(end_s * NS_PER_S))


def labelled(*labels: Label) -> CurationState:
    return CurationState(labels={v.id: v for v in labels})


def mask(id_: str, r: TimeRange, x: float) -> RectRedaction:
    return RectRedaction(id_, r, (MaskKeyframe(r.start_ns, Rect(x, 0, 50, 50)),))


def told(left: CurationState, right: CurationState) -> list[tuple[Kind, Where, tuple[str, ...]]]:
    return [(d.kind, d.where, d.fields) for d in differences(left, right)]


def test_the_same_state_differs_in_nothing():
    state = labelled(Label("a", span(1, 2), "milestone"))
    assert differences(state, state) == ()


def test_what_one_side_has_alone_and_what_changed_come_in_order_of_time():
    left = labelled(Label("a", span(5, 6), "milestone"), Label("b", span(1, 2), "waiting"))
    right = labelled(Label("a", span(5, 8), "milestone", note="longer"), Label("c", span(3, 4), "recovery"))
    assert told(left, right) == [
        (Kind.LABEL, Where.LEFT, ()),
        (Kind.LABEL, Where.RIGHT, ()),
        (Kind.LABEL, Where.CHANGED, ("range", "note")),
    ]


def test_equal_judgements_under_two_ids_are_no_difference():
    left = labelled(Label("hers", span(1, 2), "milestone"))
    right = labelled(Label("his", span(1, 2), "milestone"))
    assert differences(left, right) == ()


def test_overlapping_judgements_of_two_people_are_one_that_differs():
    left = labelled(Label("hers", span(1, 3), "milestone"), Label("also hers", span(2, 9), "waiting"))
    right = labelled(Label("his", span(1, 4), "milestone"), Label("also his", span(2, 9), "recovery"))
    assert told(left, right) == [
        (Kind.LABEL, Where.CHANGED, ("range",)),
        (Kind.LABEL, Where.CHANGED, ("name",)),
    ]


def test_masks_are_the_same_only_where_they_touch_in_time_and_place():
    left = CurationState(redactions={"a": mask("a", span(1, 3), 0), "b": mask("b", span(5, 6), 0)})
    right = CurationState(redactions={"c": mask("c", span(2, 4), 20), "d": mask("d", span(5, 6), 400)})
    assert [(w, f) for _, w, f in told(left, right)] == [
        (Where.CHANGED, ("range", "keyframes")),
        (Where.LEFT, ()),
        (Where.RIGHT, ()),
    ]


def test_a_text_is_the_same_by_its_hash_and_has_no_place_of_its_own():
    here = TextRedaction("a", (TextLocator("windows", 1, "title", 0, 5),), "mac", 5)
    left = CurationState(redactions={"a": here}, sync_nudge_ns=4, state=SessionState.DONE)
    right = CurationState(redactions={"b": replace(here, id="b")})
    assert [d.kind for d in differences(left, right)] == [Kind.SYNC, Kind.STATE]
    assert [d.range for d in differences(left, CurationState())] == [None, None, None]


def test_episodes_and_cuts_are_compared_too():
    left = CurationState(
        episodes={"e": Episode("e", span(0, 9), "Write", Outcome.SUCCESS)}, cuts={"c": Cut("c", span(2, 3))}
    )
    right = CurationState(episodes={"f": Episode("f", span(0, 9), "Write", Outcome.FAILURE)})
    assert told(left, right) == [(Kind.EPISODE, Where.CHANGED, ("outcome",)), (Kind.CUT, Where.LEFT, ())]


def test_agreement_is_the_overlap_as_a_share_of_what_either_covers():
    left = labelled(Label("a", span(0, 4), "milestone"), Label("b", span(3, 6), "milestone"))
    right = labelled(Label("c", span(4, 8), "milestone"), Label("d", span(0, 1), "waiting"))
    milestone, waiting = agreement(left, right)
    assert (milestone.left_ns, milestone.right_ns, milestone.both_ns) == (6 * NS_PER_S, 4 * NS_PER_S, 2 * NS_PER_S)
    assert milestone.ratio == 0.25
    assert (waiting.name, waiting.ratio) == ("waiting", 0)


_RANGES = st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda p: TimeRange(p[0], p[0] + p[1]))
_LABELS = st.lists(st.tuples(_RANGES, st.sampled_from(["milestone", "waiting"])), max_size=6)


def _state(labels: list[tuple[TimeRange, str]], prefix: str) -> CurationState:
    return labelled(*(Label(f"{prefix}{i}", r, name) for i, (r, name) in enumerate(labels)))


@given(_LABELS, _LABELS)
def test_turning_the_sides_round_turns_the_differences_round(ours, theirs):
    left, right = _state(ours, "l"), _state(theirs, "r")
    turned = {Where.LEFT: Where.RIGHT, Where.RIGHT: Where.LEFT, Where.CHANGED: Where.CHANGED}
    count = lambda ds, turn: sorted(str(turn[d.where]) for d in ds)  # noqa: E731
    same = {w: w for w in Where}
    assert count(differences(left, right), turned) == count(differences(right, left), same)


@given(_LABELS)
def test_whoever_decides_the_same_agrees_wholly(labels):
    assert differences(_state(labels, "l"), _state(labels, "r")) == ()
    assert all(a.ratio == 1 for a in agreement(_state(labels, "l"), _state(labels, "r")))
