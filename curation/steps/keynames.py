"""Names of keys in actions: pyautogui's, because trainers' action spaces share them, from what recorders keep.

Recorders speak W3C UI Events (`KeyboardEvent.code` and `.key`); names here are those of pyautogui's KEYBOARD_KEYS.
"""

from __future__ import annotations

from typing import Final

from curation.keyboard import ALT, ALT_GRAPH, CONTROL, META, SHIFT, named_key, us_character
from replay.events import KeyEvent

MODIFIER_NAMES: Final = {CONTROL: "ctrl", SHIFT: "shift", ALT: "alt", ALT_GRAPH: "altright", META: "win"}
MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "altright", "win", "command"})
UNKNOWN_KEY: Final = "unknown"

_NAMED: Final = {
    "Enter": "enter", "Tab": "tab", "Space": "space", "Backspace": "backspace", "Delete": "delete", "Insert": "insert",
    "Home": "home", "End": "end", "PageUp": "pageup", "PageDown": "pagedown", "ArrowUp": "up", "ArrowDown": "down",
    "ArrowLeft": "left", "ArrowRight": "right", "Escape": "esc", "CapsLock": "capslock", "NumLock": "numlock",
    "ScrollLock": "scrolllock", "PrintScreen": "printscreen", "Pause": "pause", "ContextMenu": "apps", "Help": "help",
    "AudioVolumeMute": "volumemute", "AudioVolumeDown": "volumedown", "AudioVolumeUp": "volumeup",
    "VolumeMute": "volumemute", "VolumeDown": "volumedown", "VolumeUp": "volumeup", "MediaTrackNext": "nexttrack",
    "MediaTrackPrevious": "prevtrack", "MediaPlayPause": "playpause", "MediaStop": "stop", "BrowserBack": "browserback",
    "BrowserForward": "browserforward", "BrowserRefresh": "browserrefresh", "BrowserHome": "browserhome",
    "BrowserSearch": "browsersearch", "BrowserFavorites": "browserfavorites", "BrowserStop": "browserstop",
    "LaunchMail": "launchmail", "Clear": "clear", "Convert": "convert", "NonConvert": "nonconvert",
    "KanaMode": "kana", "Sleep": "sleep",
}  # fmt: skip
_FUNCTION_KEYS: Final = {f"F{n}": f"f{n}" for n in range(1, 25)}
_CHARACTERS: Final = frozenset(map(chr, range(33, 127)))
_W3C: Final = {**_NAMED, **_FUNCTION_KEYS}
KEY_NAMES: Final = frozenset({*_W3C.values(), *MODIFIERS, *_CHARACTERS})


def modifier_name(modifier: str, *, macos: bool) -> str:
    """The name of a modifier as `curation.keyboard` calls it; Meta is the Windows key, Command on macOS."""
    return "command" if modifier == META and macos else MODIFIER_NAMES[modifier]


def key_name(event: KeyEvent) -> str:
    """The key an event pressed, without what Shift made of it; `unknown` where no table has it."""
    name = named_key(event)
    if name is not None:
        return _W3C.get(name, UNKNOWN_KEY)
    # A letter with Ctrl held comes as a control character from some recorders. The produced letter respects the
    # layout, but only Latin letters name keys: on others, shortcuts follow the physical key.
    if event.key and len(event.key) == 1:
        if 1 <= ord(event.key) <= 26:
            return chr(ord(event.key) + 96)
        if event.key.isascii() and event.key.isalnum():
            return event.key.lower()
    physical = us_character(event.code, shifted=False) if event.code else None
    name = physical or event.key or ""
    if name == " ":
        return "space"
    return name if name in _CHARACTERS else UNKNOWN_KEY
