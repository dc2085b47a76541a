"""One key in W3C terms, and the printable keys of the US layout.

`code` is the physical key (W3C UI Events KeyboardEvent code Values), `key` what it produced (key Values). Recorders
that keep only characters or virtual keys do not say which physical key it was: its place on the US layout is given,
and nothing at all for characters that layout does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KeyName:
    """W3C `code` and `key`, each None where unknown; `text` is what it typed, None unless the recorder said."""

    code: str | None
    key: str | None
    text: str | None = None


_PUNCTUATION: Final = {
    "Backquote": "`~",
    "Minus": "-_",
    "Equal": "=+",
    "BracketLeft": "[{",
    "BracketRight": "]}",
    "Backslash": "\\|",
    "Semicolon": ";:",
    "Quote": "'\"",
    "Comma": ",<",
    "Period": ".>",
    "Slash": "/?",
    "Space": " ",
}
_SHIFTED_DIGITS: Final = ")!@#$%^&*("

US_CHARACTERS: Final[dict[str, tuple[str, ...]]] = {
    **{f"Key{c.upper()}": (c, c.upper()) for c in "abcdefghijklmnopqrstuvwxyz"},
    **{f"Digit{d}": (str(d), _SHIFTED_DIGITS[d]) for d in range(10)},
    **{code: tuple(pair) for code, pair in _PUNCTUATION.items()},
}
CODE_OF_CHARACTER: Final = {c: code for code, pair in US_CHARACTERS.items() for c in pair}

MODIFIER_OF_CODE: Final = {f"{m}{side}": m for m in ("Control", "Shift", "Alt", "Meta") for side in ("Left", "Right")}
NAMED_KEY_OF_CODE: Final = MODIFIER_OF_CODE | {
    "NumpadEnter": "Enter",
    "NumpadAdd": "+",
    "NumpadSubtract": "-",
    "NumpadMultiply": "*",
    "NumpadDivide": "/",
    "NumpadDecimal": ".",
    **{f"Numpad{d}": str(d) for d in range(10)},
}


def named(code: str, key: str | None = None) -> KeyName:
    """A key that types nothing; `key` is derived from `code` where they have one name."""
    return KeyName(code, key or NAMED_KEY_OF_CODE.get(code, code))


def typed(character: str) -> KeyName:
    """The key that produced one printable character."""
    return KeyName(CODE_OF_CHARACTER.get(character), character, character)
