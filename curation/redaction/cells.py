"""Redacts the cells of one table, column by column as `replay.schema` declares them. What is not declared is not read.

Every surface has exactly one rule here; a surface without one raises, so that a column cannot leave by omission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.placeholders import placeholder
from curation.redaction.plan import RedactionPlan
from curation.redaction.pseudonyms import Ordinals
from replay.schema import Column, Surface, Table

# Absolute clocks tell the day and tie an export to its source; session time is all that leaves.
CLOCKS: Final = frozenset({"t_src_ns", "started_at_utc_ns", "source_zero_ns", "consent_at_utc_ns"})
# Ids that recorders make, by the letter of what stands for them.
ORDINALS: Final = {
    "window_id": "w", "element_id": "e", "parent_id": "e", "snapshot_id": "s", "display_id": "d",
}  # fmt: skip


class Cells:
    """The rules of one session's export for cells."""

    def __init__(self, plan: RedactionPlan, session: str, people: Callable[[str, str], str]) -> None:
        """`session` is its pseudonym; `people(column, id)` makes those of subjects and devices."""
        self._plan = plan
        self._session = session
        self._people = people
        self._ordinals = Ordinals()

    def redacted(self, table: Table, rows: pa.Table) -> pa.Table:
        """`rows` with the declared columns alone, every cell by the rule of its surface."""
        columns = [self._column(c, rows, table.name) for c in table.columns]
        return pa.table(columns, schema=table.arrow)

    def text(self, text: str) -> str:
        return self._plan.matcher.scrub(text)

    def _hidden(self, table: str, column: str, rows: pa.Table) -> dict[int, str]:
        """Position → category of the column's cells that are hidden as a whole."""
        cells = self._plan.hidden_cells.get(table, {})
        if not cells:
            return {}
        return {i: cells[s, column] for i, s in enumerate(rows["seq"].to_pylist()) if (s, column) in cells}

    def _column(self, column: Column, rows: pa.Table, table: str) -> pa.Array:
        if column.name not in rows.column_names or column.name in CLOCKS:
            return pa.nulls(rows.num_rows, column.type)
        cells = rows[column.name].combine_chunks().cast(column.type)
        if column.surface in (Surface.TIME, Surface.NUMBER, Surface.GEOMETRY):
            return cells
        if column.surface in (Surface.HASH, Surface.RAW, Surface.PIXELS):
            return pa.nulls(rows.num_rows, column.type)
        if column.surface is Surface.KEY:
            return self._keys(column, cells)
        if column.surface is Surface.ENUM:
            return self._enums(column, cells)
        if column.surface is Surface.KEYSTROKE:
            # Names of keys are no texts; what an input method produced at once may be one.
            return self._scrubbed(cells) if column.name == "text" else cells
        if column.surface is Surface.TEXT:
            return with_placeholders(self._scrubbed(cells), self._hidden(table, column.name, rows))
        raise AssertionError(f"no rule for surface {column.surface}")

    def _keys(self, column: Column, cells: pa.Array) -> pa.Array:
        if column.name == "session_id":
            return pa.array([self._session] * len(cells), column.type)
        if column.name in ORDINALS:
            kind = ORDINALS[column.name]
            return mapped(cells, lambda v: self._ordinals.name(kind, v))
        if column.name in ("subject_id", "device_id"):
            return mapped(cells, lambda v: self._people(column.name, v))
        return pa.nulls(len(cells), column.type)  # `media` is told by whoever encoded it

    def _enums(self, column: Column, cells: pa.Array) -> pa.Array:
        if not pa.types.is_string(column.type):
            return self._scrubbed(cells) if pa.types.is_list(column.type) else cells
        if column.enum:
            return mapped(cells, lambda v: v if v in column.enum else None)
        return self._scrubbed(cells)

    def _scrubbed(self, cells: pa.Array) -> pa.Array:
        if pa.types.is_list(cells.type):
            values = [None if v is None else [self.text(x) for x in v] for v in cells.to_pylist()]
            return pa.array(values, cells.type)
        return mapped(cells, self.text)


def mapped(cells: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """String cells with `change` applied once to every distinct value; nulls stay."""
    encoded = cells.dictionary_encode()
    changed = pa.array([None if v is None else change(v) for v in encoded.dictionary.to_pylist()], cells.type)
    return changed.take(encoded.indices)


def with_placeholders(cells: pa.Array, hidden: Mapping[int, str]) -> pa.Array:
    """String cells with those at the positions `hidden` replaced by the placeholder of their category; nulls stay."""
    if not hidden:
        return cells
    values: list[Any] = cells.to_pylist()
    for i, category in hidden.items():
        if values[i] is not None:
            values[i] = placeholder(category)
    return pa.array(values, cells.type)


def rows_where(rows: pa.Table, keep: npt.NDArray[np.bool_]) -> pa.Table:
    return rows.filter(pa.array(keep))


def with_column(rows: pa.Table, name: str, values: npt.NDArray[np.int64]) -> pa.Table:
    at = rows.column_names.index(name)
    return rows.set_column(at, rows.schema.field(name), pa.array(values, pa.int64()))


def in_time_order(rows: pa.Table, time: str = "t_ns") -> pa.Table:
    return rows.take(pc.sort_indices(rows, sort_keys=[(time, "ascending"), ("seq", "ascending")]))
