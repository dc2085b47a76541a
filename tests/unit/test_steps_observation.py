"""Which frame an agent saw: never a later one, never one that a cut hides, and said so where it is in doubt."""

from __future__ import annotations

import numpy as np
import pytest

from curation.model import Episode, Outcome
from curation.steps.recipe import ReduceRecipe
from curation.steps.reduce import reduce
from curation.steps.terminate import with_terminate
from replay.timebase import TimeRange
from replay.video.frame_table import FrameTable
from tests.steps_script import FRAME_NS, Hand, frame_table, ns


def steps_of(hand: Hand, recipe: ReduceRecipe | None = None, removed=(), changed=None, **kept):
    return reduce(hand.session(**kept), recipe or ReduceRecipe(), removed, changed)


def cut(a: float, b: float) -> TimeRange:
    return TimeRange(ns(a), ns(b))


def test_the_observation_lies_one_frame_before_the_approach_began():
    (step,) = steps_of(Hand().move(2, 10, 10).move(2.5, 90, 90).click(3))
    assert step.anchor_ns == ns(2)
    assert step.obs_index == (ns(2) - FRAME_NS) // FRAME_NS


@pytest.mark.parametrize(("sigma_ms", "before_ms"), [(0, 20), (20, 20), (50, 50), (51, 51)])
def test_the_guard_is_sigma_and_at_least_one_frame(sigma_ms, before_ms):
    (step,) = steps_of(Hand().click(3), sigma_ms=sigma_ms)
    assert step.obs_index == (ns(3) - before_ms * 1_000_000) // FRAME_NS


@pytest.mark.parametrize(("approach", "anchor"), [(5.0, 5.0), (4.9, 5.0), (5.1, 5.1)])
def test_the_approach_is_looked_for_five_seconds_back_at_most(approach, anchor):
    hand = Hand().move(approach, 1, 1)
    for i in range(40):
        hand.move(5.2 + i * 0.1, i, i)
    (step,) = steps_of(hand.click(10))
    assert step.anchor_ns == (ns(anchor) if approach >= 5 else ns(5.2))


def test_the_anchor_never_precedes_the_end_of_the_action_before():
    first, second = steps_of(Hand().click(3).move(3.2, 50, 50).click(4, 50, 50))
    assert second.anchor_ns == ns(3.2)
    assert first.t_end_ns <= second.anchor_ns
    _, still = steps_of(Hand().click(3).click(4))
    assert still.anchor_ns == ns(4)


def test_the_anchor_of_keys_is_the_first_key_down_and_moves_are_no_approach_to_them():
    hand = Hand().move(1, 5, 5).key(2, "down", "ControlLeft", "Control").press(2.2, "KeyC", "c")
    (step,) = steps_of(hand.key(2.4, "up", "ControlLeft", "Control"))
    assert step.anchor_ns == ns(2)


def test_frames_are_found_by_time_on_a_variable_frame_rate():
    t_ns = np.array([0, ns(1), ns(1.02), ns(2.9), ns(2.99), ns(3.5)], np.int64)
    frames = FrameTable("video", np.arange(6), t_ns, np.append(np.diff(t_ns), ns(1)), t_ns == 0)
    (step,) = steps_of(Hand().click(3), frames=frames, sigma_ms=15)
    assert step.obs_index == int(np.searchsorted(t_ns, ns(3) - max(ns(0.015), frames.frame_ns), side="right")) - 1


def test_a_screenshot_is_shown_from_the_moment_it_was_taken():
    frames = frame_table(20, frame_ns=ns(2))
    (step,) = steps_of(Hand().click(4.01), frames=frames, sigma_ms=10)
    assert step.obs_index == 2


@pytest.mark.parametrize("t", [-1.0, 0.01, 61.0])
def test_without_a_frame_on_screen_there_is_no_observation(t):
    (step,) = steps_of(Hand().click(t))
    assert step.obs_index is None
    assert "obs_missing" in step.flags


def test_a_session_without_video_has_steps_without_frames():
    (step,) = steps_of(Hand().click(3), video=False)
    assert (step.obs_index, step.post_index, step.flags) == (None, None, ())


@pytest.mark.parametrize(("gap", "unsettled"), [(0.44, True), (0.46, False)])
def test_an_observation_sooner_than_450_ms_after_the_last_action_is_unsettled(gap, unsettled):
    # The observation lies one frame (20 ms) before the press; both are multiples of a frame.
    _, second = steps_of(Hand().click(3, hold=0.1).click(3.1 + gap + 0.02))
    assert ("obs_unsettled" in second.flags) is unsettled


