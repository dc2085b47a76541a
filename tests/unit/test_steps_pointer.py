"""Pointer presses and ticks become clicks, multi-clicks, long presses, drags and scrolls, at exact thresholds."""

from __future__ import annotations

import pytest

from curation.model import SeqSpan
from curation.steps.model import ActionType
from curation.steps.recipe import ReduceRecipe
from curation.steps.reduce import reduce
from tests.steps_script import Hand, ns


def steps_of(hand: Hand, recipe: ReduceRecipe | None = None, **kept):
    return reduce(hand.session(**kept), recipe or ReduceRecipe())


def types_of(hand: Hand, **kept) -> list[str]:
    return [s.action.type.value for s in steps_of(hand, **kept)]


def test_a_press_and_its_release_are_one_click_at_the_press():
    hand = Hand().move(0.5, 90, 90).down(1, 100, 100).move(1.05, 103, 104).up(1.1, 103, 104)
    (step,) = steps_of(hand)
    assert step.action.type == ActionType.CLICK
    assert (step.action.button, step.action.count) == ("left", 1)
    assert (step.action.point.x_px, step.action.point.y_px) == (100, 100)
    assert (step.action.point.frame_x, step.action.point.frame_y) == (100, 100)
    assert (step.t_start_ns, step.t_end_ns) == (ns(1), ns(1.1) + 1)
    assert step.raw == (SeqSpan("pointer", 1, 3),)


@pytest.mark.parametrize(("travel", "type_"), [(6, "click"), (6.01, "drag")])
def test_six_logical_pixels_part_a_click_from_a_drag(travel, type_):
    assert types_of(Hand().down(1, 100, 100).up(1.2, 100 + travel, 100)) == [type_]


@pytest.mark.parametrize(("travel", "type_"), [(12, "click"), (12.01, "drag")])
def test_a_display_scale_of_two_doubles_the_travel_of_a_click(travel, type_):
    assert types_of(Hand().down(1, 100, 100).up(1.2, 100, 100 + travel), scale=2.0) == [type_]


def test_a_drag_that_returns_to_its_start_is_still_a_drag():
    hand = Hand().down(1, 100, 100).move(1.2, 180, 140).move(1.4, 100, 100).up(1.5)
    (step,) = steps_of(hand)
    assert step.action.type == ActionType.DRAG
    assert [(p.x_px, p.y_px) for _, p in step.action.path] == [(100, 100), (180, 140), (100, 100)]
    assert (step.action.end_point.x_px, step.action.end_point.y_px) == (100, 100)
    assert step.action.duration_ns == ns(0.5)


@pytest.mark.parametrize(("bend", "points"), [(1.0, 2), (1.1, 3)])
def test_the_path_of_a_drag_keeps_what_lies_off_the_line_by_more_than_a_pixel(bend, points):
    hand = Hand().down(1, 100, 100).move(1.1, 150, 100 + bend).move(1.2, 200, 100).up(1.3)
    (step,) = steps_of(hand)
    assert len(step.action.path) == points


@pytest.mark.parametrize(("hold", "type_"), [(0.999, "click"), (1.0, "long_press")])
def test_a_press_of_a_second_without_travel_is_a_long_press(hold, type_):
    assert types_of(Hand().click(1, hold=hold)) == [type_]


@pytest.mark.parametrize(("gap", "counts"), [(0.5, [2]), (0.501, [1, 1])])
def test_two_presses_half_a_second_apart_are_a_double_click(gap, counts):
    assert [s.action.count for s in steps_of(Hand().click(1).click(1 + gap))] == counts


@pytest.mark.parametrize(("travel", "counts"), [(4, [2]), (4.01, [1, 1])])
def test_a_multi_click_spans_four_pixels_at_most(travel, counts):
    assert [s.action.count for s in steps_of(Hand().click(1).click(1.3, 100 + travel))] == counts


def test_a_fourth_click_begins_another_multi_click():
    hand = Hand()
    for i in range(5):
        hand.click(1 + i * 0.3)
    assert [s.action.count for s in steps_of(hand)] == [3, 2]


def test_clicks_at_equal_places_stay_apart_when_they_are_apart_in_time():
    assert [s.action.count for s in steps_of(Hand().click(1).click(3.2))] == [1, 1]


@pytest.mark.parametrize("between", ["key", "scroll", "other button"])
def test_other_input_between_two_presses_parts_them(between):
    hand = Hand().click(1)
    if between == "key":
        hand.press(1.15, "KeyA", "a")
    elif between == "scroll":
        hand.scroll(1.2, dy=-1)
    else:
        hand.click(1.15, button="right", hold=0.02)
    clicks = [s for s in steps_of(hand.click(1.3)) if s.action.type == ActionType.CLICK and s.action.button == "left"]
    assert [s.action.count for s in clicks] == [1, 1]


