"""Events of one session as sorted arrays: what happened at, before or between moments of session time.

Every track is sorted by (t_ns, seq). `seq` is the ordinal of the source row within its table and is the address
by which edits name an event; it never changes when the clock is corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from replay import schema
from replay.geometry import Rect
from replay.sync import SyncModel
from replay.timebase import TimeNs, TimeRange

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
E = TypeVar("E")


def latest_at(t_ns_sorted: Int64s, t_ns: TimeNs) -> int:
    """Index of the last entry at or before `t_ns`; -1 where there is none."""
    return int(np.searchsorted(t_ns_sorted, t_ns, side="right")) - 1


def in_range(t_ns_sorted: Int64s, r: TimeRange) -> slice:
    """The entries inside the half-open range `r`."""
    lo, hi = np.searchsorted(t_ns_sorted, [r.start_ns, r.end_ns], side="left")
    return slice(int(lo), int(hi))


@dataclass(frozen=True, slots=True)
class PointerTrack:
    """Pointer events, shape (n,) each. Positions are capture px, NaN where unknown; enum columns are codes into
    `schema.POINTER_KINDS` and `schema.POINTER_BUTTONS` (-1: none)."""

    t_ns: Int64s
    seq: Int64s
    kind: npt.NDArray[np.int8]
    x_px: Floats
    y_px: Floats
    dx: Floats
    dy: Floats
    button: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.t_ns)


@dataclass(frozen=True, slots=True)
class KeyEvent:
    t_ns: TimeNs
    seq: int
    kind: str
    code: str | None
    key: str | None
    text: str | None
    modifiers: tuple[str, ...]
    repeat: bool
    secure: bool


@dataclass(frozen=True, slots=True)
class WindowEvent:
    t_ns: TimeNs
    seq: int
    window_id: str | None
    app: str | None
    title: str | None
    url: str | None
    rect_px: Rect | None
    focused: bool


@dataclass(frozen=True, slots=True)
class ElementEvent:
    t_ns: TimeNs
    seq: int
    snapshot_id: str | None
    element_id: str | None
    parent_id: str | None
    role: str | None
    name: str | None
    value: str | None
    rect_px: Rect | None
    states: tuple[str, ...]
    source: str | None


@dataclass(frozen=True, slots=True)
class TextEvent:
    t_start_ns: TimeNs
    t_end_ns: TimeNs
    seq: int
    channel: str
    text: str | None
    window_id: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    t_start_ns: TimeNs
    t_end_ns: TimeNs
    reason: str


@dataclass(frozen=True, slots=True)
class Timed(Generic[E]):
    """Events of one kind with their times beside them for binary search; shape (n,)."""

    t_ns: Int64s
    events: tuple[E, ...]

    def latest_at(self, t_ns: TimeNs) -> E | None:
        i = latest_at(self.t_ns, t_ns)
        return self.events[i] if i >= 0 else None

    def in_range(self, r: TimeRange) -> tuple[E, ...]:
        return self.events[in_range(self.t_ns, r)]


@dataclass(frozen=True, slots=True)
class SessionEvents:
    """Every event of a session in session time, by table."""

    pointer: PointerTrack
    keys: Timed[KeyEvent]
    windows: Timed[WindowEvent]
    elements: Timed[ElementEvent]
    texts: Timed[TextEvent]
    gaps: tuple[Gap, ...]

    @property
    def count(self) -> int:
        timed = (self.keys, self.windows, self.elements, self.texts)
        return len(self.pointer) + sum(len(t.events) for t in timed)


def _times(table: pa.Table, sync: SyncModel) -> Int64s:
    """Session time of every row: the recorder's clock through `sync`, the stored time where it kept none."""
    stored = table["t_ns"].to_numpy()
    if table["t_src_ns"].null_count == 0:
        return sync.t_ns_of(table["t_src_ns"].to_numpy().astype(np.int64, copy=False))
    source = table["t_src_ns"].to_pylist()
    return np.array([n if s is None else sync.t_ns(s) for n, s in zip(stored, source, strict=True)], np.int64)


def _codes(column: pa.ChunkedArray, values: Sequence[str]) -> npt.NDArray[np.int8]:
    found = pc.index_in(column, value_set=pa.array(values, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy()).astype(np.int8)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def pointer_from_arrow(table: pa.Table, sync: SyncModel) -> PointerTrack:
    """`pointer` rows in session time, sorted by (t_ns, seq)."""
    t_ns, seq = _times(table, sync), table["seq"].to_numpy().astype(np.int64, copy=False)
    order = np.lexsort((seq, t_ns))
    return PointerTrack(
        t_ns=t_ns[order],
        seq=seq[order],
        kind=_codes(table["kind"], schema.POINTER_KINDS)[order],
        x_px=_floats(table["x_px"])[order],
        y_px=_floats(table["y_px"])[order],
        dx=np.nan_to_num(_floats(table["dx"]))[order],
        dy=np.nan_to_num(_floats(table["dy"]))[order],
        button=_codes(table["button"], schema.POINTER_BUTTONS)[order],
    )


def _timed(rows: list[tuple[TimeNs, int, E]]) -> Timed[E]:
    rows.sort(key=lambda r: (r[0], r[1]))
    return Timed(np.array([r[0] for r in rows], np.int64), tuple(r[2] for r in rows))


def keys_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[KeyEvent]:
    rows = []
    for t, r in zip(_times(table, sync).tolist(), table.to_pylist(), strict=True):
        mods = tuple(r["modifiers"] or ())
        event = KeyEvent(
            t, r["seq"], r["kind"], r["code"], r["key"], r["text"], mods, bool(r["repeat"]), bool(r["secure"])
        )
        rows.append((t, r["seq"], event))
    return _timed(rows)


def windows_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[WindowEvent]:
    rows = []
    for t, r in zip(_times(table, sync).tolist(), table.to_pylist(), strict=True):
        rect = Rect.from_row(r["rect_px"])
        event = WindowEvent(
            t, r["seq"], r["window_id"], r["app"], r["title"], r["url"], rect, r["focused"] is not False
        )
        rows.append((t, r["seq"], event))
    return _timed(rows)


def elements_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[ElementEvent]:
    rows = []
    for t, r in zip(_times(table, sync).tolist(), table.to_pylist(), strict=True):
        event = ElementEvent(
            t,
            r["seq"],
            r["snapshot_id"],
            r["element_id"],
            r["parent_id"],
            r["role"],
            r["name"],
            r["value"],
            Rect.from_row(r["rect_px"]),
            tuple(r["states"] or ()),
            r["source"],
        )
        rows.append((t, r["seq"], event))
    return _timed(rows)


def texts_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[TextEvent]:
    rows = []
    for r in table.to_pylist():
        length_ns = r["t_end_ns"] - r["t_start_ns"]
        start = r["t_start_ns"] if r["t_src_ns"] is None else sync.t_ns(r["t_src_ns"])
        event = TextEvent(start, start + length_ns, r["seq"], r["channel"], r["text"], r["window_id"])
        rows.append((start, r["seq"], event))
    return _timed(rows)


def gaps_from_arrow(table: pa.Table) -> tuple[Gap, ...]:
    return tuple(Gap(r["t_start_ns"], r["t_end_ns"], r["reason"]) for r in table.to_pylist())
