"""Key rows from a script: characters are pressed and released, `<Name>` presses a key, `<Ctrl+a>` a shortcut.

`<Pause>` waits 5 s, `<Secure>`/`<Insecure>` enter and leave a password field, `<Hold X>` presses X and loses its
release.
"""

from __future__ import annotations

import re

import numpy as np

from replay import schema
from replay.events import KeyEvent, PointerTrack, Timed, WindowEvent

KEY_NS = 100_000_000
PAUSE_NS = 5_000_000_000
MODIFIERS = {"Ctrl": "Control", "Shift": "Shift", "Alt": "Alt", "Meta": "Meta"}
PUNCTUATION = {" ": "Space", ".": "Period", "-": "Minus", "@": "Digit2", "!": "Digit1", "_": "Minus"}


class Typist:
    def __init__(self, start_ns: int, only_codes: bool, said_modifiers: bool) -> None:
        self.rows: list[KeyEvent] = []
        self.t_ns = start_ns
        self.only_codes = only_codes
        self.said = said_modifiers
        self.secure = False

    def row(self, kind: str, code: str, key: str | None, modifiers: tuple[str, ...] = ()) -> None:
        shown = None if self.only_codes else key
        mods = modifiers if self.said else ()
        self.rows.append(KeyEvent(self.t_ns, len(self.rows), kind, code, shown, None, mods, False, self.secure))
        self.t_ns += KEY_NS // 2

    def press(self, code: str, key: str, modifiers: tuple[str, ...] = ()) -> None:
        for m in modifiers:
            self.row("down", f"{m}Left", m, modifiers)
        self.row("down", code, key, modifiers)
        self.row("up", code, key, modifiers)
        for m in modifiers:
            self.row("up", f"{m}Left", m)

    def character(self, c: str) -> None:
        code = f"Key{c.upper()}" if c.isascii() and c.isalpha() else f"Digit{c}" if c.isdigit() else PUNCTUATION.get(c)
        shifted = self.only_codes and (c.isupper() or c in "@!_")
        self.press(code or "IntlBackslash", c, ("Shift",) if shifted else ())

    def command(self, word: str) -> None:
        if word == "Pause":
            self.t_ns += PAUSE_NS
        elif word in ("Secure", "Insecure"):
            self.secure = word == "Secure"
        elif word.startswith("Hold "):
            self.row("down", f"{word[5:]}Left", word[5:])
        elif word == "Space":
            self.press("Space", " ")
        else:
            *mods, key = word.split("+")
            code = f"Key{key.upper()}" if len(key) == 1 else key
            self.press(code, key, tuple(MODIFIERS[m] for m in mods))


def press_all(script: str, *, start_ns: int = 0, only_codes: bool = False, said_modifiers: bool = True):
    typist = Typist(start_ns, only_codes, said_modifiers)
    for word, char in re.findall(r"<([A-Z][^<>]*)>|(.)", script, re.DOTALL):
        if word:
            typist.command(word)
        else:
            typist.character(char)
    return Timed(np.array([r.t_ns for r in typist.rows], np.int64), tuple(typist.rows))


def focused(changes: list[tuple[str, str, int]]):
    """Window rows from (window_id, title, t_ns)."""
    rows = tuple(WindowEvent(t, i, w, "app", title, None, None, True) for i, (w, title, t) in enumerate(changes))
    return Timed(np.array([r.t_ns for r in rows], np.int64), rows)


def clicked_at(*times: int) -> PointerTrack:
    n = len(times)
    return PointerTrack(
        t_ns=np.array(times, np.int64),
        seq=np.arange(n, dtype=np.int64),
        kind=np.full(n, schema.POINTER_KINDS.index("down"), np.int8),
        x_px=np.zeros(n),
        y_px=np.zeros(n),
        dx=np.zeros(n),
        dy=np.zeros(n),
        button=np.zeros(n, np.int8),
    )


NO_WINDOWS = focused([])
NO_POINTER = clicked_at()