def test_presses_with_different_modifiers_are_no_multi_click():
    hand = Hand().click(1).key(1.2, "down", "ControlLeft", "Control").click(1.3).key(1.5, "up", "ControlLeft")
    first, second = steps_of(hand)
    assert (first.action.modifiers, second.action.modifiers) == ((), ("ctrl",))
    assert SeqSpan("keys", 0, 1) in second.raw


def test_a_lost_release_ends_the_press_and_is_flagged():
    (step,) = steps_of(Hand().down(1))
    assert step.action.type == ActionType.CLICK
    assert step.flags.count("missing_release") == 1
    assert step.t_end_ns == ns(1.5) + 1
    hand = Hand().down(1).down(1.2).up(1.3)
    assert [("missing_release" in s.flags, s.t_end_ns) for s in steps_of(hand)] == [
        (True, ns(1.2) + 1),
        (False, ns(1.3) + 1),
    ]


def test_a_release_without_a_press_stands_for_nothing():
    assert steps_of(Hand().up(1)) == ()


def test_two_buttons_held_at_once_are_two_steps_and_share_no_row():
    hand = Hand().down(1, 100, 100).move(1.1, 150, 100).down(1.2, button="right").up(1.3, button="right")
    hand.move(1.4, 200, 100).up(1.5)
    drag, click = steps_of(hand)
    assert (drag.action.type, click.action.button) == (ActionType.DRAG, "right")
    assert drag.raw == (SeqSpan("pointer", 0, 1), SeqSpan("pointer", 4, 5))
    assert click.raw == (SeqSpan("pointer", 2, 3),)


def test_a_place_beyond_every_display_is_kept_and_flagged():
    (step,) = steps_of(Hand().click(1, 1200, 600))
    assert (step.action.point.x_px, step.action.point.frame_x) == (1200, 1200)
    assert {"off_display", "off_frame"} <= set(step.flags)


def test_a_button_without_a_place_takes_that_of_the_last_move_and_none_where_it_is_unknown():
    nan = float("nan")
    (known,) = steps_of(Hand().move(0.5, 40, 50).down(1, nan, nan).up(1.1, nan, nan))
    assert (known.action.point.x_px, known.action.point.y_px) == (40, 50)
    (lost,) = steps_of(Hand().move(0.5, 40, 50).move(0.6, nan, nan).down(1, nan, nan).up(1.1, nan, nan))
    assert lost.action.point is None
    assert "no_position" in lost.flags


@pytest.mark.parametrize(("gap", "amounts"), [(1.0, [-2]), (1.001, [-1, -1])])
def test_ticks_a_second_apart_are_one_scroll(gap, amounts):
    assert [s.action.scroll_dy for s in steps_of(Hand().scroll(1, -1).scroll(1 + gap, -1))] == amounts


def test_a_reversal_and_another_axis_are_scrolls_of_their_own():
    hand = Hand().scroll(1, -1).scroll(1.1, -1).scroll(1.2, 1).scroll(1.3, dx=1).scroll(1.4, dx=2)
    assert [(s.action.scroll_dx, s.action.scroll_dy) for s in steps_of(hand)] == [(0, -2), (0, 1), (3, 0)]


def test_moves_between_ticks_do_not_part_a_scroll_but_other_input_and_focus_do():
    assert len(steps_of(Hand().scroll(1, -1).move(1.2, 105, 100).scroll(1.4, -1))) == 1
    assert types_of(Hand().scroll(1, -1).click(1.2, hold=0.05).scroll(1.4, -1)) == ["scroll", "click", "scroll"]
    assert types_of(Hand().scroll(1, -1).press(1.2, "F5", "F5").scroll(1.4, -1)) == ["scroll", "key", "scroll"]
    assert types_of(Hand().scroll(1, -1).focus(0, "w1").focus(1.2, "w2").scroll(1.4, -1)) == ["scroll"] * 2


def test_a_scroll_happens_at_its_first_tick_and_ticks_of_nothing_are_none():
    (step,) = steps_of(Hand().scroll(1, 0).scroll(2, -1, x=10, y=20).scroll(2.1, -1, x=30, y=20))
    assert (step.action.point.x_px, step.t_start_ns, step.t_end_ns) == (10, ns(2), ns(2.1) + 1)
    assert step.raw == (SeqSpan("pointer", 1, 2),)
