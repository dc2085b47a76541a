"""Actions in pyautogui's dialect, what it cannot say, and the whitelist that proves it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from curation.steps.dialects.check import CALLS, check_code
from curation.steps.dialects.pyautogui import Code, Unsayable, code_of
from curation.steps.keynames import KEY_NAMES, key_name
from curation.steps.model import Action, ActionType, Point, Step
from replay.events import KeyEvent

SIZE = (1000, 500)
AT = Point(212, 345, 212.0, 345.0)
TO = Point(300, 100, 300.0, 100.0)


def step_of(action: Action, *flags: str) -> Step:
    return Step(0, action, 0, 1, 0, 0, None, (), flags)


def said(kind: str, **fields) -> str:
    code = code_of(step_of(Action(ActionType(kind), **fields)), SIZE)
    assert isinstance(code, Code), code
    assert check_code(code.text) == []
    return code.text


def refused(kind: str, *flags: str, **fields) -> str:
    code = code_of(step_of(Action(ActionType(kind), **fields), *flags), SIZE)
    assert isinstance(code, Unsayable)
    return code.reason


@pytest.mark.parametrize(
    ("button", "count", "call"),
    [
        ("left", 1, "click"),
        ("left", 2, "doubleClick"),
        ("left", 3, "tripleClick"),
        ("right", 1, "rightClick"),
        ("middle", 1, "middleClick"),
    ],
)
def test_clicks(button, count, call):
    assert said("click", button=button, count=count, point=AT) == f"pyautogui.{call}(x=0.212, y=0.69)"


def test_a_right_double_click_is_said_twice():
    assert (
        said("click", button="right", count=2, point=AT).splitlines() == ["pyautogui.rightClick(x=0.212, y=0.69)"] * 2
    )


def test_modifiers_are_spelled_out_and_never_dropped():
    code = said("click", button="left", point=AT, modifiers=("ctrl", "shift"))
    assert code.splitlines() == [
        "pyautogui.keyDown('ctrl')",
        "pyautogui.keyDown('shift')",
        "pyautogui.click(x=0.212, y=0.69)",
        "pyautogui.keyUp('shift')",
        "pyautogui.keyUp('ctrl')",
    ]


def test_a_drag_is_a_move_and_a_drag():
    code = said("drag", button="left", point=AT, end_point=TO)
    assert code == "pyautogui.moveTo(x=0.212, y=0.69)\npyautogui.dragTo(x=0.3, y=0.2, button='left')"


def test_a_long_press_holds_for_as_long_as_it_was_held():
    code = said("long_press", button="left", point=AT, duration_ns=1_449_000_000)
    assert "pyautogui.sleep(1.4)" in code


@pytest.mark.parametrize(("dy", "dx", "calls"), [(-3, 0, ["scroll(-3)"]), (2, -1, ["scroll(2)", "hscroll(-1)"])])
def test_scrolls_move_there_first(dy, dx, calls):
    lines = said("scroll", point=AT, scroll_dy=dy, scroll_dx=dx).splitlines()
    assert lines == ["pyautogui.moveTo(x=0.212, y=0.69)", *(f"pyautogui.{c}" for c in calls)]


@pytest.mark.parametrize(("amount", "notches"), [(0.5, 1), (-0.5, -1), (2.4, 2), (-2.6, -3)])
def test_parts_of_notches_are_rounded_halves_away_from_zero(amount, notches):
    assert said("scroll", point=AT, scroll_dy=amount).endswith(f"scroll({notches})")
    assert refused("scroll", point=AT, scroll_dy=0.49 if amount > 0 else -0.49) == "scroll_below_one_notch"


def test_text_is_written_as_a_literal_whatever_it_holds():
    text = "it's \"5 €\" \\ \n'); import os #"
    code = said("type", text=text)
    assert eval(code.removeprefix("pyautogui.write(message=").removesuffix(")")) == text


def test_keys():
    assert said("key", keys=("enter",)) == "pyautogui.press(keys='enter')"
    assert said("key", keys=("down",), repeat=4) == "pyautogui.press(keys='down', presses=4)"
    assert said("key", keys=("ctrl", "c")) == "pyautogui.hotkey(keys=['ctrl', 'c'])"
    assert said("key", keys=("ctrl", "z"), repeat=2).splitlines() == ["pyautogui.hotkey(keys=['ctrl', 'z'])"] * 2


def test_wait_hover_and_terminate():
    assert said("wait", duration_ns=7) == "computer.wait()"
    assert said("hover", point=AT) == "pyautogui.moveTo(x=0.212, y=0.69)"
    assert said("terminate", status="failure") == "computer.terminate(status='failure')"


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("click", {"button": "back", "point": AT}, "button_back"),
        ("drag", {"button": "other", "point": AT, "end_point": TO}, "button_other"),
        ("click", {"button": "left"}, "no_position"),
        ("click", {"button": "left", "point": Point(5, 5)}, "not_in_video"),
        ("click", {"button": "left", "point": Point(1001, 5, 1001.0, 5.0)}, "outside_frame"),
        ("click", {"button": "left", "point": Point(-1, 5, -0.01, 5.0)}, "outside_frame"),
        ("drag", {"button": "left", "point": AT, "end_point": Point(5, 501, 5.0, 501.0)}, "outside_frame"),
        ("key", {"keys": ("ctrl", "unknown")}, "unknown_key"),
        ("key", {"keys": ("[REDACTED:typed]",)}, "hidden_key"),
        ("type", {"text": None}, "no_text"),
        ("terminate", {"status": "partial"}, "unknown_status"),
    ],
)
def test_what_cannot_be_said_has_a_reason(kind, fields, reason):
    assert refused(kind, **fields) == reason


def test_uncertain_text_is_refused_unless_a_placeholder_stands_for_it():
    assert refused("type", "text_uncertain", text="nihao") == "text_uncertain"
    hidden = step_of(Action(ActionType.TYPE, text="[REDACTED:typed]"), "text_redacted", "text_uncertain")
    assert isinstance(code_of(hidden, SIZE), Code)


def test_places_at_the_very_edge_are_inside_and_zero_has_no_sign():
    assert said("click", button="left", point=Point(0, 0, -0.0, 0.0)) == "pyautogui.click(x=0.0, y=0.0)"
    assert said("click", button="left", point=Point(999, 499, 999.999, 500.0)) == "pyautogui.click(x=1.0, y=1.0)"


@pytest.mark.parametrize(
    ("code", "key", "name"),
    [
        ("KeyC", "c", "c"), ("KeyC", "\x03", "c"), ("KeyC", "C", "c"), ("KeyQ", "a", "a"), ("Digit1", "!", "1"),
        ("Slash", "?", "/"), ("Space", " ", "space"), ("NumpadEnter", "Enter", "enter"), ("F11", "F11", "f11"),
        ("ArrowLeft", None, "left"), ("IntlBackslash", "<", "<"), ("KeyA", "ф", "a"), (None, "VolumeUp", "volumeup"),
        (None, "ф", "unknown"), ("Zoom", "ZoomToggle", "unknown"),
    ],
)  # fmt: skip
def test_keys_are_named_as_pyautogui_names_them(code, key, name):
    assert key_name(KeyEvent(0, 0, "down", code, key, None, (), False, False)) == name


def test_every_named_key_passes_the_whitelist():
    for name in sorted(KEY_NAMES):
        assert said("key", keys=(name,))


@pytest.mark.parametrize(
    "code",
    [
        "",
        "import os",
        "pyautogui.click(x=0.1, y=0.1); __import__('os')",
        "pyautogui.click(x=1.1, y=0.1)",
        "pyautogui.click(x=-0.1, y=0.1)",
        "pyautogui.click(x=True, y=0.1)",
        "pyautogui.click(x=0.1)",
        "pyautogui.click(0.1, 0.1)",
        "pyautogui.click(x=0.1, y=0.1, clicks=2)",
        "pyautogui.click(x=0.1, y=0.1, **{})",
        "pyautogui.click(x=0.1, x=0.2, y=0.1)",
        "pyautogui.click(x=open('f'), y=0.1)",
        "pyautogui.alert(text='x')",
        "pyautogui.write(message=f'{1}')",
        "pyautogui.write(message='')",
        "pyautogui.press(keys='rm')",
        "pyautogui.press(keys='a', presses=0)",
        "pyautogui.hotkey(keys=[])",
        "pyautogui.hotkey('ctrl', 'c')",
        "pyautogui.scroll(0)",
        "pyautogui.scroll(1.5)",
        "pyautogui.dragTo(x=0.1, y=0.1, button='back')",
        "computer.terminate(status='partial')",
        "computer.wait(5)",
        "x = pyautogui.click(x=0.1, y=0.1)",
        "pyautogui.click(x=0.1, y=0.1",
        "(" * 5000,
    ],
)
def test_code_beyond_the_whitelist_is_complained_about(code):
    assert check_code(code)


def test_complaints_never_quote_what_was_typed():
    assert "hunter2" not in " ".join(check_code("pyautogui.press(keys='hunter2')\nhunter2()"))


def test_every_step_of_the_published_trajectories_passes_the_whitelist(shared_data):
    lines = (shared_data / "sessions/agentnet_processed/raw_example.jsonl").read_text(encoding="utf-8").splitlines()
    codes = [s["value"]["code"] for line in lines for s in json.loads(line)["traj"]]
    assert len(codes) == 15
    assert [c for code in codes for c in check_code(code)] == []
    assert "computer.tripleClick" in CALLS


def test_a_step_that_changes_only_in_time_says_the_same():
    step = step_of(Action(ActionType.CLICK, button="left", point=AT))
    assert code_of(step, SIZE) == code_of(replace(step, t_start_ns=5, t_end_ns=9), SIZE)
