"""The registry: one list of acts behind menus, keys, palette and scripts."""

from __future__ import annotations

import pytest

from app.actions.binding import MENUS, shown_keys
from app.actions.catalogue import ACTIONS
from app.actions.registry import Fact, Registry, Scope, UiAction, clashes
from app.workbench_acts import Place, parse_place
from replay.errors import Refused
from tests.gui.building import seconds
from widgets.command_palette import Entry, ranked, score

# The design's key table; keys of rooms that are not built yet are absent.
DESIGNED = {
    "play.toggle": ("Space",), "play.backward": ("J",), "play.pause": ("K",), "play.forward": ("L",),
    "frame.next": ("Right",), "frame.previous": ("Left",), "seek.forward": ("Shift+Right",),
    "seek.back": ("Shift+Left",), "event.next": ("Ctrl+Right",), "event.previous": ("Ctrl+Left",),
    "iframe.next": ("Alt+Right",), "iframe.previous": ("Alt+Left",), "seek.start": ("Home",), "seek.end": ("End",),
    "seek.goto": ("Ctrl+G",), "mark.in": ("I",), "mark.out": ("O",), "mark.goto_in": ("Shift+I",),
    "mark.goto_out": ("Shift+O",), "item.split": ("B",), "edit.delete": ("Delete",), "label.toggle_1": ("1",),
    "label.toggle_9": ("9",), "item.next": ("Tab",), "item.previous": ("Shift+Tab",), "lane.up": ("Up",),
    "lane.down": ("Down",), "item.edit": ("Return",), "redact.box": ("R",), "redact.range": ("Shift+R",),
    "view.masks": ("V",), "view.reveal": ("H",), "edit.undo": ("Ctrl+Z",), "edit.redo": ("Ctrl+Shift+Z",),
    "palette.open": ("Ctrl+K",), "help.keys": ("F1",), "page.library": ("Ctrl+1",), "page.workbench": ("Ctrl+2",),
}  # fmt: skip


def test_the_keys_are_the_designed_ones():
    keys = {a.id: a.keys for a in ACTIONS}
    assert {i: keys[i] for i in DESIGNED} == DESIGNED


def test_no_key_means_two_things_in_one_place():
    assert clashes(ACTIONS) == []


def test_a_clash_would_be_found():
    a = UiAction("a", "A", "File", ("X",), Scope.WORKBENCH)
    b = UiAction("b", "B", "File", ("X",), Scope.STAGE)
    c = UiAction("c", "C", "File", ("X",), Scope.LIBRARY)
    assert clashes([a, b, c]) == [("X", "a", "b")]


def test_ids_are_unique_and_every_group_has_a_menu():
    assert len({a.id for a in ACTIONS}) == len(ACTIONS)
    assert {a.group for a in ACTIONS} == {g for _, groups in MENUS for g in groups}


def test_running_what_is_not_possible_now_says_what_is_missing():
    registry = Registry([UiAction("a", "Do it", "File", enabled=frozenset({Fact.SESSION}))])
    done: list[int] = []
    registry.bind({"a": lambda: done.append(1)})
    with pytest.raises(Refused, match="a session is open"):
        registry.run("a")
    registry.set_facts(frozenset({Fact.SESSION}))
    registry.run("a")
    assert done == [1]


def test_an_unknown_action_is_refused():
    with pytest.raises(Refused):
        Registry([]).run("nothing")


def test_an_action_is_bound_once():
    registry = Registry([UiAction("a", "A", "File")])
    registry.bind({"a": lambda: None})
    with pytest.raises(ValueError, match="bound twice"):
        registry.bind({"a": lambda: None})


def test_keys_are_shown_as_people_know_them():
    assert shown_keys(("Shift+Right", "Return", "Delete", "Ctrl+-")) == ("Shift+→", "Enter", "Del", "Ctrl+-")


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("f 120", Place(frame=120)),
        ("f120", Place(frame=120)),
        ("e 7", Place(event=7)),
        ("12.5", Place(t_ns=seconds(12.5))),
        ("1:02", Place(t_ns=seconds(62))),
        ("01:02:03.250", Place(t_ns=seconds(3723.25))),
        ("-0.5", Place(t_ns=seconds(-0.5))),
        ("00:00:20.800 · f 624", Place(t_ns=seconds(20.8))),
        ("somewhere", None),
        ("", None),
    ],
)
def test_a_typed_place_is_a_time_a_frame_or_an_event(typed, place):
    assert parse_place(typed) == place


def entry(title: str, *, enabled: bool = True) -> Entry:
    return Entry("Action", title, "", "command", lambda: None, enabled)


def test_the_palette_ranks_words_above_scattered_letters():
    entries = [entry("Close the circuit"), entry("Cut in–out from every track"), entry("Quit")]
    assert ranked(entries, "cut")[0].title == "Cut in–out from every track"
    assert ranked(entries, "zzz") == []
    assert ranked(entries, "") == entries


def test_letters_must_come_in_order():
    assert score("tuc", "cut") is None
