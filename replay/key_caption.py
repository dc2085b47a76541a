"""Key presses as a person would say them: “Ctrl+Shift+S”, “Backspace ×3”, and, in full mode, what was typed.

Shortcuts-only leaves out whatever may be typed text, so that a password typed into a field that nobody marked as
secure does not appear; a chord that may produce a character (AltGr, Option) counts as typing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from replay.events import KeyEvent
from replay.timebase import TimeNs


class Caption(StrEnum):
    OFF = "off"
    SHORTCUTS = "shortcuts"
    FULL = "full"


MODIFIERS: Final = ("Control", "Shift", "Alt", "AltGraph", "Meta")
_OF_CODE: Final = {
    "ControlLeft": "Control",
    "ControlRight": "Control",
    "ShiftLeft": "Shift",
    "ShiftRight": "Shift",
    "AltLeft": "Alt",
    "AltRight": "Alt",
    "MetaLeft": "Meta",
    "MetaRight": "Meta",
    "OSLeft": "Meta",
    "OSRight": "Meta",
}
_SHORT: Final = {"Control": "Ctrl", "Meta": "Meta", "AltGraph": "AltGr"}
_PLAIN_COMMANDS: Final = frozenset({"Escape", *(f"F{n}" for n in range(1, 25))})
_LAST_KEYS: Final = 24


def modifier_of(event: KeyEvent) -> str | None:
    """The modifier this key is, by its W3C code, else its key value; None for any other key."""
    by_code = _OF_CODE.get(event.code or "")
    if by_code is not None and event.key == "AltGraph":
        return "AltGraph"
    if by_code is not None:
        return by_code
    return event.key if event.key in MODIFIERS else None


def _may_be_typing(event: KeyEvent) -> bool:
    """Whether the press may have put a character somewhere."""
    held = set(event.modifiers) - {"Shift"}
    if event.key in _PLAIN_COMMANDS or event.code in _PLAIN_COMMANDS:
        return False
    if not held or "AltGraph" in held or {"Control", "Alt"} <= held:
        return True
    return held == {"Alt"} and bool(event.text and event.text.isprintable())


def _key_name(event: KeyEvent) -> str:
    name = event.key or event.code or "?"
    if name == " ":
        return "Space"
    for prefix in ("Key", "Digit", "Numpad"):
        if name.startswith(prefix) and len(name) == len(prefix) + 1:
            return name[len(prefix) :]
    return name.upper() if len(name) == 1 else name


def _chord(event: KeyEvent) -> str:
    held = [_SHORT.get(m, m) for m in MODIFIERS if m in event.modifiers]
    return "+".join([*held, _key_name(event)])


def _typed(event: KeyEvent) -> str | None:
    """The character that was typed, where the press is typing and the character is known."""
    if not _may_be_typing(event):
        return None
    text = event.text or (event.key if event.key and len(event.key) == 1 else None)
    return text if text and text.isprintable() else None


def caption_of(presses: Sequence[KeyEvent], mode: Caption) -> tuple[tuple[str, ...], TimeNs]:
    """The words for some presses (no secure or hidden ones among them), and when the last that shows happened.

    Typed characters run together to one word in full mode and are left out otherwise; repeats are counted.
    """
    words: list[tuple[str, bool, int]] = []  # word, whether it is typed text, how often
    last_ns = 0
    for event in presses:
        if modifier_of(event) is not None or (mode is Caption.SHORTCUTS and _may_be_typing(event)):
            continue
        typed = _typed(event)
        last_ns = event.t_ns
        if typed is not None:
            if words and words[-1][1]:
                words[-1] = (words[-1][0] + typed, True, 1)
            else:
                words.append((typed, True, 1))
            continue
        chord = _chord(event)
        if words and not words[-1][1] and words[-1][0] == chord:
            words[-1] = (chord, False, words[-1][2] + 1)
        else:
            words.append((chord, False, 1))
    named = tuple(word if times == 1 else f"{word} ×{times}" for word, _, times in words)
    return named[-_LAST_KEYS:], last_ns
