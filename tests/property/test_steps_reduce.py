"""Whatever was recorded: steps are ordered, own their rows alone, never look ahead, and keep clear of cuts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation.steps.model import ActionType
from curation.steps.recipe import ReduceRecipe
from curation.steps.reduce import reduce
from replay.timebase import NS_PER_S, TimeRange
from tests.steps_script import Hand, ns

GAPS = st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.45, 0.5, 0.51, 0.9, 1.0, 1.1, 1.9, 2.1, 3.0, 6.5])
PLACES = st.sampled_from([(100, 100), (103, 100), (106, 100), (107, 100), (900, 400), (1200, 300)])
KEYS = st.sampled_from(
    [("KeyA", "a"), ("KeyB", "b"), ("Backspace", "Backspace"), ("Enter", "Enter"), ("ArrowDown", "ArrowDown"),
     ("ControlLeft", "Control"), ("ShiftLeft", "Shift"), ("MetaLeft", "Meta"), ("AltLeft", "Alt"), ("KeyN", "Process")]
)  # fmt: skip
EVENTS = st.one_of(
    st.tuples(st.just("move"), PLACES),
    st.tuples(st.sampled_from(["down", "up"]), st.sampled_from(["left", "right"])),
    st.tuples(st.just("scroll"), st.sampled_from([(0, -1), (0, 1), (1, 0), (0, 0)])),
    st.tuples(st.sampled_from(["key down", "key up"]), KEYS),
    st.tuples(st.just("focus"), st.sampled_from(["w1", "w2"])),
)
SCRIPTS = st.lists(st.tuples(GAPS, EVENTS), min_size=1, max_size=60)
CUTS = st.lists(st.tuples(st.floats(0, 40), st.floats(0.05, 5)), max_size=3)


def played(script) -> Hand:
    hand, t = Hand(), 0.5
    for gap, (what, how) in script:
        t += gap
        if what == "move":
            hand.move(t, *how)
        elif what in ("down", "up"):
            getattr(hand, what)(t, button=how)
        elif what == "scroll":
            hand.scroll(t, dx=how[0], dy=how[1])
        elif what == "focus":
            hand.focus(t, how)
        else:
            hand.key(t, what.removeprefix("key "), *how)
    return hand


def rows_of(step) -> list[tuple[str, int]]:
    return [(span.table, seq) for span in step.raw for seq in range(span.first, span.last + 1)]


@given(SCRIPTS, CUTS, st.sampled_from([0, 5, 40]))
def test_every_law_of_steps_holds(script, cuts, sigma_ms):
    removed = tuple(TimeRange(ns(a), ns(a + d)) for a, d in cuts)
    session = played(script).session(seconds=90, sigma_ms=sigma_ms)
    steps = reduce(session, ReduceRecipe(), removed)
    frames, pointer, keys = session.frames, session.events.pointer, session.events.keys
    times = {("pointer", int(s)): int(t) for s, t in zip(pointer.seq, pointer.t_ns, strict=True)}
    times |= {("keys", e.seq): e.t_ns for e in keys.events}

    rows = [r for s in steps for r in rows_of(s)]
    assert len(rows) == len(set(rows)), "a raw row belongs to at most one step"
    assert set(rows) <= set(times)
    assert [s.index for s in steps] == list(range(len(steps)))
    assert [s.t_start_ns for s in steps] == sorted(s.t_start_ns for s in steps)

    guard = max(session.sync.sigma_ns, frames.frame_ns)
    margin = 3 * session.sync.sigma_ns
    for step in steps:
        assert step.t_start_ns < step.t_end_ns
        if step.action.type != ActionType.WAIT:
            assert rows_of(step)
            assert step.anchor_ns <= step.t_start_ns
        if step.obs_index is not None:
            assert frames.t_ns[step.obs_index] <= step.anchor_ns - guard
            assert step.obs_index == frames.index_at(step.anchor_ns - guard), (
                "the latest frame, not just an earlier one"
            )
        if step.obs_index is not None and step.post_index is not None:
            assert step.obs_index <= step.post_index
        touched = [step.t_start_ns, step.t_end_ns - 1, *(times[r] for r in rows_of(step))]
        for r in removed:
            assert min(touched) - margin >= r.end_ns or max(touched) + margin < r.start_ns
            for shown in (step.obs_index, step.post_index):
                if shown is not None:
                    assert (
                        frames.t_ns[shown] >= r.end_ns or frames.t_ns[shown] + frames.duration_ns[shown] <= r.start_ns
                    )


@given(SCRIPTS, CUTS)
def test_a_reduction_is_a_pure_function_and_never_clamps(script, cuts):
    removed = tuple(TimeRange(ns(a), ns(a + d)) for a, d in cuts)
    session = played(script).session(seconds=90)
    steps = reduce(session, ReduceRecipe(), removed)
    assert steps == reduce(session, ReduceRecipe(), removed)
    recorded = set(zip(session.events.pointer.x_px.tolist(), session.events.pointer.y_px.tolist(), strict=True))
    for point in (p for s in steps for p in (s.action.point, s.action.end_point) if p is not None):
        assert (point.x_px, point.y_px) in recorded


@given(SCRIPTS, st.floats(0.5, 30), st.floats(0.1, 5))
def test_a_cut_takes_steps_away_and_leaves_those_far_from_it_as_they_were(script, start, length):
    session = played(script).session(seconds=90)
    cut = TimeRange(ns(start), ns(start + length))
    far = 7 * NS_PER_S  # no rule of the default recipe reaches farther back
    before = [s for s in reduce(session) if s.t_end_ns < cut.start_ns - far]
    kept = {(s.action, s.t_start_ns, s.obs_index) for s in reduce(session, ReduceRecipe(), (cut,))}
    assert {(s.action, s.t_start_ns, s.obs_index) for s in before} <= kept


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=60))
def test_the_kept_path_of_a_drag_lies_within_its_tolerance(places):
    hand = Hand().down(1, 500, 250)
    for i, (x, y) in enumerate(places):
        hand.move(1.1 + i * 0.01, 500 + x, 250 + y)
    (step,) = reduce(hand.up(3).session())
    if step.action.type != ActionType.DRAG:
        return
    path = np.array([(p.x_px, p.y_px) for _, p in step.action.path])
    for x, y in [(500 + x, 250 + y) for x, y in places]:
        a, b = path[:-1], path[1:]
        chord = b - a
        length2 = np.maximum((chord**2).sum(axis=1), 1e-12)
        along = np.clip(((np.array([x, y]) - a) * chord).sum(axis=1) / length2, 0, 1)
        nearest = a + along[:, None] * chord
        assert np.hypot(*(nearest - [x, y]).T).min() <= 1.0 + 1e-6
