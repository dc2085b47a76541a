"""Key rows become typed text with its corrections netted, shortcuts, special keys and taps."""

from __future__ import annotations

import pytest

from curation.model import SeqSpan
from curation.steps.recipe import ReduceRecipe
from curation.steps.reduce import reduce
from tests.steps_script import Hand, ns


def steps_of(hand: Hand, recipe: ReduceRecipe | None = None, **kept):
    return reduce(hand.session(**kept), recipe or ReduceRecipe())


def said(hand: Hand, recipe: ReduceRecipe | None = None, **kept) -> list[object]:
    """`"text"` of type steps, the keys of key steps."""
    return [s.action.text if s.action.type == "type" else s.action.keys for s in steps_of(hand, recipe, **kept)]


def held(hand: Hand, code: str, key: str, a: float, b: float) -> Hand:
    return hand.key(a, "down", code, key).key(b, "up", code, key)


def test_a_word_is_one_step_with_all_its_rows():
    (step,) = steps_of(Hand().type(1, "hello you"))
    assert step.action.text == "hello you"
    assert step.raw == (SeqSpan("keys", 0, 17),)
    assert (step.t_start_ns, step.t_end_ns) == (ns(1), ns(1.85) + 1)
    assert step.anchor_ns == ns(1)


@pytest.mark.parametrize(("gap", "texts"), [(2.0, ["ab"]), (2.001, ["a", "b"])])
def test_a_pause_of_more_than_two_seconds_ends_a_text(gap, texts):
    assert said(Hand().type(1, "a").type(1 + gap, "b")) == texts


@pytest.mark.parametrize("what", ["press", "tick", "focus"])
def test_pointer_and_focus_end_a_text(what):
    hand = Hand().focus(0, "w1").type(1, "ab")
    {"press": lambda: hand.click(1.5), "tick": lambda: hand.scroll(1.5, -1), "focus": lambda: hand.focus(1.5, "w2")}[
        what
    ]()
    texts = [s.action.text for s in steps_of(hand.type(2, "cd")) if s.action.type == "type"]
    assert texts == ["ab", "cd"]


def test_a_title_that_changes_under_the_same_window_ends_nothing():
    assert said(Hand().focus(0, "w1", "Untitled").type(1, "ab").focus(1.5, "w1", "*Untitled").type(2, "cd")) == ["abcd"]


def test_backspace_inside_the_text_is_netted_and_its_rows_stay():
    hand = Hand().type(1, "helk").press(1.5, "Backspace", "Backspace").type(1.6, "lo")
    (step,) = steps_of(hand)
    assert step.action.text == "hello"
    assert step.raw == (SeqSpan("keys", 0, 13),)


def test_backspace_beyond_the_text_is_a_key_with_its_count():
    hand = Hand().type(1, "a")
    for i in range(3):
        hand.press(1.2 + i * 0.1, "Backspace", "Backspace")
    (step,) = steps_of(hand)
    assert (step.action.keys, step.action.repeat) == (("backspace",), 2)


def test_shortcut_erasing_is_never_netted():
    hand = Hand().type(1, "ab")
    held(hand, "ControlLeft", "Control", 1.3, 1.6).press(1.4, "Backspace", "Backspace")
    assert said(hand) == ["ab", ("ctrl", "backspace")]


def test_enter_and_tab_are_steps_of_their_own_unless_folded():
    hand = Hand().type(1, "ab").press(1.3, "Enter", "Enter").type(1.4, "cd").press(1.7, "Tab", "Tab")
    assert said(hand) == ["ab", ("enter",), "cd", ("tab",)]
    assert said(hand, ReduceRecipe(newline_policy="fold")) == ["ab\ncd\t"]


def test_shift_with_a_letter_is_text_and_with_a_named_key_a_shortcut():
    hand = Hand().key(1, "down", "ShiftLeft", "Shift").press(1.1, "KeyA", "A").key(1.2, "up", "ShiftLeft", "Shift")
    (step,) = steps_of(hand.type(1.3, "b"))
    assert (step.action.text, step.action.modifiers) == ("Ab", ())
    assert step.raw == (SeqSpan("keys", 0, 5),)
    assert step.anchor_ns == ns(1)
    assert said(held(Hand(), "ShiftLeft", "Shift", 1, 1.3).press(1.1, "ArrowDown", "ArrowDown")) == [("shift", "down")]


def test_a_shortcut_names_its_keys_in_press_order_and_owns_its_modifiers():
    hand = Hand().key(1, "down", "ControlLeft", "Control").key(1.1, "down", "ShiftLeft", "Shift")
    hand.press(1.2, "KeyS", "S").key(1.3, "up", "ShiftLeft", "Shift").key(1.4, "up", "ControlLeft", "Control")
    (step,) = steps_of(hand)
    assert step.action.keys == ("ctrl", "shift", "s")
    assert step.action.modifiers == ("ctrl", "shift")
    assert step.raw == (SeqSpan("keys", 0, 5),)
    assert (step.t_start_ns, step.anchor_ns) == (ns(1.2), ns(1))


def test_a_shortcut_is_no_text_whatever_the_recorder_wrote_beside_it():
    for key, text in (("c", "c"), ("\x03", "\x03"), ("c", None)):
        hand = held(Hand(), "ControlLeft", "Control", 1, 1.3).press(1.1, "KeyC", key, text=text)
        assert said(hand) == [("ctrl", "c")]


