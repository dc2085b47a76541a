"""PC Tracker's action lines ("click (12, 34)", "type text: …") spelled out as pointer, key and note rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from replay.geometry import Rect
from replay.importers.contract import ImportSink
from replay.importers.input_tracks import Columns, InputTracks, RawRows
from replay.importers.keys.names import KeyName, named, typed
from replay.importers.keys.pynput_names import key_of_pynput
from replay.problems import Problem, Severity
from replay.sync import SyncModel

PRESS_NS: Final = 10_000_000
LONGEST_NS: Final = 90_000_000  # an action ends before the next frame can begin
_POINT: Final = r"\((-?\d{1,7}), (-?\d{1,7})\)"
_CONTROL: Final = {"\n": "Enter", "\t": "Tab", "\b": "Backspace"}


class ActionWriter:
    """Writes the rows of one session's actions; `screen` is the primary display in capture px, None where unknown."""

    def __init__(self, sink: ImportSink, sync: SyncModel, screen: Rect | None) -> None:
        self._sink = sink
        self._sync = sync
        self._tracks = InputTracks(sink, () if screen is None else (screen,))
        self._notes = Columns(sink, "texts", ("t_start_ns", "t_end_ns", "t_src_ns", "seq", "channel", "text"))
        self._raw = RawRows(sink)
        self._unknown = 0
        self._writers: tuple[tuple[re.Pattern[str], Callable[[int, re.Match[str], bytes], None]], ...] = (
            (re.compile(rf"(|right |middle |double )click {_POINT}"), self._click),
            (re.compile(rf"press {_POINT}"), self._press),
            (re.compile(rf"drag to {_POINT}"), self._drag),
            (re.compile(rf"scroll {_POINT}"), self._scroll),
            (re.compile(r"press key: (.{1,40})", re.DOTALL), self._key),
            (re.compile(r"hotkey \((.{1,200})\)", re.DOTALL), self._hotkey),
            (re.compile(r"type text: ?(.*)", re.DOTALL), self._type),
            (re.compile(r"(wait|finish|fail)"), self._note),
        )

    def write(self, t_src_ns: int, action: str, line: bytes) -> None:
        """One action that begins at `t_src_ns`; one that is not known is counted."""
        for pattern, writer in self._writers:
            if found := pattern.fullmatch(action):
                writer(t_src_ns, found, line)
                return
        self._unknown += 1

    def finish(self) -> None:
        """Hand over the rest and report what was odd."""
        self._tracks.finish()
        self._notes.flush()
        self._raw.flush()
        if self._unknown:
            text = "Some lines hold actions this version does not know; they were left out."
            self._sink.problem(Problem("rows_not_imported", Severity.WARNING, text, self._unknown))

    def _click(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        kind, x, y = found[1].strip(), float(found[2]), float(found[3])
        button = kind if kind in ("right", "middle") else "left"
        for n in range(2 if kind == "double" else 1):
            start = t_ns + n * 5 * PRESS_NS
            self._tracks.pointer(start, "down", x, y, line, button=button)
            self._tracks.pointer(start + PRESS_NS, "up", x, y, line, button=button)

    def _press(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        self._tracks.pointer(t_ns, "down", float(found[1]), float(found[2]), line, button="left")

    def _drag(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        x, y = float(found[1]), float(found[2])
        self._tracks.pointer(t_ns, "move", x, y, line)
        self._tracks.pointer(t_ns + PRESS_NS, "up", x, y, line, button="left")

    def _scroll(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        self._tracks.pointer(t_ns, "scroll", None, None, line, scroll=(float(found[1]), float(found[2])))

    def _key(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        name = key_of_pynput(found[1])
        self._tracks.key(t_ns, name, line, down=True)
        self._tracks.key(t_ns + PRESS_NS, name, line, down=False)

    def _hotkey(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        names = [key_of_pynput(n.strip()) for n in found[1].split(",") if n.strip()]
        step = LONGEST_NS // max(2 * len(names), 1)
        for n, name in enumerate(names):
            self._tracks.key(t_ns + n * step, name, line, down=True)
        for n, name in enumerate(reversed(names), len(names)):
            self._tracks.key(t_ns + n * step, name, line, down=False)

    def _type(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        names = [_of_typed(c) for c in found[1]]
        step = LONGEST_NS // max(2 * len(names), 1)
        for n, name in enumerate(names):
            self._tracks.key(t_ns + 2 * n * step, name, line, down=True)
            self._tracks.key(t_ns + (2 * n + 1) * step, name, line, down=False)

    def _note(self, t_ns: int, found: re.Match[str], line: bytes) -> None:
        start = self._sync.t_ns(t_ns)
        seq = self._notes.append(start, start + LONGEST_NS, t_ns, self._notes.rows, "note", found[1])
        self._raw.append("texts", seq, line)


def _of_typed(character: str) -> KeyName:
    if character in _CONTROL:
        return named(_CONTROL[character])
    return typed(character) if character.isprintable() else KeyName(None, None)
