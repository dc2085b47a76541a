"""pynput key names to W3C codes and keys.

pynput (1.7) writes a `Key` member's name ("ctrl_l"), a character ("a"), or the bare virtual key ("<84>", in the
numbering of the platform) where a held modifier kept the key from producing a character. Under Ctrl a character may
arrive as its control code (U+0003 for C). AgentNetTool writes `name` in its own spelling and `pynput_key` as
`str(key)`; the second says more and wins.
"""

from __future__ import annotations

import re
from typing import Final

from replay.importers.keys.names import CODE_OF_CHARACTER, US_CHARACTERS, KeyName, named, typed
from replay.importers.keys.windows_vk import key_of_vk

_NAMED: Final = {
    "alt": "AltLeft", "alt_l": "AltLeft", "alt_r": "AltRight", "alt_gr": "AltRight", "backspace": "Backspace",
    "caps_lock": "CapsLock", "cmd": "MetaLeft", "cmd_l": "MetaLeft", "cmd_r": "MetaRight", "ctrl": "ControlLeft",
    "ctrl_l": "ControlLeft", "ctrl_r": "ControlRight", "delete": "Delete", "down": "ArrowDown", "end": "End",
    "enter": "Enter", "esc": "Escape", "home": "Home", "insert": "Insert", "left": "ArrowLeft", "menu": "ContextMenu",
    "media_next": "MediaTrackNext", "media_play_pause": "MediaPlayPause", "media_previous": "MediaTrackPrevious",
    "media_stop": "MediaStop", "media_volume_down": "AudioVolumeDown", "media_volume_mute": "AudioVolumeMute",
    "media_volume_up": "AudioVolumeUp", "num_lock": "NumLock", "page_down": "PageDown", "page_up": "PageUp",
    "pause": "Pause", "print_screen": "PrintScreen", "right": "ArrowRight", "scroll_lock": "ScrollLock",
    "shift": "ShiftLeft", "shift_l": "ShiftLeft", "shift_r": "ShiftRight", "tab": "Tab", "up": "ArrowUp",
    "win": "MetaLeft", "option": "AltLeft", "command": "MetaLeft", "control": "ControlLeft", "escape": "Escape",
    "return": "Enter", "pageup": "PageUp", "pagedown": "PageDown", "capslock": "CapsLock", "del": "Delete",
    **{f"f{n}": f"F{n}" for n in range(1, 25)},
}  # fmt: skip
_KEYS: Final = {"alt_gr": "AltGraph"}
_BARE: Final = re.compile(r"<(\d{1,10})>")
_QUOTED: Final = re.compile(r"""(['"])(.|\\.|\\x[0-9a-f]{2}|\\u[0-9a-f]{4})\1""")

# Carbon HIToolbox/Events.h, kVK_ANSI_* and kVK_Keypad*: what "<n>" numbers on macOS.
_MAC_LETTERS: Final = {
    0: "KeyA", 1: "KeyS", 2: "KeyD", 3: "KeyF", 4: "KeyH", 5: "KeyG", 6: "KeyZ", 7: "KeyX", 8: "KeyC", 9: "KeyV",
    11: "KeyB", 12: "KeyQ", 13: "KeyW", 14: "KeyE", 15: "KeyR", 16: "KeyY", 17: "KeyT", 18: "Digit1", 19: "Digit2",
    20: "Digit3", 21: "Digit4", 22: "Digit6", 23: "Digit5", 24: "Equal", 25: "Digit9", 26: "Digit7", 27: "Minus",
    28: "Digit8", 29: "Digit0", 30: "BracketRight", 31: "KeyO", 32: "KeyU", 33: "BracketLeft", 34: "KeyI", 35: "KeyP",
    37: "KeyL", 38: "KeyJ", 39: "Quote", 40: "KeyK", 41: "Semicolon", 42: "Backslash", 43: "Comma", 44: "Slash",
    45: "KeyN", 46: "KeyM", 47: "Period", 50: "Backquote", 65: "NumpadDecimal", 67: "NumpadMultiply", 69: "NumpadAdd",
    71: "NumLock", 75: "NumpadDivide", 76: "NumpadEnter", 78: "NumpadSubtract", 81: "NumpadEqual",
    82: "Numpad0", 83: "Numpad1", 84: "Numpad2", 85: "Numpad3", 86: "Numpad4", 87: "Numpad5", 88: "Numpad6",
    89: "Numpad7", 91: "Numpad8", 92: "Numpad9",
}  # fmt: skip


def key_of_pynput(name: str, spelled: str | None = None, *, os: str | None = None) -> KeyName:
    """The key of one row; `name` and `spelled` as recorded (`spelled` is `str(key)`), `os` as `platform.system()`."""
    return (_of_spelled(spelled, os) if spelled else None) or _of_name(name, os)


def _of_spelled(spelled: str, os: str | None) -> KeyName | None:
    if spelled.startswith("Key."):
        return _of_member(spelled.removeprefix("Key."))
    if bare := _BARE.fullmatch(spelled):
        return _of_number(int(bare[1]), os)
    if quoted := _QUOTED.fullmatch(spelled):
        return _of_character(_unescaped(quoted[2]))
    return None


def _of_name(name: str, os: str | None) -> KeyName:
    if len(name) == 1:
        return _of_character(name)
    if bare := _BARE.fullmatch(name):
        return _of_number(int(bare[1]), os)
    return _of_member(name.removeprefix("Key.").lower()) or KeyName(None, None)


def _of_member(member: str) -> KeyName | None:
    if member == "space":
        return typed(" ")
    code = _NAMED.get(member)
    return named(code, _KEYS.get(member)) if code else None


def _of_character(character: str) -> KeyName:
    if character == "\x7f":
        return named("Delete")
    if ord(character) <= 26:
        letter = chr(ord(character) + 96) if character != "\0" else " "
        return KeyName(CODE_OF_CHARACTER[letter], letter)
    if not character.isprintable():
        return KeyName(None, None)
    return typed(character)


def _of_number(number: int, os: str | None) -> KeyName:
    if os == "Windows":
        return key_of_vk(number)
    if os == "Darwin" and number in _MAC_LETTERS:
        code = _MAC_LETTERS[number]
        return KeyName(code, US_CHARACTERS[code][0]) if code in US_CHARACTERS else named(code)
    if os == "Linux" and 0x20 <= number < 0x7F:
        return typed(chr(number))
    return KeyName(None, None)


def _unescaped(character: str) -> str:
    if len(character) == 2:
        return {"n": "\n", "t": "\t", "r": "\r"}.get(character[1], character[1])
    return chr(int(character[2:], 16)) if character.startswith("\\") and len(character) > 2 else character
