"""Event rows of our own format on their way into the sink: dated, counted and split from their raw column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from replay.geometry import Geometry
from replay.importers.contract import ImportSink
from replay.importers.input_tracks import BACKWARD_STEP_NS, Held, Order, late_problem, outside_problem
from replay.importers.keys.names import KeyName
from replay.importers.recorder_facts import label
from replay.problems import Problem, Severity
from replay.sync import SyncModel

Int64s = npt.NDArray[np.int64]
AGREE_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session's rows go and what they are checked against; `end_ns` is the end of the video in session time."""

    sink: ImportSink
    sync: SyncModel
    geometry: Geometry | None
    end_ns: int | None


class EventRows:
    """The rows of one event table."""

    def __init__(self, table: str, place: Place) -> None:
        self._table = table
        self._place = place
        self._order = Order()
        self._held = Held()
        self._outside = 0
        self._late = 0
        self._disagreeing = 0
        self._not_plain = 0
        self.rows = 0

    def take(self, batch: pa.RecordBatch) -> None:
        """One batch with the table's declared columns, and maybe `raw`."""
        columns = {n: batch.column(n) for n in batch.schema.names}
        raw = columns.pop("raw", None)
        ordinals = pa.array(np.arange(self.rows, self.rows + batch.num_rows, dtype=np.int64))
        columns["seq"] = pc.coalesce(columns["seq"], ordinals) if "seq" in columns else ordinals
        if self._table == "elements":
            self._keep_plain_names(columns)
        start = "t_start_ns" if self._table == "texts" else "t_ns"
        t_ns = self._date(columns, start)
        self._check(columns, t_ns)
        self._place.sink.batch(self._table, pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))
        if raw is not None:
            self._take_raw(raw, columns["seq"])
        self.rows += batch.num_rows

    def _keep_plain_names(self, columns: dict[str, pa.Array]) -> None:
        """Roles and states leave unmasked, so what does not read as a name of one is left out: it may be a text."""
        if "role" in columns:
            given = columns["role"].to_pylist()
            kept = [label(v) for v in given]
            self._not_plain += sum(v is not None and k is None for v, k in zip(given, kept, strict=True))
            columns["role"] = pa.array(kept, pa.string())
        if "states" in columns:
            lists = columns["states"].to_pylist()
            plain = [None if v is None else [s for s in v if label(s) is not None] for v in lists]
            self._not_plain += sum(len(v or ()) - len(p or ()) for v, p in zip(lists, plain, strict=True))
            columns["states"] = pa.array(plain, pa.list_(pa.string()))

    def _date(self, columns: dict[str, pa.Array], start: str) -> Int64s:
        """Fill `t_src_ns` where it is null and return the session times; the sink dates the rows by the same clock."""
        written = columns[start].to_numpy().astype(np.int64, copy=False)
        sync = self._place.sync
        elapsed = np.rint((written - sync.offset_ns) * (-sync.drift_ppm / 1e6 / (1 + sync.drift_ppm / 1e6)))
        derived = pa.array(written - sync.offset_ns + elapsed.astype(np.int64) + sync.source_zero_ns)
        given = columns.get("t_src_ns")
        columns["t_src_ns"] = derived if given is None else pc.coalesce(given, derived)
        t_ns = sync.t_ns_of(columns["t_src_ns"].to_numpy().astype(np.int64, copy=False))
        self._disagreeing += int(np.count_nonzero(np.abs(t_ns - written) > AGREE_NS))
        if start == "t_ns":
            columns["t_ns"] = pa.array(t_ns)
        return t_ns

    def _check(self, columns: dict[str, pa.Array], t_ns: Int64s) -> None:
        if self._place.end_ns is not None:
            self._late += int(np.count_nonzero(t_ns > self._place.end_ns))
        if self._table in ("pointer", "keys"):
            self._check_order(t_ns)
        if self._table == "pointer":
            self._check_pointer(columns, t_ns)
        elif self._table == "keys":
            self._check_keys(columns)

    def _check_order(self, t_ns: Int64s) -> None:
        if len(t_ns) == 0:
            return
        before = t_ns[:1] if self._order.last_ns is None else np.array([self._order.last_ns])
        back = -np.diff(np.concatenate([before, t_ns]))
        self._order.backwards += int(np.count_nonzero(back > 0))
        self._order.steps += int(np.count_nonzero(back > BACKWARD_STEP_NS))
        self._order.last_ns = int(t_ns[-1])

    def _check_pointer(self, columns: dict[str, pa.Array], t_ns: Int64s) -> None:
        if self._place.geometry is not None and "x_px" in columns and "y_px" in columns:
            x, y = (columns[n].to_numpy(zero_copy_only=False) for n in ("x_px", "y_px"))
            self._outside += count_outside(self._place.geometry, t_ns, x, y)
        if "button" not in columns:
            return
        pressed = pc.is_in(columns["kind"], value_set=pa.array(["down", "up"]))
        kinds = columns["kind"].filter(pressed).to_pylist()
        for kind, button in zip(kinds, columns["button"].filter(pressed).to_pylist(), strict=True):
            self._held.button(button or "", down=kind == "down")

    def _check_keys(self, columns: dict[str, pa.Array]) -> None:
        empty = [None] * len(columns["kind"])
        codes = columns["code"].to_pylist() if "code" in columns else empty
        keys = columns["key"].to_pylist() if "key" in columns else empty
        for kind, code, key in zip(columns["kind"].to_pylist(), codes, keys, strict=True):
            if code or key:
                self._held.key(KeyName(code, key), down=kind == "down")

    def _take_raw(self, raw: pa.Array, seq: pa.Array) -> None:
        kept = pc.is_valid(raw)
        rows = {"seq": seq.filter(kept), "raw": raw.filter(kept)}
        count = len(rows["raw"])
        if count:
            arrays: list[Any] = [pa.repeat(self._table, count), rows["seq"], rows["raw"]]
            self._place.sink.batch("raw", pa.RecordBatch.from_arrays(arrays, names=["table", "seq", "raw"]))

    def finish(self) -> None:
        """Report what was odd."""
        problems = [*self._order.problems(), *self._held.problems(), *outside_problem(self._outside)]
        problems += late_problem(self._late)
        if self._disagreeing:
            text = "Rows' session times are not what the clock makes of the recorder's times; the clock's are used."
            problems.append(Problem("times_disagree", Severity.WARNING, text, self._disagreeing))
        if self._not_plain:
            text = (
                "Roles or states of elements that do not read as names of one are left out: they may be captured texts."
            )
            problems.append(Problem("names_left_out", Severity.WARNING, text, self._not_plain))
        for problem in problems:
            self._place.sink.problem(problem)


def count_outside(geometry: Geometry, t_ns: Int64s, x_px: npt.NDArray[Any], y_px: npt.NDArray[Any]) -> int:
    """How many of the positions (capture px; NaN: unknown) lie on no display at their time."""
    known = ~(np.isnan(x_px) | np.isnan(y_px))
    changes = np.array(geometry.changes_ns, np.int64)
    state = np.maximum(np.searchsorted(changes, t_ns, side="right") - 1, 0)
    outside = known.copy()
    for n, change_ns in enumerate(changes):
        here = state == n
        if not here.any():
            continue
        for display in geometry.displays_at(int(change_ns)):
            b = display.bounds_px
            on = (x_px >= b.x) & (x_px < b.right) & (y_px >= b.y) & (y_px < b.bottom)
            outside &= ~(here & on)
    return int(np.count_nonzero(outside))
