"""Typed text is rebuilt per field from key rows, with the row behind every character."""

from __future__ import annotations

import pytest

from curation.typed_text import paired_ups, typed_runs
from tests.typing_script import NO_POINTER, NO_WINDOWS, clicked_at, focused, press_all


def only_run(script, **kept):
    (run,) = typed_runs(press_all(script, **kept), NO_WINDOWS, NO_POINTER)
    return run


def test_every_character_knows_the_row_that_typed_it():
    keys = press_all("hi you")
    (run,) = typed_runs(keys, NO_WINDOWS, NO_POINTER)
    assert run.text == run.typed == "hi you"
    by_seq = {e.seq: e for e in keys.events}
    assert [by_seq[s].key for s in run.seqs] == list("hi you")
    assert run.rows == tuple(range(len(keys.events)))
    assert run.range.contains(keys.events[0].t_ns)
    assert run.range.contains(by_seq[run.seqs[-1]].t_ns)


@pytest.mark.parametrize(
    ("script", "net"),
    [
        ("helk<Backspace>lo", "hello"),
        ("ello<Home>h", "hello"),
        ("hlo<ArrowLeft><ArrowLeft>el<End>!", "hello!"),
        ("hexllo<ArrowLeft><ArrowLeft><ArrowLeft><ArrowLeft><Delete>", "hello"),
        ("nonsense<Ctrl+a>hello", "hello"),
        ("hello world<Shift+Home>bye", "bye"),
        ("hello wrld<Ctrl+Backspace>world", "hello world"),
        ("hello you<Ctrl+ArrowLeft>dear ", "hello dear you"),
        ("one<Enter>two<Home>X", "one\nXtwo"),
        ("abc<Shift+ArrowLeft><Shift+ArrowLeft><Backspace>z", "az"),
        ("abc<Shift+ArrowLeft><ArrowLeft>x", "abxc"),
        ("abc<Ctrl+a><Ctrl+x>d", "d"),
        ("abc<Ctrl+s>d<Escape>e<F5>", "abcde"),
    ],
)
def test_editing_keys_act_on_the_text_as_the_application_would(script, net):
    assert only_run(script).text == net


def test_erased_text_is_kept_with_its_rows():
    run = only_run("hunter2<Ctrl+a><Backspace>hello")
    assert run.text == "hello"
    assert run.typed == "hunter2hello"
    assert [s.text for s in run.states] == ["hunter2", "hello"]
    assert run.states[0].seqs == run.typed_seqs[:7]


def test_a_text_that_stood_only_until_something_was_put_into_it_is_kept():
    run = only_run("hunter2<Home><ArrowRight>x")
    assert run.text == "hxunter2"
    assert "hunter2" in [s.text for s in run.states]


def test_a_text_that_only_came_to_be_by_erasing_what_stood_between_is_kept():
    run = only_run("hunXter2<ArrowLeft><ArrowLeft><ArrowLeft><ArrowLeft><Backspace><Ctrl+a><Backspace>")
    assert run.text == ""
    assert "hunter2" in [s.text for s in run.states]


@pytest.mark.parametrize("mover", ["<Tab>", "<ArrowUp>", "<PageDown>", "<Ctrl+v>", "<Ctrl+z>", "<Meta+v>"])
def test_what_moves_the_caret_out_of_the_text_ends_the_run(mover):
    runs = typed_runs(press_all(f"one{mover}two"), NO_WINDOWS, NO_POINTER)
    assert [r.text for r in runs] == ["one", "two"]


def test_a_pointer_press_and_a_focus_change_end_the_run_and_a_title_change_does_not():
    keys = press_all("abcdef")
    t = [e.t_ns for e in keys.events if e.kind == "down"]
    runs = typed_runs(keys, focused([("w1", "a", t[0] - 1), ("w1", "b", t[1] - 1), ("w2", "c", t[3] - 1)]), NO_POINTER)
    assert [(r.text, r.window_id) for r in runs] == [("abc", "w1"), ("def", "w2")]
    assert [r.text for r in typed_runs(keys, NO_WINDOWS, clicked_at(t[2] - 1))] == ["ab", "cdef"]


def test_runs_can_also_end_at_pauses_and_at_enter():
    keys = press_all("ab<Pause>cd<Enter>e")
    assert [r.text for r in typed_runs(keys, NO_WINDOWS, NO_POINTER)] == ["abcd\ne"]
    split = typed_runs(keys, NO_WINDOWS, NO_POINTER, gap_ns=2_000_000_000, enter_ends=True)
    assert [r.text for r in split] == ["ab", "cd", "e"]


def test_recorders_that_keep_only_physical_codes_are_read_as_a_us_layout():
    assert only_run("Pass<Space>w0rd!", only_codes=True).text == "Pass w0rd!"


def test_shortcuts_type_nothing_and_a_stuck_modifier_does_not_hide_text():
    assert [r.text for r in typed_runs(press_all("<Ctrl+c><Alt+f>"), NO_WINDOWS, NO_POINTER)] == []
    keys = press_all("<Hold Control><Pause><Pause><Pause>secret", said_modifiers=False)
    assert [r.text for r in typed_runs(keys, NO_WINDOWS, NO_POINTER)] == ["secret"]


def test_erasing_what_was_there_before_is_told_and_leaving_the_known_text_makes_it_uncertain():
    run = only_run("<Backspace>ab")
    assert (run.text, len(run.overrun_seqs), run.uncertain) == ("ab", 1, False)
    assert only_run("ab<ArrowLeft><ArrowLeft><ArrowLeft>c").uncertain


def test_a_password_field_is_a_run_of_its_own():
    runs = typed_runs(press_all("user<Secure>hunter2<Insecure>more"), NO_WINDOWS, NO_POINTER)
    assert [(r.text, r.secure) for r in runs] == [("user", False), ("hunter2", True), ("more", False)]


def test_downs_are_paired_with_the_up_that_released_them():
    keys = press_all("aba")
    ups = paired_ups(keys)
    downs = [e for e in keys.events if e.kind == "down"]
    assert len(ups) == len(downs) == 3
    assert all(keys.events[ups[d.seq]].code == d.code and ups[d.seq] > d.seq for d in downs)
