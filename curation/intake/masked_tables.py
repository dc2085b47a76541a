"""The masked twins of the tables that may hold secrets: same rows, numbers and columns, hidden cells replaced.

Edits name rows by (table, seq), so no row goes and none is renumbered; how many keys were hidden and when they were
pressed therefore stays visible to whoever works with the twins. Exports collapse them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from curation.placeholders import placeholder
from curation.redaction.cells import ORDINALS, mapped, with_placeholders
from curation.redaction.plan import RedactionPlan
from curation.redaction.pseudonyms import Ordinals
from replay import schema
from replay.schema import Column, Surface, Table

ReadTable = Callable[[str], pa.Table]
MASKED_TABLES: Final = ("session", "keys", "windows", "elements", "texts")
UNSCREENED: Final = "unscreened"


def masked_tables(plan: RedactionPlan, read_table: ReadTable) -> dict[str, pa.Table]:
    """The twins by the name of their raw table, as `plan` masks them; `read_table` gives the stored raw tables."""
    hidden = _Planned(plan)
    return {name: _twin(schema.TABLES[name], read_table(name), hidden) for name in MASKED_TABLES}


def placeholder_tables(read_table: ReadTable) -> dict[str, pa.Table]:
    """The twins of a session that nothing has looked at: every captured text and every key is a placeholder."""
    hidden = _Everything()
    return {name: _twin(schema.TABLES[name], read_table(name), hidden) for name in MASKED_TABLES}


class _Everything:
    """Hides all there is."""

    def __init__(self) -> None:
        self._ordinals = Ordinals()

    def texts(self, table: str, column: str, cells: pa.Array, seqs: list[int]) -> pa.Array:
        return mapped(cells, lambda _: placeholder(UNSCREENED))

    def words(self, column: Column, cells: pa.Array) -> pa.Array:
        return pa.nulls(len(cells), column.type)

    def key(self, seq: int) -> str | None:
        return UNSCREENED

    def ids(self, kind: str, cells: pa.Array) -> pa.Array:
        # One numbering for all tables, because texts name windows.
        return mapped(cells, lambda v: self._ordinals.name(kind, v))


class _Planned(_Everything):
    """Hides what a plan hides."""

    def __init__(self, plan: RedactionPlan) -> None:
        super().__init__()
        self._plan = plan

    def texts(self, table: str, column: str, cells: pa.Array, seqs: list[int]) -> pa.Array:
        hidden = self._plan.hidden_cells.get(table, {})
        whole = {i: hidden[seq, column] for i, seq in enumerate(seqs) if (seq, column) in hidden}
        return with_placeholders(mapped(cells, self._plan.matcher.scrub), whole)

    def words(self, column: Column, cells: pa.Array) -> pa.Array:
        return mapped(cells, self._plan.matcher.scrub)

    def key(self, seq: int) -> str | None:
        return self._plan.hidden_keys.get(seq)


def _twin(table: Table, rows: pa.Table, hidden: _Everything) -> pa.Table:
    """`rows` with every cell by the rule of its surface. A surface without a rule raises: nothing stays by omission."""
    seqs: list[int] = rows["seq"].to_pylist() if "seq" in rows.column_names else []
    columns = [_column(c, rows[c.name].combine_chunks().cast(c.type), table.name, seqs, hidden) for c in table.columns]
    return pa.table(columns, schema=table.arrow)


def _column(column: Column, cells: pa.Array, table: str, seqs: list[int], hidden: _Everything) -> pa.Array:
    if column.surface in (Surface.TIME, Surface.NUMBER, Surface.GEOMETRY):
        return cells
    if column.surface is Surface.HASH:
        return pa.nulls(len(cells), column.type)  # a hash of a raw source tells whether one's guess at it is right
    if column.name == "media":
        return _without_hashes(cells)
    if column.surface is Surface.KEY:
        return hidden.ids(ORDINALS[column.name], cells) if column.name in ORDINALS else cells
    if column.surface is Surface.ENUM:
        free = pa.types.is_string(column.type) and not column.enum and table != "session"
        return hidden.words(column, cells) if free else cells
    if column.surface is Surface.TEXT:
        return hidden.texts(table, column.name, cells, seqs)
    if column.surface is Surface.KEYSTROKE:
        return _keystrokes(
            column, cells, {i: c for i, s in enumerate(seqs) if (c := hidden.key(s)) is not None}, hidden
        )
    raise AssertionError(f"no rule for surface {column.surface}")


def _without_hashes(media: pa.Array) -> pa.Array:
    """The files of a session without their hashes, for the reason that a column of hashes goes."""
    files = [None if cell is None else [{**f, "sha256": None} for f in cell] for cell in media.to_pylist()]
    return pa.array(files, media.type)


def _keystrokes(column: Column, cells: pa.Array, whole: Mapping[int, str], hidden: _Everything) -> pa.Array:
    if column.name == "text":
        cells = hidden.texts("keys", "text", cells, [])
    values: list[Any] = cells.to_pylist()
    for i, category in whole.items():
        values[i] = [] if pa.types.is_list(column.type) else placeholder(category)
    return pa.array(values, column.type)
