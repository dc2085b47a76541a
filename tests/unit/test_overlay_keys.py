"""Key captions: what is said of presses, and what is never said."""

from __future__ import annotations

from replay.events import KeyEvent
from replay.key_caption import Caption, caption_of, modifier_of


def press(key: str, *modifiers: str, text: str | None = None, code: str | None = None, t_ns: int = 0) -> KeyEvent:
    return KeyEvent(t_ns, 0, "down", code, key, text, modifiers, False, False)


def words(mode: Caption, *events: KeyEvent) -> tuple[str, ...]:
    return caption_of(events, mode)[0]


def test_shortcuts_are_said_as_people_say_them() -> None:
    assert words(Caption.SHORTCUTS, press("c", "Control")) == ("Ctrl+C",)
    assert words(Caption.SHORTCUTS, press("S", "Shift", "Control")) == ("Ctrl+Shift+S",)
    assert words(Caption.SHORTCUTS, press("F4", "Alt"), press("Escape"), press("F5")) == ("Alt+F4", "Escape", "F5")
    assert words(Caption.SHORTCUTS, press(" ", "Meta")) == ("Meta+Space",)


def test_shortcut_mode_never_says_what_may_be_typed() -> None:
    typing = [
        press("h"), press("H", "Shift"), press("Enter"), press("Backspace"), press("@", "AltGraph"),
        press("@", "Control", "Alt"), press("å", "Alt", text="å"), press("7", code="Numpad7"),
    ]  # fmt: skip
    assert words(Caption.SHORTCUTS, *typing) == ()


def test_full_mode_runs_typed_text_together_and_counts_repeats() -> None:
    events = [
        press("H", "Shift"),
        press("i"),
        press("Backspace"),
        press("Backspace"),
        press("o"),
        press("a", "Control"),
    ]
    assert words(Caption.FULL, *events) == ("Hi", "Backspace ×2", "o", "Ctrl+A")


def test_modifiers_alone_are_no_caption() -> None:
    assert words(Caption.FULL, press("Shift", code="ShiftLeft"), press("Control")) == ()
    assert modifier_of(press("AltGraph", code="AltRight")) == "AltGraph"
    assert modifier_of(press("x")) is None


def test_the_time_is_that_of_the_last_key_said() -> None:
    events = [press("c", "Control", t_ns=5), press("x", t_ns=9)]
    assert caption_of(events, Caption.SHORTCUTS) == (("Ctrl+C",), 5)
    assert caption_of(events, Caption.FULL)[1] == 9