@pytest.mark.parametrize(
    ("sigma_ms", "method", "uncertain"),
    [(100, "correlated", False), (100.001, "correlated", True), (0, "assumed", True)],
)
def test_an_unsure_clock_flags_every_step(sigma_ms, method, uncertain):
    (step,) = steps_of(Hand().click(3), sigma_ms=sigma_ms, method=method)
    assert ("sync_uncertain" in step.flags) is uncertain


def test_the_post_frame_comes_two_seconds_later_or_just_before_the_next_action():
    alone, last = steps_of(Hand().click(3, hold=0.1).click(8, hold=0.1))
    assert alone.post_index == ns(5.1) // FRAME_NS
    assert last.post_index == ns(10.1) // FRAME_NS
    soon, _ = steps_of(Hand().click(3, hold=0.1).click(4))
    assert soon.post_index == (ns(4) - FRAME_NS) // FRAME_NS


def test_with_pixels_the_post_frame_is_the_first_one_that_stood_still():
    def changed(i: int, j: int) -> float:
        return 0.5 if min(i, j) * FRAME_NS < ns(3.5) else 0.0

    (step,) = steps_of(Hand().click(3, hold=0.1), changed=changed)
    # Samples at 3.1, 3.25, 3.4 still change; 3.55 is the first to compare equal with 3.7, 3.85 and 4.0.
    assert step.post_index == ns(4.0) // FRAME_NS
    (restless,) = steps_of(Hand().click(3, hold=0.1), changed=lambda i, j: 0.01)
    assert restless.post_index == ns(5.1) // FRAME_NS
    assert "post_unsettled" in restless.flags


def test_with_pixels_a_screen_that_changed_during_the_approach_is_stale():
    def changed(i: int, j: int) -> float:
        return 0.5 if (i * FRAME_NS < ns(2.5)) != (j * FRAME_NS < ns(2.5)) else 0.0

    (step,) = steps_of(Hand().move(2, 1, 1).click(3), changed=changed)
    assert step.obs_index == (ns(2) - FRAME_NS) // FRAME_NS
    assert step.flags == ("obs_stale",)
    assert steps_of(Hand().move(2, 1, 1).click(3), changed=lambda i, j: 0.0)[0].flags == ()


@pytest.mark.parametrize(
    ("a", "b", "left"),
    [(2.0, 2.9, 1), (2.0, 3.0, 1), (2.0, 3.001, 0), (3.1, 4, 0), (3.101, 4, 1), (3.02, 3.05, 0), (1, 9, 0)],
)
def test_a_step_that_touches_a_cut_is_gone(a, b, left):
    assert len(steps_of(Hand().click(3, hold=0.1), removed=(cut(a, b),))) == left


@pytest.mark.parametrize(("b", "left"), [(2.970, 1), (2.9701, 0)])
def test_the_guard_of_a_cut_is_three_sigma(b, left):
    assert len(steps_of(Hand().click(3), removed=(cut(2, b),), sigma_ms=10)) == left


def test_no_action_reaches_across_a_cut():
    removed = (cut(3.2, 3.25),)
    assert [s.action.count for s in steps_of(Hand().click(3).click(3.4), removed=removed)] == [1, 1]
    scrolls = steps_of(Hand().scroll(3, -1).scroll(3.4, -1), removed=removed)
    assert [s.action.scroll_dy for s in scrolls] == [-1, -1]
    typed = steps_of(Hand().type(3, "abcdef"), removed=removed)
    assert [s.action.text for s in typed] == ["ab", "def"]
    assert steps_of(Hand().down(3).move(3.3, 300, 300).up(3.5), removed=removed) == ()


def test_what_was_erased_inside_a_cut_stays_typed_before_it():
    hand = Hand().type(3, "abc").press(3.5, "Backspace", "Backspace").type(4, "d")
    assert [s.action.text for s in steps_of(hand, removed=(cut(3.45, 3.6),))] == ["abc", "d"]


def test_after_a_cut_the_observation_lies_after_it_or_there_is_none():
    hand = Hand().move(2, 1, 1).move(2.8, 9, 9).click(3)
    (step,) = steps_of(hand, removed=(cut(1.9, 2.5),))
    assert step.obs_index * FRAME_NS >= ns(2.5)
    assert step.anchor_ns <= step.t_start_ns
    (blind,) = steps_of(hand, removed=(cut(1.9, 2.99),))
    assert blind.obs_index is None
    assert "obs_missing" in blind.flags


def test_a_pause_of_the_recorder_is_no_bridge_either():
    assert [s.action.count for s in steps_of(Hand().click(3).gap(3.2, 3.25).click(3.4))] == [1, 1]


