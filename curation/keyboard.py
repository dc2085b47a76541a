"""What one key press means for text: the character it typed, or the name of the editing key it was.

Recorders differ in what they keep (`replay.schema.KEYS`): the text where known, else the key as produced, else only
the physical code. Names follow W3C UI Events (KeyboardEvent.key and KeyboardEvent.code).
"""

from __future__ import annotations

from typing import Final

from curation.placeholders import UNREAD, hidden_as
from replay.events import KeyEvent
from replay.timebase import NS_PER_S, TimeNs

CONTROL, ALT, META, SHIFT, ALT_GRAPH = "control", "alt", "meta", "shift", "altgraph"

_MODIFIER_NAMES: Final = {
    "control": CONTROL, "ctrl": CONTROL, "alt": ALT, "option": ALT, "meta": META, "cmd": META, "command": META,
    "super": META, "win": META, "windows": META, "os": META, "shift": SHIFT, "altgraph": ALT_GRAPH, "altgr": ALT_GRAPH,
}  # fmt: skip
_CONTROL_CHARACTERS: Final = {"\r": "Enter", "\n": "Enter", "\b": "Backspace", "\t": "Tab", "\x7f": "Delete"}
_ALIASES: Final = {
    "NumpadEnter": "Enter", "Return": "Enter", "Spacebar": "Space", "Left": "ArrowLeft", "Right": "ArrowRight",
    "Up": "ArrowUp", "Down": "ArrowDown", "Del": "Delete", "Esc": "Escape",
}  # fmt: skip
# The US layout: the last resort where a recorder kept nothing but the physical key.
_US_PLAIN: Final = {
    "Backquote": "`", "Minus": "-", "Equal": "=", "BracketLeft": "[", "BracketRight": "]", "Backslash": "\\",
    "Semicolon": ";", "Quote": "'", "Comma": ",", "Period": ".", "Slash": "/", "Space": " ", "NumpadDecimal": ".",
    "NumpadAdd": "+", "NumpadSubtract": "-", "NumpadMultiply": "*", "NumpadDivide": "/",
}  # fmt: skip
_US_SHIFTED: Final = dict(zip("`-=[]\\;',./1234567890", '~_+{}|:"<>?!@#$%^&*()', strict=True))
# A held modifier without auto-repeat or release for this long was lost by the recorder; believing in it would hide
# typed text from every search.
_STUCK_AFTER_NS: Final = 10 * NS_PER_S


def modifier_of(name: str | None) -> str | None:
    """`ControlLeft`, `ctrl_l`, `Shift` … → the modifier it is, None for any other key."""
    if not name:
        return None
    word = name.lower().removesuffix("left").removesuffix("right").removesuffix("_l").removesuffix("_r")
    return _MODIFIER_NAMES.get(word)


class HeldModifiers:
    """Which modifiers are down, from the key rows themselves; for recorders that do not say so in every row."""

    def __init__(self) -> None:
        self._since: dict[str, TimeNs] = {}

    def see(self, event: KeyEvent) -> bool:
        """Take note of `event`; True where it is a modifier key itself."""
        modifier = modifier_of(event.code) or modifier_of(event.key)
        if modifier is None:
            return False
        if event.kind == "down":
            self._since[modifier] = event.t_ns
        else:
            self._since.pop(modifier, None)
        return True

    def at(self, event: KeyEvent) -> frozenset[str]:
        """The modifiers in force for `event`: what its row says, else what is held."""
        said = {m for name in event.modifiers if (m := modifier_of(name)) is not None}
        held = {m for m, t in self._since.items() if event.t_ns - t <= _STUCK_AFTER_NS}
        return frozenset(said or held)


def named_key(event: KeyEvent) -> str | None:
    """`Backspace`, `Enter`, `ArrowLeft` …; None where the key stands for a character."""
    key = event.key
    if key in _CONTROL_CHARACTERS and key is not None:
        return _CONTROL_CHARACTERS[key]
    if key and len(key) > 1 and key.isascii():
        return _ALIASES.get(key, key)
    if key or event.code is None or us_character(event.code, shifted=False) is not None:
        return None
    return _ALIASES.get(event.code, event.code)


def us_character(code: str, *, shifted: bool) -> str | None:
    """The character a physical key types on the US layout; None where it types none."""
    if len(code) == 4 and code.startswith("Key"):
        return code[3].upper() if shifted else code[3].lower()
    if code.startswith("Numpad") and len(code) == 7 and code[6].isdigit():
        return code[6]
    plain = code[5] if len(code) == 6 and code.startswith("Digit") else _US_PLAIN.get(code)
    if plain is None or not shifted or code.startswith("Numpad"):
        return plain
    return _US_SHIFTED.get(plain, plain)


def shortcut_letter(event: KeyEvent, modifiers: frozenset[str]) -> str | None:
    """`a` for Ctrl+A or Cmd+A, whatever of it the recorder kept; None where no command modifier is held."""
    if not modifiers & {CONTROL, META} or typed_text(event, modifiers):
        return None
    key = event.key
    if key and len(key) == 1:
        return chr(ord(key) + 96) if 1 <= ord(key) <= 26 else key.lower()
    return us_character(event.code, shifted=False) if event.code else None


def typed_text(event: KeyEvent, modifiers: frozenset[str]) -> str:
    """The characters this press typed, empty for none. AltGr (also as Ctrl+Alt) types only where text was recorded.

    A press that a masked table hides typed one `UNREAD`.
    """
    if event.text:
        if hidden_as(event.text) is not None:
            return UNREAD
        return event.text if event.text.isprintable() else ""
    if modifiers & {CONTROL, ALT, META}:
        return ""
    name = named_key(event)
    if name is not None:
        return " " if name == "Space" else ""
    if event.key:
        return event.key if event.key.isprintable() else ""
    return us_character(event.code or "", shifted=SHIFT in modifiers) or ""
