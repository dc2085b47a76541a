"""What the recorder writes: rows of the session tables, and where in them each secret stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.demo.box import Box
from app.demo.marked import Marked
from replay import schema

ROWS_A_GROUP = 65_536


@dataclass(frozen=True, slots=True)
class RecorderClock:
    """The recorder's own clock. `zero_ns`: what it shows at the first frame; `declared_zero_ns`: what it says of that.

    Where the two differ, the recorder is wrong by a known amount.
    """

    zero_ns: int
    declared_zero_ns: int
    sigma_ns: int
    method: str

    @property
    def offset_ns(self) -> int:
        """What must be added to the session times that the declaration gives, to be right."""
        return self.declared_zero_ns - self.zero_ns

    def source(self, t_ns: int) -> int:
        return self.zero_ns + t_ns

    def declared(self, t_ns: int) -> int:
        return self.source(t_ns) - self.declared_zero_ns


@dataclass(frozen=True, slots=True)
class Cell:
    """Characters [start, end) of one cell hold `secret` from its character `offset` on."""

    secret: str
    table: str
    seq: int
    column: str
    start: int
    end: int
    offset: int


@dataclass(slots=True)
class Recorder:
    """Rows by table, in the order they happened; text that holds secrets arrives marked and leaves plain."""

    session_id: str
    clock: RecorderClock
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {n: [] for n in schema.TABLES})
    cells: list[Cell] = field(default_factory=list)
    typed: dict[str, list[int]] = field(default_factory=dict)  # secret → the key rows that type it
    paused: bool = False

    def event(self, table: str, t_ns: int, **columns: Any) -> int:
        """One row of an event table; returns its seq, −1 where the recorder was paused."""
        if self.paused:
            return -1
        rows = self.rows[table]
        seq = len(rows)
        times = {"t_ns": self.clock.declared(t_ns), "t_src_ns": self.clock.source(t_ns)}
        plain = {name: self._plain(table, seq, name, value) for name, value in columns.items()}
        rows.append({"session_id": self.session_id, "seq": seq, **times, **plain})
        return seq

    def text(self, channel: str, start_ns: int, end_ns: int, text: Marked, window_id: str | None) -> None:
        """One row of `texts`: text with a time range."""
        if self.paused:
            return
        rows = self.rows["texts"]
        seq, clock = len(rows), self.clock
        rows.append(
            {
                "session_id": self.session_id,
                "t_start_ns": clock.declared(start_ns),
                "t_end_ns": clock.declared(end_ns),
                "t_src_ns": clock.source(start_ns),
                "seq": seq,
                "channel": channel,
                "text": self._plain("texts", seq, "text", text),
                "window_id": window_id,
            }
        )

    def fact(self, table: str, row: Mapping[str, Any]) -> None:
        """One row of a table without events (session, frames, displays, sync, gaps)."""
        self.rows[table].append({"session_id": self.session_id, **row})

    def key(self, t_ns: int, secret: str | None, **columns: Any) -> int:
        """One key row; `secret` is what is being typed."""
        seq = self.event("keys", t_ns, **columns)
        if secret is not None and seq >= 0:
            self.typed.setdefault(secret, []).append(seq)
        return seq

    def _plain(self, table: str, seq: int, column: str, value: Any) -> Any:
        if isinstance(value, Box):
            return {"x": float(value.x), "y": float(value.y), "w": float(value.w), "h": float(value.h)}
        if not isinstance(value, Marked):
            return value
        self.cells += [Cell(s.secret, table, seq, column, s.start, s.end, s.offset) for s in value.spans]
        return value.text

    def table(self, name: str) -> pa.Table:
        return pa.Table.from_pylist(self.rows[name], schema=schema.TABLES[name].arrow)

    def write(self, folder: Path) -> None:
        """One Parquet file a table; tables that a recorder does not write (problems, raw) are left out."""
        for name in schema.TABLES:
            if name not in ("problems", "raw"):
                pq.write_table(self.table(name), folder / f"{name}.parquet", row_group_size=ROWS_A_GROUP)
