"""Events of one session as sorted arrays: what happened at, before or between moments of session time.

Every track is sorted by (t_ns, seq). `seq` is the ordinal of the source row within its table and is the address
by which edits name an event; it never changes when the clock is corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar

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
    return int(t_ns_sorted.searchsorted(t_ns, side="right")) - 1


def in_range(t_ns_sorted: Int64s, r: TimeRange) -> slice:
    """The entries inside the half-open range `r`."""
    return slice(int(t_ns_sorted.searchsorted(r.start_ns)), int(t_ns_sorted.searchsorted(r.end_ns)))


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


POINTER_COLUMNS: Final = ("t_ns", "t_src_ns", "seq", "kind", "x_px", "y_px", "dx", "dy", "button")
"""What `pointer_from_arrow` reads."""


def _times(table: pa.Table, sync: SyncModel) -> Int64s:
    """Session time of every row: the recorder's clock through `sync`, the stored time where it kept none."""
    stored = table["t_ns"].to_numpy()
    if table["t_src_ns"].null_count == 0:
        return sync.t_ns_of(table["t_src_ns"].to_numpy().astype(np.int64, copy=False))
    source = table["t_src_ns"].to_pylist()
    return np.array([n if s is None else sync.t_ns(s) for n, s in zip(stored, source, strict=True)], np.int64)


def _codes(column: pa.ChunkedArray, values: Sequence[str]) -> npt.NDArray[np.int8]:
    """Of each row the place of its word in `values`, -1 where it has none; the words may lie in a dictionary."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    known = pa.array(values, pa.string())
    parts = [np.zeros(0, np.int8)]
    for chunk in column.chunks:
        places = np.append(pc.fill_null(pc.index_in(chunk.dictionary, value_set=known), -1).to_numpy(), -1)
        parts.append(places.astype(np.int8)[pc.fill_null(chunk.indices, len(chunk.dictionary)).to_numpy()])
    return np.concatenate(parts)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def pointer_from_arrow(table: pa.Table, sync: SyncModel) -> PointerTrack:
    """`pointer` rows in session time, sorted by (t_ns, seq)."""
    t_ns, seq = _times(table, sync), table["seq"].to_numpy().astype(np.int64, copy=False)
    track = PointerTrack(
        t_ns=t_ns,
        seq=seq,
        kind=_codes(table["kind"], schema.POINTER_KINDS),
        x_px=_floats(table["x_px"]),
        y_px=_floats(table["y_px"]),
        dx=np.nan_to_num(_floats(table["dx"])),
        dy=np.nan_to_num(_floats(table["dy"])),
        button=_codes(table["button"], schema.POINTER_BUTTONS),
    )
    if _is_sorted(t_ns, seq):  # as recorders write them: sorting millions costs more than to look
        return track
    order = np.lexsort((seq, t_ns))
    return PointerTrack(*(getattr(track, f.name)[order] for f in fields(PointerTrack)))


def _is_sorted(t_ns: Int64s, seq: Int64s) -> bool:
    later = np.diff(t_ns)
    return bool(np.all(later >= 0) and np.all((later > 0) | (np.diff(seq) >= 0)))


def _timed(t_ns: Int64s, seq: Int64s, events: Iterable[E]) -> Timed[E]:
    """`events` sorted by (t_ns, seq); they come in the order of the arrays."""
    order = np.lexsort((seq, t_ns))
    unsorted = tuple(events)
    return Timed(t_ns[order], tuple(unsorted[i] for i in order.tolist()))


def _columns(table: pa.Table, *names: str) -> list[list[Any]]:
    return [table[name].to_pylist() for name in names]


def _rects(table: pa.Table) -> list[Rect | None]:
    return [Rect.from_row(r) for r in table["rect_px"].to_pylist()]


def _seqs(table: pa.Table) -> Int64s:
    return np.asarray(table["seq"].to_numpy(), np.int64)


def keys_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[KeyEvent]:
    """`keys` rows in session time, sorted by (t_ns, seq)."""
    t_ns, seq = _times(table, sync), _seqs(table)
    columns = _columns(table, "kind", "code", "key", "text")
    modifiers = [tuple(m or ()) for m in table["modifiers"].to_pylist()]
    repeat, secure = ([bool(v) for v in column] for column in _columns(table, "repeat", "secure"))
    rows = zip(t_ns.tolist(), seq.tolist(), *columns, modifiers, repeat, secure, strict=True)
    return _timed(t_ns, seq, (KeyEvent(*r) for r in rows))


def windows_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[WindowEvent]:
    """`windows` rows in session time, sorted by (t_ns, seq); a row that does not say is taken for focused."""
    t_ns, seq = _times(table, sync), _seqs(table)
    columns = _columns(table, "window_id", "app", "title", "url")
    focused = [f is not False for f in table["focused"].to_pylist()]
    rows = zip(t_ns.tolist(), seq.tolist(), *columns, _rects(table), focused, strict=True)
    return _timed(t_ns, seq, (WindowEvent(*r) for r in rows))


def elements_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[ElementEvent]:
    """`elements` rows in session time, sorted by (t_ns, seq)."""
    t_ns, seq = _times(table, sync), _seqs(table)
    columns = _columns(table, "snapshot_id", "element_id", "parent_id", "role", "name", "value")
    states = [tuple(s or ()) for s in table["states"].to_pylist()]
    source = table["source"].to_pylist()
    rows = zip(t_ns.tolist(), seq.tolist(), *columns, _rects(table), states, source, strict=True)
    return _timed(t_ns, seq, (ElementEvent(*r) for r in rows))


def texts_from_arrow(table: pa.Table, sync: SyncModel) -> Timed[TextEvent]:
    """`texts` rows in session time, sorted by (t_start_ns, seq); their lengths do not change with the clock."""
    starts, ends, source, seq, channel, text, window = _columns(
        table, "t_start_ns", "t_end_ns", "t_src_ns", "seq", "channel", "text", "window_id"
    )
    dated = [s if src is None else sync.t_ns(src) for s, src in zip(starts, source, strict=True)]
    finished = [d + e - s for d, s, e in zip(dated, starts, ends, strict=True)]
    rows = zip(dated, finished, seq, channel, text, window, strict=True)
    return _timed(np.array(dated, np.int64), np.array(seq, np.int64), (TextEvent(*r) for r in rows))


def gaps_from_arrow(table: pa.Table, redated: Callable[[TimeNs], TimeNs] = lambda t_ns: t_ns) -> tuple[Gap, ...]:
    """`gaps` rows in their order; `redated`: from the time as declared to that of the clock in force."""
    return tuple(Gap(redated(r["t_start_ns"]), redated(r["t_end_ns"]), r["reason"]) for r in table.to_pylist())
