"""Pointer and key events on their way into the sink: columns, order of rows, held keys and buttons, and what is odd.

Rows are gathered into Arrow batches, since a recording has millions of moves. Nothing is dropped, clamped or
reordered: what looks wrong is counted and reported as Problems by `finish`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from replay import schema
from replay.geometry import Rect
from replay.importers.contract import ImportSink
from replay.importers.keys.names import MODIFIER_OF_CODE, KeyName
from replay.problems import Problem, Severity

ROWS_A_BATCH: Final = 16_384
BACKWARD_STEP_NS: Final = 1_000_000_000  # a clock that goes back further than this was set, not read out of turn


class Columns:
    """Rows of one table gathered by column and handed to the sink as Arrow batches."""

    def __init__(self, sink: ImportSink, table: str, names: Sequence[str]) -> None:
        self._sink = sink
        self._table = table
        arrow = schema.TABLES[table].arrow
        self._fields = [arrow.field(n) for n in names]
        self._values: list[list[Any]] = [[] for _ in names]
        self.rows = 0

    def append(self, *values: Any) -> int:
        """Add one row, its values in the order of the names; returns its ordinal in the table."""
        for column, value in zip(self._values, values, strict=True):
            column.append(value)
        ordinal = self.rows
        self.rows += 1
        if len(self._values[0]) >= ROWS_A_BATCH:
            self.flush()
        return ordinal

    def flush(self) -> None:
        """Hand over what was gathered since the last time."""
        if not self._values[0]:
            return
        arrays = [pa.array(v, f.type) for v, f in zip(self._values, self._fields, strict=True)]
        self._sink.batch(self._table, pa.RecordBatch.from_arrays(arrays, names=[f.name for f in self._fields]))
        self._values = [[] for _ in self._fields]


class RawRows:
    """The raw track: the source row behind each event, by table and seq, for importers yet to come."""

    def __init__(self, sink: ImportSink) -> None:
        self._columns = Columns(sink, "raw", ("table", "seq", "raw"))

    def append(self, table: str, seq: int, row: bytes) -> None:
        self._columns.append(table, seq, row.decode("utf-8", "replace"))

    def flush(self) -> None:
        self._columns.flush()


@dataclass(slots=True)
class Order:
    """Counts rows whose source time lies before the row above them."""

    last_ns: int | None = None
    backwards: int = 0
    steps: int = 0

    def seen(self, t_src_ns: int) -> None:
        if self.last_ns is not None and t_src_ns < self.last_ns:
            self.backwards += 1
            self.steps += self.last_ns - t_src_ns > BACKWARD_STEP_NS
        self.last_ns = t_src_ns

    def problems(self) -> list[Problem]:
        found = []
        if self.backwards:
            text = "Rows are not in the order of their times; they are sorted by time and keep their row numbers."
            found.append(Problem("events_out_of_order", Severity.WARNING, text, self.backwards))
        if self.steps:
            text = "The recorder's clock jumps back by more than a second; events around it may be misplaced."
            found.append(Problem("clock_step", Severity.ERROR, text, self.steps))
        return found


@dataclass(slots=True)
class Held:
    """Keys and buttons that are down, and presses and releases that found no partner."""

    keys: dict[str, str | None] = field(default_factory=dict)  # identity → code
    buttons: set[str] = field(default_factory=set)
    unmatched_presses: int = 0
    unmatched_releases: int = 0

    def key(self, name: KeyName, *, down: bool) -> bool:
        """Take one key event in; returns whether it is an automatic repeat."""
        identity = name.code or (name.key or "").casefold()
        if down:
            repeat = identity in self.keys and identity != ""
            self.keys[identity] = name.code
            return repeat
        if identity in self.keys:
            del self.keys[identity]
        else:
            self.unmatched_releases += 1
        return False

    def button(self, name: str, *, down: bool) -> None:
        if down:
            self.unmatched_presses += name in self.buttons
            self.buttons.add(name)
        elif name in self.buttons:
            self.buttons.remove(name)
        else:
            self.unmatched_releases += 1

    @property
    def modifiers(self) -> list[str]:
        held = {MODIFIER_OF_CODE[c] for c in self.keys.values() if c in MODIFIER_OF_CODE}
        return [m for m in ("Control", "Shift", "Alt", "Meta") if m in held]

    def let_go(self) -> None:
        """Forget what is held, as at a pause: releases meanwhile were not recorded."""
        self.unmatched_presses += len(self.keys) + len(self.buttons)
        self.keys.clear()
        self.buttons.clear()

    def problems(self) -> list[Problem]:
        presses = self.unmatched_presses + len(self.keys) + len(self.buttons)
        found = []
        if presses:
            text = "Keys or buttons are pressed and never released; most often at the end, when recording was stopped."
            found.append(Problem("unmatched_press", Severity.INFO, text, presses))
        if self.unmatched_releases:
            text = "Keys or buttons are released that were not pressed; most often at the start of the recording."
            found.append(Problem("unmatched_release", Severity.INFO, text, self.unmatched_releases))
        return found


class InputTracks:
    """The pointer and key rows of one session.

    `bounds` are the displays' rectangles in capture px for the check of positions; empty where they are unknown.
    `end_src_ns` is where the video ends on the recorder's clock, tolerance included; None where there is none.
    """

    _POINTER = ("t_src_ns", "seq", "kind", "x_px", "y_px", "dx", "dy", "button")
    _KEYS = ("t_src_ns", "seq", "kind", "code", "key", "text", "modifiers", "repeat")

    def __init__(self, sink: ImportSink, bounds: Sequence[Rect] = (), end_src_ns: int | None = None) -> None:
        self._sink = sink
        self._bounds = tuple(bounds)
        self._end_src_ns = end_src_ns
        self._pointer = Columns(sink, "pointer", self._POINTER)
        self._keys = Columns(sink, "keys", self._KEYS)
        self._raw = RawRows(sink)
        self._order = Order()
        self.held = Held()
        self._outside = 0
        self._late = 0

    def pointer(
        self,
        t_src_ns: int,
        kind: str,
        x_px: float | None,
        y_px: float | None,
        raw: bytes,
        *,
        scroll: tuple[float, float] | None = None,
        button: str | None = None,
    ) -> None:
        """One pointer event; `scroll` is (dx, dy) in notches as the schema signs them."""
        self._seen(t_src_ns)
        if x_px is not None and y_px is not None and self._bounds:
            self._outside += not any(b.contains(x_px, y_px) for b in self._bounds)
        if button is not None:
            self.held.button(button, down=kind == "down")
        dx, dy = scroll or (None, None)
        seq = self._pointer.append(t_src_ns, self._pointer.rows, kind, x_px, y_px, dx, dy, button)
        self._raw.append("pointer", seq, raw)

    def key(self, t_src_ns: int, name: KeyName, raw: bytes, *, down: bool) -> None:
        """One key event; `text` is kept on presses only, and never where a held modifier makes it a command."""
        self._seen(t_src_ns)
        repeat = self.held.key(name, down=down)
        modifiers = self.held.modifiers
        text = name.text if down and not _is_command(modifiers, self.held) else None
        kind = "down" if down else "up"
        seq = self._keys.append(t_src_ns, self._keys.rows, kind, name.code, name.key, text, modifiers, repeat)
        self._raw.append("keys", seq, raw)

    def _seen(self, t_src_ns: int) -> None:
        self._order.seen(t_src_ns)
        self._late += self._end_src_ns is not None and t_src_ns > self._end_src_ns

    def finish(self) -> None:
        """Hand over the rest and report what was odd."""
        for columns in (self._pointer, self._keys, self._raw):
            columns.flush()
        for problem in (
            *self._order.problems(),
            *self.held.problems(),
            *outside_problem(self._outside),
            *late_problem(self._late),
        ):
            self._sink.problem(problem)


def _is_command(modifiers: list[str], held: Held) -> bool:
    """Ctrl, Alt or Meta is held; AltGr (right Alt, on Windows with Ctrl) types characters and is none."""
    if "AltRight" in held.keys.values():
        return "Meta" in modifiers
    return any(m in modifiers for m in ("Control", "Alt", "Meta"))


def outside_problem(count: int) -> list[Problem]:
    """The Problem of pointer events whose position lies on no display."""
    if not count:
        return []
    text = (
        "Pointer events lie outside every display: a display's size or place changed, or one is not recorded. "
        "They are kept where they are."
    )
    return [Problem("events_outside_displays", Severity.WARNING, text, count)]


def late_problem(count: int) -> list[Problem]:
    """The Problem of events after the end of the video."""
    if not count:
        return []
    text = "The video ends before the events do; later events have no picture."
    return [Problem("video_shorter_than_events", Severity.WARNING, text, count)]
