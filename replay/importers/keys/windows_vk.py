"""Windows virtual-key codes (winuser.h) to W3C codes and keys.

A virtual key names the key's meaning in the layout that was active, not its place, and says nothing about typed text:
letters and punctuation are given as on the US layout, and `text` stays unknown.
"""

from __future__ import annotations

from typing import Final

from replay.importers.keys.names import US_CHARACTERS, KeyName, named

_NAMED: Final = {
    0x03: "Cancel", 0x08: "Backspace", 0x09: "Tab", 0x0C: "Clear", 0x0D: "Enter",
    0x10: "ShiftLeft", 0x11: "ControlLeft", 0x12: "AltLeft", 0x13: "Pause", 0x14: "CapsLock",
    0x1B: "Escape", 0x20: "Space", 0x21: "PageUp", 0x22: "PageDown", 0x23: "End", 0x24: "Home",
    0x25: "ArrowLeft", 0x26: "ArrowUp", 0x27: "ArrowRight", 0x28: "ArrowDown",
    0x29: "Select", 0x2B: "Open", 0x2C: "PrintScreen", 0x2D: "Insert", 0x2E: "Delete", 0x2F: "Help",
    0x5B: "MetaLeft", 0x5C: "MetaRight", 0x5D: "ContextMenu", 0x5F: "Sleep",
    0x6A: "NumpadMultiply", 0x6B: "NumpadAdd", 0x6C: "NumpadComma", 0x6D: "NumpadSubtract",
    0x6E: "NumpadDecimal", 0x6F: "NumpadDivide", 0x90: "NumLock", 0x91: "ScrollLock",
    0xA0: "ShiftLeft", 0xA1: "ShiftRight", 0xA2: "ControlLeft", 0xA3: "ControlRight", 0xA4: "AltLeft", 0xA5: "AltRight",
    0xA6: "BrowserBack", 0xA7: "BrowserForward", 0xA8: "BrowserRefresh", 0xA9: "BrowserStop",
    0xAA: "BrowserSearch", 0xAB: "BrowserFavorites", 0xAC: "BrowserHome",
    0xAD: "AudioVolumeMute", 0xAE: "AudioVolumeDown", 0xAF: "AudioVolumeUp",
    0xB0: "MediaTrackNext", 0xB1: "MediaTrackPrevious", 0xB2: "MediaStop", 0xB3: "MediaPlayPause",
    0xB4: "LaunchMail", 0xB5: "MediaSelect", 0xB6: "LaunchApp1", 0xB7: "LaunchApp2",
    **{0x60 + d: f"Numpad{d}" for d in range(10)},
    **{0x70 + n: f"F{n + 1}" for n in range(24)},
}  # fmt: skip
_PRINTING: Final = {
    **{0x30 + d: f"Digit{d}" for d in range(10)},
    **{0x41 + n: f"Key{chr(0x41 + n)}" for n in range(26)},
    0xBA: "Semicolon", 0xBB: "Equal", 0xBC: "Comma", 0xBD: "Minus", 0xBE: "Period", 0xBF: "Slash",
    0xC0: "Backquote", 0xDB: "BracketLeft", 0xDC: "Backslash", 0xDD: "BracketRight", 0xDE: "Quote",
}  # fmt: skip
_WITHOUT_CODE: Final = {
    0x15: "KanaMode", 0x17: "JunjaMode", 0x18: "FinalMode", 0x19: "HanjaMode", 0x1C: "Convert",
    0x1D: "NonConvert", 0x1E: "Accept", 0x1F: "ModeChange", 0xE5: "Process", 0xE7: None,
}  # fmt: skip
_KEYS: Final = {"Space": " ", "NumpadComma": ",", "Cancel": "Cancel", "Clear": "Clear"}


def key_of_vk(vk: int, *, shifted: bool = False) -> KeyName:
    """The key of one virtual-key code; both parts None where Windows gives it no fixed meaning."""
    if vk in _PRINTING:
        code = _PRINTING[vk]
        pair = US_CHARACTERS[code]
        return KeyName(code, pair[1] if shifted else pair[0])
    if vk in _NAMED:
        code = _NAMED[vk]
        return named(code, _KEYS.get(code))
    return KeyName(None, _WITHOUT_CODE.get(vk))