def test_a_modifier_held_over_two_shortcuts_gives_each_row_once():
    hand = Hand().key(1, "down", "ControlLeft", "Control").press(1.1, "KeyC", "c").press(1.3, "KeyV", "v")
    first, second = steps_of(hand.key(1.5, "up", "ControlLeft", "Control"))
    assert first.raw == (SeqSpan("keys", 0, 2),)
    assert second.raw == (SeqSpan("keys", 3, 5),)


def test_modifiers_that_only_the_row_tells_of_count():
    assert said(Hand().press(1, "KeyC", "c", modifiers=("Control",))) == [("ctrl", "c")]


def test_altgr_types_what_was_recorded():
    hand = held(Hand(), "AltRight", "AltGraph", 1, 1.3).press(1.1, "KeyQ", "@", text="@")
    assert said(hand) == ["@"]
    both = held(held(Hand(), "ControlLeft", "Control", 1, 1.4), "AltRight", "Alt", 1.05, 1.3)
    assert said(both.press(1.1, "KeyE", "€", text="€")) == ["€"]


def test_option_types_on_macos_and_alt_commands_elsewhere():
    def hand() -> Hand:
        return held(Hand(), "AltLeft", "Alt", 1, 1.3).press(1.1, "KeyF", "f", text="f")

    assert said(hand()) == [("alt", "f")]
    assert said(hand(), os="macos") == ["f"]


def test_meta_is_named_after_the_system():
    def hand() -> Hand:
        return held(Hand(), "MetaLeft", "Meta", 1, 1.3).press(1.1, "KeyD", "d")

    assert said(hand()) == [("win", "d")]
    assert said(hand(), os="darwin") == [("command", "d")]


@pytest.mark.parametrize(("hold", "steps"), [(0.499, [("win",)]), (0.5, [])])
def test_a_short_tap_of_meta_alone_is_a_step(hold, steps):
    assert said(held(Hand(), "MetaLeft", "Meta", 1, 1 + hold)) == steps


def test_lone_shift_and_control_do_nothing_and_a_click_spends_alt():
    assert said(held(held(Hand(), "ShiftLeft", "Shift", 1, 1.1), "ControlLeft", "Control", 2, 2.1)) == []
    (click,) = steps_of(held(Hand(), "AltLeft", "Alt", 1, 1.4).click(1.1))
    assert click.action.modifiers == ("alt",)


def test_auto_repeat_types_again_and_counts_up_for_keys():
    hand = Hand().key(1, "down", "KeyA", "a")
    for i in range(3):
        hand.key(1.5 + i * 0.03, "down", "KeyA", "a", repeat=True)
    assert said(hand.key(1.7, "up", "KeyA", "a")) == ["aaaa"]
    arrow = Hand().key(1, "down", "ArrowDown", "ArrowDown").key(1.5, "down", "ArrowDown", "ArrowDown")
    (step,) = steps_of(arrow.key(1.6, "up", "ArrowDown", "ArrowDown"))
    assert (step.action.keys, step.action.repeat, step.raw) == (("down",), 2, (SeqSpan("keys", 0, 2),))


def test_two_presses_of_an_arrow_are_two_steps():
    assert said(Hand().press(1, "ArrowDown", "ArrowDown").press(1.2, "ArrowDown", "ArrowDown")) == [("down",)] * 2


@pytest.mark.parametrize(("gap", "stuck"), [(1.0, False), (1.001, True)])
def test_a_repeat_after_more_than_a_second_means_a_lost_release(gap, stuck):
    hand = Hand().key(1, "down", "ArrowDown", "ArrowDown").key(1 + gap, "down", "ArrowDown", "ArrowDown")
    steps = steps_of(hand.key(3, "up", "ArrowDown", "ArrowDown"))
    assert ["stuck_key" in s.flags for s in steps] == ([True, False] if stuck else [False])
    assert [s.action.repeat for s in steps] == ([1, 1] if stuck else [2])


def test_what_the_rows_cannot_tell_is_uncertain():
    (guessed,) = steps_of(Hand().press(1, "KeyA"))
    assert (guessed.action.text, "text_uncertain" in guessed.flags) == ("a", True)
    (composed,) = steps_of(
        Hand().press(1, "KeyN", "Process").press(1.1, "KeyI", "Process").press(1.2, "Space", "Process")
    )
    assert (composed.action.text, "text_uncertain" in composed.flags) == (None, True)
    (layout,) = steps_of(Hand().type(1, "ni"), keyboard_layout="zh-CN")
    assert "text_uncertain" in layout.flags
    (sure,) = steps_of(Hand().type(1, "ni"), keyboard_layout="de")
    assert "text_uncertain" not in sure.flags


@pytest.mark.parametrize(("text", "uncertain"), [("é", False), (None, True)])
def test_a_dead_key_needs_the_recorded_character(text, uncertain):
    hand = Hand().press(1, "Quote", "Dead").press(1.1, "KeyE", "e" if text is None else "é", text=text)
    (step,) = steps_of(hand)
    assert ("text_uncertain" in step.flags) is uncertain


def test_a_password_field_is_a_text_of_its_own_and_flagged():
    first, second = steps_of(Hand().type(1, "ab").type(1.3, "cd", secure=True))
    assert ("secure_field" in first.flags, "secure_field" in second.flags) == (False, True)


def test_an_unknown_key_is_neither_named_nor_dropped():
    (step,) = steps_of(Hand().press(1, "Zoom", "ZoomToggle"))
    assert (step.action.keys, "unknown_key" in step.flags) == (("unknown",), True)
