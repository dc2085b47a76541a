"""Checks Parquet: declared columns, metadata by allow-list, every cell, counts, and that no row lies inside a cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from curation.export.decided_tables import DECIDED
from curation.export.manifest import SessionEntry
from curation.export.prove_files import Found, SessionOf, secrets_in
from curation.export.prove_pictures import png_findings
from curation.export.prove_texts import free_texts
from curation.redaction.prove import SecretSearch
from replay import schema

_TABLES: Final[Mapping[str, schema.Table]] = {
    **{n: t for n, t in schema.TABLES.items() if n not in schema.RAW_CLASS_TABLES}, **DECIDED,
}  # fmt: skip
_METADATA: Final = frozenset({b"ARROW:schema", b"safelight.table", b"safelight.version", b"huggingface"})
_NEVER: Final = frozenset({"raw", "source_sha256", "t_src_ns", "started_at_utc_ns", "source_zero_ns"})
# Rows of these happened at a moment; the clock's margin around it must be clear of cuts too.
_MOMENTS: Final = frozenset({"pointer", "keys", "windows", "elements"})


def parquet_findings(path: Path, relative: str, session_of: SessionOf, search: SecretSearch) -> Iterator[Found]:
    try:
        file = pq.ParquetFile(path)
        unknown = set(file.metadata.metadata or {}) - _METADATA
        if unknown:
            yield Found("metadata that no writer writes")
        rows = 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            rows += table.num_rows
            yield from _table_findings(table, path, session_of, search)
    except (pa.ArrowException, OSError):
        yield Found("a Parquet file that cannot be read")
        return
    entry = session_of(path.parent.name)
    if entry is not None:
        yield from _archive_findings(path.stem, file.schema_arrow, rows, entry)


def _archive_findings(name: str, columns: pa.Schema, rows: int, entry: SessionEntry) -> Iterator[Found]:
    table = _TABLES.get(name)
    if table is None or columns.names != table.arrow.names or columns.types != table.arrow.types:
        yield Found("columns that are not declared")
        return
    frames = len(entry.kept_frames()) if entry.has_video else 0
    planned = {**entry.counts, "frames": frames, "steps": entry.steps, "episodes": entry.episodes}.get(name)
    if planned is not None and planned != rows:
        yield Found(f"{rows} rows instead of {planned}")


def _table_findings(table: pa.Table, path: Path, session_of: SessionOf, search: SecretSearch) -> Iterator[Found]:
    for name in _NEVER & set(table.column_names):
        if table[name].null_count != table.num_rows:
            yield Found(f"column “{name}” must be empty")
    texts: dict[str, list[str]] = {}
    for name in table.column_names:
        _collect(name, table[name].combine_chunks(), texts)
    for name, values in texts.items():
        yield from secrets_in(free_texts(name, values), f"column “{name}”", search)
    for name in table.column_names:
        if pa.types.is_struct(table[name].type) and "bytes" in {f.name for f in table[name].type}:
            yield from _pictures(table[name], session_of)
    yield from _cut_findings(table, path.stem, session_of)


def _collect(name: str, cells: pa.Array, texts: dict[str, list[str]]) -> None:
    """Every string below `cells`, by the name of the innermost field."""
    if isinstance(cells, pa.ChunkedArray):
        for chunk in cells.chunks:
            _collect(name, chunk, texts)
    elif pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        texts.setdefault(name, []).extend(v for v in cells.unique().to_pylist() if v)
    elif pa.types.is_map(cells.type):
        _collect(name, cells.keys, texts)
        _collect(name, cells.items, texts)
    elif pa.types.is_list(cells.type):
        _collect(name, cells.flatten(), texts)
    elif pa.types.is_struct(cells.type):
        for i, field in enumerate(cells.type):
            _collect(field.name, cells.field(i), texts)


def _pictures(cells: pa.ChunkedArray, session_of: SessionOf) -> Iterator[Found]:
    for cell in cells:
        value: dict[str, Any] | None = cell.as_py()
        if value is not None and value["bytes"] is not None:
            yield from png_findings(value["path"] or "", value["bytes"], session_of)


def _cut_findings(table: pa.Table, stem: str, session_of: SessionOf) -> Iterator[Found]:
    """Rows of every session named in the table against that session's cuts."""
    column = next((c for c in ("session_id", "session") if c in table.column_names), None)
    if column is None:
        return
    names = table[column].unique().to_pylist()
    for name in names:
        entry = session_of(name) if isinstance(name, str) else None
        if entry is None:
            yield Found("rows of a session the manifest does not name")
            continue
        rows = table.filter(pa.compute.equal(table[column], name))
        kind = set(rows["table"].unique().to_pylist()) if "table" in rows.column_names else {stem}
        margin = entry.margin_ns if kind <= _MOMENTS else 0
        for time in ("t_ns", "anchor_ns"):
            if time in rows.column_names and _any_inside(_ints(rows[time]), entry, margin):
                yield Found(f"a row inside a cut, by “{time}”")


def _any_inside(times: npt.NDArray[np.int64], entry: SessionEntry, margin: int) -> bool:
    return any(bool(((times + margin >= c.start_ns) & (times - margin < c.end_ns)).any()) for c in entry.cuts())


def _ints(cells: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(cells.drop_null().to_numpy(), np.int64)