@pytest.mark.parametrize(("pause", "waits"), [(5.999, 0), (6.0, 1)])
def test_six_seconds_without_input_are_a_wait(pause, waits):
    steps = steps_of(Hand().click(3, hold=0.1).click(3.1 + pause))
    found = [s for s in steps if s.action.type == "wait"]
    assert len(found) == waits
    assert all((s.t_start_ns, s.action.duration_ns, s.raw) == (ns(3.1), ns(6), ()) for s in found)


def test_the_observation_of_a_wait_shows_what_the_action_before_it_did():
    _, wait, _ = steps_of(Hand().click(3, hold=0.1).click(12))
    assert wait.obs_index * FRAME_NS >= ns(3.1) + ns(0.44)
    assert wait.obs_index * FRAME_NS <= wait.anchor_ns
    assert "obs_unsettled" not in wait.flags


def test_moves_and_holds_are_input_and_leading_pauses_are_no_wait():
    assert len(steps_of(Hand().click(3).move(6, 5, 5).move(9, 6, 6).click(12))) == 2
    assert [s.action.type for s in steps_of(Hand().down(3).up(12))] == ["long_press"]
    assert len(steps_of(Hand().move(1, 5, 5).click(20))) == 1
    assert len(steps_of(Hand().click(3).gap(4, 5).click(20))) == 2
    assert len(steps_of(Hand().click(3).click(20), removed=(cut(4, 5),))) == 2


@pytest.mark.parametrize(("pause", "fraction", "waits"), [(9.9, 0.0, 0), (10.1, 0.0, 1), (9.9, 0.01, 1)])
def test_with_pixels_a_still_screen_needs_ten_seconds(pause, fraction, waits):
    steps = steps_of(Hand().click(3, hold=0.1).click(3.1 + pause), changed=lambda i, j: fraction)
    assert sum(s.action.type == "wait" for s in steps) == waits


def test_the_recorders_own_window_and_stop_shortcut_are_no_steps():
    hand = Hand().focus(0, "w0", app="agentnet-annotator").click(1).focus(2, "w1").click(3)
    hand.key(5, "down", "ControlLeft", "Control").key(5.2, "down", "AltLeft", "Alt")
    hand.key(5.4, "down", "KeyT", "t").key(5.5, "up", "KeyT", "t")
    assert [s.t_start_ns for s in steps_of(hand)] == [ns(3)]
    assert len(steps_of(hand, ReduceRecipe(strip_recorder=False))) == 3


def test_a_shortcut_at_the_end_that_was_released_is_the_users():
    hand = Hand().click(3).key(5, "down", "ControlLeft", "Control").press(5.2, "KeyS", "s")
    steps = steps_of(hand.key(5.5, "up", "ControlLeft", "Control"))
    assert [s.action.type for s in steps] == ["click", "key"]


@pytest.mark.parametrize(
    ("outcome", "status"), [("success", "success"), ("failure", "failure"), ("partial", None), ("unknown", None)]
)
def test_an_episode_with_an_outcome_ends_in_a_terminate_step(outcome, status):
    session = Hand().click(3).session()
    steps = reduce(session)
    episode = Episode("e", cut(0, 20), "goal", Outcome(outcome))
    ended = with_terminate(steps, episode, session.frames)
    assert [s.action.status for s in ended[1:]] == ([status] if status else [])
    if status:
        assert ended[-1].obs_index == steps[-1].post_index
        assert ended[-1].t_start_ns >= steps[-1].t_end_ns


def test_the_terminate_step_looks_at_the_evidence_and_never_at_a_cut():
    session = Hand().click(3).session()
    steps = reduce(session)
    episode = Episode("e", cut(0, 20), "goal", Outcome.SUCCESS, evidence_t_ns=ns(8))
    assert with_terminate(steps, episode, session.frames)[-1].obs_index == ns(8) // FRAME_NS
    kept = with_terminate(steps, episode, session.frames, (cut(7, 9), cut(4, 6)))
    assert kept[-1].obs_index == ns(20) // FRAME_NS - 1
    assert with_terminate((), episode, None)[-1].obs_index is None


def test_the_terminate_step_shows_nothing_beyond_the_episode():
    session = Hand().click(3, hold=0.1).session()
    steps = reduce(session)
    assert steps[-1].post_index == ns(5.1) // FRAME_NS
    episode = Episode("e", cut(0, 4), "goal", Outcome.SUCCESS)
    assert with_terminate(steps, episode, session.frames)[-1].obs_index == ns(4) // FRAME_NS - 1
